{#- Raises a compiler error for shares of variants that entities cannot be assigned by. -#}

{%- macro check_allocation(macro_name, allocation) -%}
    {%- if allocation is not mapping or not allocation -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': the shares are "' ~ allocation ~ '"; they must map each variant, and `holdout` if there is one, to its share'
        ) -%}
    {%- endif -%}
    {%- for variant, share in allocation.items() if share is not number or share is boolean or not (share >= 0 and share <= 1) -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': the share of ' ~ variant ~ ' is "' ~ share ~ '"; it must be a number from 0 to 1'
        ) -%}
    {%- endfor -%}
    {%- if not (allocation.values() | sum - 1) | abs <= 1e-6 -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': the shares of ' ~ allocation.keys() | join(', ') ~ ' add up to ' ~ allocation.values() | sum | round(9)
            ~ '; with the holdout they must add up to 1'
        ) -%}
    {%- endif -%}
{%- endmacro -%}
