{#- The text `expression` as a timestamp (UTC) if it is a date, whose midnight is meant, or a timestamp in ISO form; else NULL. -#}

{%- macro parse_moment(expression) -%}
    coalesce({{ millwright.parse_timestamp(expression) }}, cast({{ millwright.parse_date(expression) }} as timestamp))
{%- endmacro -%}
