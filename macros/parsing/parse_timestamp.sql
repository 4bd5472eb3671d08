{#- The text `expression` as a timestamp (UTC) if it is one in ISO form (`YYYY-MM-DD HH:MM:SS`, a `T` in between allowed), else NULL. -#}

{%- macro parse_timestamp(expression) -%}
    case when {{ millwright.matches_pattern(expression, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}$') }}
        then {{ millwright.try_cast(expression, 'timestamp') }}
    end
{%- endmacro -%}
