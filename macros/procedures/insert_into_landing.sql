{#- The statement that appends a row to a landing table, from a dict of its columns' values; `run_id` is the run's. -#}

{%- macro insert_into_landing(table, fields) -%}
    {%- set names = millwright.landing_source(table).columns.keys() | join(', ') -%}
    {{ return(
        'insert into ' ~ millwright.landing_table(table) ~ ' (' ~ names ~ ') '
        ~ millwright.row_of_landing(table, dict(fields, run_id=millwright.run_id()))
    ) }}
{%- endmacro -%}
