{#- The earliest event_at in the periods of `changed_periods`, as a literal; before all history when everything is built for the first time. -#}

{%- macro first_changed_period() -%}
    {%- set first_at = none -%}
    {%- if is_incremental() -%}
        {%- set first_at = run_query(
            'select min(first_event_at) as first_at from ' ~ ref('eval_periods') ~ ' where known_at > ' ~ millwright.read_after('known_at')
        ).columns[0].values()[0] or '9999-12-31' -%}
    {%- endif -%}
    {{ return('cast(' ~ dbt.string_literal(first_at or '0001-01-01') ~ ' as timestamp)') }}
{%- endmacro -%}
