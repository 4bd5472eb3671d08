{#- A number as the nearest multiple of `step`, as float8. What is so large that a float8 cannot tell steps apart, or no finite number, stays. -#}

{%- macro rounded_to(expression, step) -%}
    {%- set number = 'cast(' ~ expression ~ ' as ' ~ millwright.sql_type('float8') ~ ')' -%}
    {%- set width = 'cast(' ~ step ~ ' as ' ~ millwright.sql_type('float8') ~ ')' -%}
    case
        when abs({{ number }}) < 1e15 * {{ width }} then floor({{ number }} / {{ width }} + 0.5) * {{ width }}
        else {{ number }}
    end
{%- endmacro -%}
