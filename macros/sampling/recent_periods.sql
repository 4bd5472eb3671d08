{#- The rows of a relation in the last calendar periods (UTC) that were over at `until`, by default as_of, with period_start_on: a query. `last` maps
    the period to how many of them. -#}

{%- macro recent_periods(relation, moment, last={'month': 24}, until=none) -%}
    {%- set steps = {'day': ('day', 1), 'week': ('day', 7), 'month': ('month', 1), 'quarter': ('month', 3), 'year': ('month', 12)} -%}
    {%- if last is not mapping or last | length != 1 or last | first not in steps -%}
        {%- do exceptions.raise_compiler_error(
            'recent_periods: last is "' ~ last ~ '"; it must map one of ' ~ steps | join(', ') ~ ' to a number of periods, e.g. {"month": 24}'
        ) -%}
    {%- endif -%}
    {%- set period = last | first -%}
    {%- do millwright.check_sampling('recent_periods', relation, {'moment': moment}, {'last': last[period]}, ['period_start_on']) -%}
    {%- if until is not none and not modules.re.match('^\\d{4}-\\d{2}-\\d{2}([ T]\\d{2}:\\d{2}:\\d{2})?$', until | string) -%}
        {%- do exceptions.raise_compiler_error(
            'recent_periods: until is "' ~ until ~ '"; it must be an ISO date or timestamp in UTC: 1998-07-01 or 1998-07-01 06:00:00'
        ) -%}
    {%- endif -%}
    {%- set end = dbt.date_trunc(period, millwright.as_of() if until is none else millwright.literal(until, 'timestamp')) -%}
    {%- set happened_at = 'cast(examples.' ~ moment ~ ' as timestamp)' -%}
    select
        examples.*,
        cast({{ dbt.date_trunc(period, happened_at) }} as date) as period_start_on
    from {{ relation }} as examples
    where
        {{ happened_at }} >= {{ end }} - interval '{{ last[period] * steps[period][1] }}' {{ steps[period][0] }}
        and {{ happened_at }} < {{ end }}
{%- endmacro -%}
