{#- A value from outside as an SQL literal: quoted and escaped, cast to `data_type`; NULL for none. -#}

{%- macro literal(value, data_type='text') -%}
    {%- if value is none or value is undefined -%}
        {{ return('cast(null as ' ~ millwright.sql_type(data_type) ~ ')') }}
    {%- endif -%}
    {{ return('cast(' ~ dbt.string_literal(dbt.escape_single_quotes(value | string)) ~ ' as ' ~ millwright.sql_type(data_type) ~ ')') }}
{%- endmacro -%}
