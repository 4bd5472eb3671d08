{#- The hash of an example: of whom and when it is about and of the features that were known then. -#}

{%- macro example_hash(features) -%}
    {{ return(millwright.row_hash(['customer_id', 'snapshot_at'] + features)) }}
{%- endmacro -%}
