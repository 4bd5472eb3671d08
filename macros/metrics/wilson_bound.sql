{#- The lower or upper bound (`side` is -1 or 1) of the 95% interval of a share after Wilson (1927), as an SQL expression; NULL where the total is
    zero. Rounding errors do not take it out of 0..1. -#}

{%- macro wilson_bound(successes, total, side) -%}
    {%- set z = millwright.z_of_95_percent() -%}
    {%- set n = 'nullif(' ~ total ~ ', 0)' -%}
    {%- set share = millwright.safe_divide(successes, total) -%}
    {%- set centre = share ~ ' + ' ~ z * z / 2 ~ ' / ' ~ n -%}
    {%- set spread = z ~ ' * sqrt(' ~ share ~ ' * (1 - ' ~ share ~ ') / ' ~ n ~ ' + ' ~ z * z / 4 ~ ' / power(' ~ n ~ ', 2))' -%}
    least(greatest(({{ centre }} {{ '+' if side > 0 else '-' }} {{ spread }}) / (1 + {{ z * z }} / {{ n }}), 0 * {{ share }}), 1 + 0 * {{ share }})
{%- endmacro -%}
