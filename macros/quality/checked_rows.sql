{#- What follows `from` to check rules on a relation in one scan: the relation as `checked` and, for the rule at each place in the list that is a
    relationship, what it may refer to as `referenced_<place>`. -#}

{%- macro checked_rows(relation, rules, relations) -%}
    {{ relation }} as checked
    {%- for rule in rules %}
    {%- if rule['rule_type'] == 'relationship' %}
    {%- set referenced = rule['referenced_column'].split('.') %}
    left join (
        select {{ adapter.quote(referenced[1]) }} as value
        from {{ relations[referenced[0]] }}
        group by {{ adapter.quote(referenced[1]) }}
    ) as referenced_{{ loop.index }}
        on checked.{{ adapter.quote(rule['column_name']) }} = referenced_{{ loop.index }}.value
    {%- endif %}
    {%- endfor %}
{%- endmacro -%}
