{#- The text `expression` without spaces at both ends; NULL where nothing is left. A bare `trim()` takes away other
    characters on other engines. -#}

{%- macro blank_to_null(expression) -%}
    nullif(trim(both ' ' from {{ expression }}), '')
{%- endmacro -%}
