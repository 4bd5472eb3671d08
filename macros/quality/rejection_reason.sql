{#- Why a row is rejected: the messages of all conditions that hold, joined by `; `, or NULL for a good row.
    `checks` maps a message to the SQL condition that makes it true. -#}

{%- macro rejection_reason(checks) -%}
    nullif(concat_ws(
        '; ',
        {%- for message, condition in checks.items() %}
        case when {{ condition }} then {{ dbt.string_literal(dbt.escape_single_quotes(message)) }} end{{ ',' if not loop.last }}
        {%- endfor %}
    ), '')
{%- endmacro -%}
