{#- The shape of the text `expression` instead of what it says: every digit a 9, every blank or punctuation mark as it is, all else an x. -#}

{%- macro masked_text(expression) -%}
    regexp_replace(regexp_replace({{ expression }}, '[0-9]', '9', 'g'), '[^ -@\[-`{-~]', 'x', 'g')
{%- endmacro -%}
