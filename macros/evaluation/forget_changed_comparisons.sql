{#- Pre-hook of `eval_comparison_partials`: takes out the days that it is about to put in again. The materialization's own delete would leave those
    on which the models no longer have a prediction in common, or say what came true differently. -#}

{%- macro forget_changed_comparisons() -%}
    {%- if execute and is_incremental() -%}
    delete from {{ this }}
    where (model_name, other_model_name, day_starts_at) in (
        {{ millwright.changed_comparisons() | indent(8) }}
    )
    {%- endif -%}
{%- endmacro -%}
