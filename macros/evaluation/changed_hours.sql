{#- The hours of model versions of which something became known since `mon_prediction_hours` last looked, as a query: of predictions and their
    outcomes, of rejected predictions, of errors; all of them when it is built for the first time. What tells no model, version or known_at has no
    hour. -#}

{%- macro changed_hours() -%}
    {%- set read_after = millwright.read_after('known_at') if is_incremental() -%}
    {%- for relation, hour_of, changed_at in [
        (ref('eval_predictions'), 'event_at', 'changed_at'),
        (ref('stg_ops__predictions_quarantined'), 'coalesce(event_at, known_at)', 'known_at'),
        (ref('mon_prediction_errors'), 'event_at', 'known_at'),
    ] %}
    select
        model_name,
        model_version,
        {{ dbt.date_trunc('hour', hour_of) }} as hour_starts_at
    from {{ relation }}
    where
        model_name is not null
        and model_version is not null
        and {{ changed_at }} {{ '> ' ~ read_after if is_incremental() else 'is not null' }}
    {%- if not loop.last %}

    union
    {% endif %}
    {%- endfor %}
{%- endmacro -%}
