{#- The newest revision of a thing that there has to be, as `newest_revision` gives it. Raises a compiler error that names some that there are. -#}

{%- macro existing_revision(call, table, key) -%}
    {%- set held = millwright.newest_revision(table, key) -%}
    {%- if not held -%}
        {%- set columns = key.keys() | join(', ') -%}
        {%- set entity = millwright.landing_source(table).config.meta['lifecycle']['entity'] -%}
        {%- set known = [] -%}
        {%- for row in run_query(
            'select ' ~ columns ~ ' from ' ~ millwright.landing_table(table) ~ ' group by ' ~ columns ~ ' order by max(recorded_at) desc limit 5'
        ).rows -%}
            {%- do known.append(row.values() | join(' ')) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            call.procedure ~ ': there is no ' ~ entity ~ ' "' ~ key.values() | join(' ') ~ '"; '
            ~ ('the newest are ' ~ known | join(', ') if known else 'there is none at all')
        ) -%}
    {%- endif -%}
    {{ return(held) }}
{%- endmacro -%}
