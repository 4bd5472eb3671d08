{#- The newest revision of a thing as a dict of its columns, with `is_after_as_of`; empty if nothing was ever said of it. -#}

{%- macro newest_revision(table, key) -%}
    {%- set found = run_query(
        'select *, event_at > ' ~ millwright.as_of() ~ ' as is_after_as_of from ' ~ millwright.landing_table(table)
        ~ ' where ' ~ millwright.is_key(key) ~ ' order by revision desc limit 1'
    ) -%}
    {{ return(dict(found.rows[0].dict()) if found.rows else {}) }}
{%- endmacro -%}
