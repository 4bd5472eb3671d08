{#- What follows `from` to find the rows that fail a `uniqueness` rule: the relation as `checked`, with `is_shared` where another row has the same
    values. -#}

{%- macro rows_sharing_values(rule, relation) -%}
    {%- set columns = [] -%}
    {%- for name in rule['column_name'].split('|') -%}
        {%- do columns.append(adapter.quote(name)) -%}
    {%- endfor -%}
    (
        select
            *,
            {{ columns | join(' is not null and ') }} is not null
            and count(*) over (partition by {{ columns | join(', ') }}) > 1 as is_shared
        from {{ relation }}
    ) as checked
{%- endmacro -%}
