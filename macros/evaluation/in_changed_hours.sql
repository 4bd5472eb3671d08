{#- The rows of a relation with the hour they are in by the SQL expression `hour_of`, as a query: those in the hours of the CTE `changed`, all of
    them when the model is built for the first time. -#}

{%- macro in_changed_hours(relation, hour_of) -%}
    select
        rows_of_hours.*,
        {{ dbt.date_trunc('hour', hour_of) }} as hour_starts_at
    from {{ relation }} as rows_of_hours
    {%- if is_incremental() %}
    {%- set first_at = run_query('select min(hour_starts_at) from (' ~ millwright.changed_hours() ~ ') as changed').columns[0].values()[0] %}
    inner join changed
        on
            rows_of_hours.model_name = changed.model_name
            and rows_of_hours.model_version = changed.model_version
            and {{ dbt.date_trunc('hour', hour_of) }} = changed.hour_starts_at
    where
        rows_of_hours.event_at >= cast('{{ first_at or '9999-12-31' }}' as timestamp)
        or rows_of_hours.event_at is null
    {%- endif %}
{%- endmacro -%}
