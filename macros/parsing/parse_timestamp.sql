{#- The text `expression` as a timestamp (UTC) if it is one in ISO form (`YYYY-MM-DD HH:MM:SS`, a `T` in between allowed), else NULL. -#}

{%- macro parse_timestamp(expression) -%}
    case when {{ millwright.matches_pattern(expression, '^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$') }}
        then {{ millwright.try_cast(expression, 'timestamp') }}
    end
{%- endmacro -%}
