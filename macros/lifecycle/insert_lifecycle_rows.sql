{#- Appends rows to a landing table of the lifecycle, each a dict of SQL expressions by column; who did it, why and when is the call's. -#}

{%- macro insert_lifecycle_rows(call, table, rows) -%}
    {%- for row in rows -%}
        {%- set columns = dict(millwright.lifecycle_stamp(call), **row) -%}
        {%- do run_query(
            'insert into ' ~ millwright.landing_table(table) ~ ' (' ~ columns.keys() | join(', ') ~ ') values (' ~ columns.values() | join(', ') ~ ')'
        ) -%}
    {%- endfor -%}
{%- endmacro -%}
