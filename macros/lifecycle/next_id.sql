{#- The id of a further thing in a landing table: its name and number, e.g. `incident-7`. -#}

{%- macro next_id(table, name) -%}
    {%- set n_known = run_query('select count(distinct ' ~ name ~ '_id) as n from ' ~ millwright.landing_table(table)).rows[0]['n'] -%}
    {{ return(name ~ '-' ~ (n_known | int + 1)) }}
{%- endmacro -%}
