{#- A query with at most `n_rows` of the rows that fail a rule: rule_id, sample_number and the row as one JSON object, personal data masked. The same
    rows on every engine: the first by that text. `relations` maps the names that the rule may use to relations. -#}

{%- macro failing_rows(rule, relations, n_rows) -%}
    {%- set relation = relations[rule['relation_name']] -%}
    {%- set columns = millwright.columns_of_relations(relations)[rule['relation_name']] -%}
    {%- set fields = {} -%}
    {%- for name, column in columns.items() if column.kind != 'other' and modules.re.fullmatch('[a-z_][a-z0-9_]*', name) -%}
        {%- set text = millwright.value_text('checked.' ~ name, column) | trim -%}
        {%- do fields.update({name: millwright.masked_text(text) if millwright.is_personal(rule['relation_name'], name) else text}) -%}
    {%- endfor -%}
    select
        {{ millwright.literal(rule['rule_id']) }} as rule_id,
        numbered.sample_number,
        numbered.failing_row
    from (
        select
            written.failing_row,
            row_number() over (order by {{ millwright.bytewise('written.failing_row') }}) as sample_number
        from (
            select {{ millwright.json_object(fields.keys()) }} as failing_row
            from (
                select
                    {%- for name, text in fields.items() %}
                    {{ text }} as {{ name }}{{ ',' if not loop.last }}
                    {%- endfor %}
                {%- if rule['rule_type'] == 'uniqueness' %}
                from {{ millwright.rows_sharing_values(rule, relation) }}
                where checked.is_shared
                {%- else %}
                from {{ millwright.checked_rows(relation, [rule], relations) }}
                where {{ millwright.rule_failure(rule, columns[rule['column_name']], 'referenced_1') }}
                {%- endif %}
            ) as failing
        ) as written
    ) as numbered
    where numbered.sample_number <= {{ n_rows }}
{%- endmacro -%}
