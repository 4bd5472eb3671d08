{#- The sample standard deviation (n - 1) from what adds up: how many, their sum and the sum of their squares. With exact sums (integers, numeric) the
    difference in it is exact, too, whatever the size of the mean. NULL for fewer than two. -#}

{%- macro standard_deviation(n, total, squares) -%}
    sqrt({{ millwright.safe_divide(
        n ~ ' * ' ~ squares ~ ' - ' ~ total ~ ' * ' ~ total,
        n ~ ' * (' ~ n ~ ' - 1)'
    ) }})
{%- endmacro -%}
