{#- What is lost by giving a probability to what came true: minus its logarithm, kept from 0 and 1 as scikit-learn does, so that what was held
    impossible costs much but not infinitely much; an SQL expression. -#}

{%- macro log_loss_of(probability) -%}
    {%- set smallest = 'cast(2.220446049250313e-16 as ' ~ millwright.sql_type('float8') ~ ')' -%}
    -ln(least(greatest({{ probability }}, {{ smallest }}), 1 - {{ smallest }}))
{%- endmacro -%}
