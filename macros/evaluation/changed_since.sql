{#- The rows of a relation, of the hours of which something became known since the incremental model being built last looked, as a query; all of
    them when it is built for the first time. The relation has model_name, model_version, event_at and changed_at. -#}

{%- macro changed_since(relation, grain) -%}
    select
        rows_of_periods.*,
        {{ dbt.date_trunc(grain, 'rows_of_periods.event_at') }} as {{ grain }}_starts_at
    from {{ relation }} as rows_of_periods
    {%- if is_incremental() %}
    {%- set read_after = millwright.read_after('known_at') %}
    {%- set query = 'select min(event_at) as first_at from ' ~ relation ~ ' where changed_at > ' ~ read_after %}
    {%- set first_at = run_query(query).columns[0].values()[0] or '9999-12-31' %}
    inner join (
        select distinct
            model_name,
            model_version,
            {{ dbt.date_trunc(grain, 'event_at') }} as changed_period
        from {{ relation }}
        where changed_at > {{ read_after }}
    ) as changed
        on
            rows_of_periods.model_name = changed.model_name
            and rows_of_periods.model_version = changed.model_version
            and {{ dbt.date_trunc(grain, 'rows_of_periods.event_at') }} = changed.changed_period
    where rows_of_periods.event_at >= {{ dbt.date_trunc(grain, "cast('" ~ first_at ~ "' as timestamp)") }}
    {%- endif %}
{%- endmacro -%}
