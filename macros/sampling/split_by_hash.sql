{#- The split that a value belongs to, as an SQL expression: it depends on the value, the shares and the salt only, so it never moves. NULL belongs to
    none. `shares` maps the names of the splits to numbers that add up to 1. -#}

{%- macro split_by_hash(expression, shares, salt='split') -%}
    {%- if shares is not mapping or not shares -%}
        {%- do exceptions.raise_compiler_error('split_by_hash: shares is "' ~ shares ~ '"; it must map the name of each split to its share') -%}
    {%- endif -%}
    {%- for name, share in shares.items() if share is not number or share is boolean or not share >= 0 -%}
        {%- do exceptions.raise_compiler_error(
            'split_by_hash: the share of ' ~ name ~ ' in shares is "' ~ share ~ '"; it must be a number from 0 to 1'
        ) -%}
    {%- endfor -%}
    {%- if not (shares.values() | sum - 1) | abs <= 1e-9 -%}
        {%- do exceptions.raise_compiler_error('split_by_hash: shares add up to ' ~ shares.values() | sum | round(9) ~ '; they must add up to 1') -%}
    {%- endif -%}
    {%- set fraction = millwright.hash_fraction(expression, salt) -%}
    {%- set ends = [0] -%}
    case
        {%- for name, share in shares.items() %}
        {%- do ends.append((ends[-1] + share) | round(12)) %}
        when {{ fraction }}{{ ' is not null' if loop.last else ' < ' ~ ends[-1] }} then {{ millwright.literal(name) }}
        {%- endfor %}
    end
{%- endmacro -%}
