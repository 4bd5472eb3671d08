{#- The days of compared models of which something became known since the incremental model being built last looked, as a query; all of them when
    it is built for the first time. -#}

{%- macro changed_comparisons() -%}
    select distinct
        comparisons.model_name,
        comparisons.other_model_name,
        {{ dbt.date_trunc('day', 'predictions.event_at') }} as day_starts_at
    from {{ ref('eval_predictions') }} as predictions
    inner join {{ ref('model_comparisons') }} as comparisons
        on predictions.model_name in (comparisons.model_name, comparisons.other_model_name)
    {%- if is_incremental() %}
    where predictions.changed_at > {{ millwright.read_after('known_at') }}
    {%- endif %}
{%- endmacro -%}
