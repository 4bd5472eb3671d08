{#- The text `expression` as a date if it is one in ISO form (`YYYY-MM-DD`), else NULL. -#}

{%- macro parse_date(expression) -%}
    case when {{ millwright.matches_pattern(expression, '^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$') }}
        then {{ millwright.try_cast(expression, 'date') }}
    end
{%- endmacro -%}
