{#- Why a row is rejected: the messages of all conditions that hold, joined by `; `, or NULL for a good row. `checks` maps a message to the SQL
    condition that makes it true, `named` the beginning of a message to the SQL expression of its end, NULL where all is well. -#}

{%- macro rejection_reason(checks, named={}) -%}
    nullif(concat_ws(
        '; '
        {%- for message, condition in checks.items() %},
        case when {{ condition }} then {{ dbt.string_literal(dbt.escape_single_quotes(message)) }} end
        {%- endfor %}
        {%- for message, expression in named.items() %},
        {{ dbt.string_literal(dbt.escape_single_quotes(message)) }} || {{ expression }}
        {%- endfor %}
    ), '')
{%- endmacro -%}
