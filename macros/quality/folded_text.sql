{#- The text without what people get wrong when they type a code: lower case, blanks of any kind collapsed, none at either end. -#}

{%- macro folded_text(expression) -%}
    lower(trim(both ' ' from regexp_replace({{ expression }}, '[ \t\r\n]+', ' ', 'g')))
{%- endmacro -%}
