{#- One row per `partition_by`, the first in `order_by`. `order_by` must be total: a tie would make the result depend on the engine.
    Say `nulls last` with `desc` on a column that can be NULL: engines differ on that, too. -#}

{%- macro deduplicate(relation, partition_by, order_by) -%}
    {{ return(millwright.first_per_group(relation, partition_by, order_by)) }}
{%- endmacro -%}
