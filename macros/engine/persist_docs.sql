{#- Writes the descriptions of a dbt model and its columns into the warehouse, in place of dbt's own macro: in one statement, after one question,
    or none where a contract says which columns there are. dbt asks for them twice, each time gathering all macros anew, which took a seventh
    of the time of a night's dbt models. Spark has its own. -#}

{%- macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
    {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}
{%- endmacro -%}

{%- macro default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set described = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do described.append((relation.type ~ ' ' ~ relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set columns = model.columns if config.get('contract').enforced
            else validate_doc_columns(relation, model.columns, millwright.column_names(relation)) -%}
        {%- for name, column in columns.items() -%}
            {%- do described.append(('column ' ~ relation ~ '.' ~ (adapter.quote(name) if column.quote else name), column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if described -%}
        {%- set comments -%}
            {%- for what, description in described %}
comment on {{ what }} is {{ dbt.string_literal(dbt.escape_single_quotes(description)) }};
            {%- endfor -%}
        {%- endset -%}
        {%- do run_query(comments) -%}
    {%- endif -%}
{%- endmacro -%}
