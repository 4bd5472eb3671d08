{#- The text `expression` as a number of `type` (e.g. `bigint`, `numeric(18, 2)`) if it is plain digits with an optional sign
    and, for types with decimals, a decimal point; else NULL. Exponents, separators and `NaN` are refused on every engine. -#}

{%- macro parse_number(expression, type) -%}
    {%- set pattern = '^-?[0-9]+$' if 'int' in type else '^-?[0-9]+([.][0-9]+)?$' -%}
    case when {{ millwright.matches_pattern(expression, pattern) }}
        then {{ millwright.try_cast(expression, type) }}
    end
{%- endmacro -%}
