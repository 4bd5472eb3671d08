{#- `changes_by_mark` for a column that holds times, as timestamps or as ISO text. What lies after as_of waits until that is past: one time far in the
    future would be a watermark that nothing exceeds. -#}

{%- macro changes_by_time(relation, column, look_back=none, previous={}, rows=none) -%}
    {%- set quoted = adapter.quote(column.name) -%}
    {%- set mark = millwright.parse_timestamp(quoted) if column.data_type == 'text' else quoted -%}
    {%- set first_look_back = var('change_lookback_days') -%}
    {%- set look_back = var('late_load_days') if look_back is none else look_back -%}
    {%- for name, days in {'change_lookback_days': first_look_back, 'late_load_days': look_back}.items() -%}
        {%- if not (days is none and name == 'change_lookback_days') and (days is not integer or days < 0) -%}
            {%- do exceptions.raise_compiler_error('The var ' ~ name ~ ' is "' ~ days ~ '"; it must be a whole number of days, 0 or more') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ millwright.changes_by_mark(
        relation,
        mark,
        'timestamp',
        "interval '" ~ look_back ~ "' day",
        previous,
        start=millwright.as_of() ~ " - interval '" ~ first_look_back ~ "' day" if first_look_back is not none else none,
        rows=(rows ~ ' and ' if rows else '') ~ mark ~ ' <= ' ~ millwright.as_of()
    ) }}
{%- endmacro -%}
