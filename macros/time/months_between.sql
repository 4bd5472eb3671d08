{#- The months from that of one moment up to so many after that of another, as a list of dicts: `first_on` and `next_on` (ISO dates) and `name`,
    e.g. `1998_07`. -#}

{%- macro months_between(first, last, months_after=0) -%}
    {%- set from_moment = modules.datetime.datetime.fromisoformat(first | string) -%}
    {%- set to_moment = modules.datetime.datetime.fromisoformat(last | string) -%}
    {%- set months = [] -%}
    {%- for n in range(from_moment.year * 12 + from_moment.month - 1, to_moment.year * 12 + to_moment.month + months_after) -%}
        {%- do months.append({
            'first_on': '%04d-%02d-01' | format(n // 12, n % 12 + 1),
            'next_on': '%04d-%02d-01' | format((n + 1) // 12, (n + 1) % 12 + 1),
            'name': '%04d_%02d' | format(n // 12, n % 12 + 1),
        }) -%}
    {%- endfor -%}
    {{ return(months) }}
{%- endmacro -%}
