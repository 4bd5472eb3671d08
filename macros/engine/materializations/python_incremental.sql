{#- Python models on PostgreSQL, where dbt has none: the counterpart of `incremental` on DuckDB.

    The first run and a full refresh build a new table beside the old one and swap them; later runs append what the
    model returns, column by name. Everything from the first hook inside the transaction to the last is one
    transaction, so readers see the old table or the new one, and an error leaves the old one. With the config
    `full_refresh: true` every run replaces the table, as `table` would.

    The package `dbt_millwright` runs the model's code; docs/decisions/0003-python-models-on-postgres.md says how. -#}

{%- materialization python_incremental, adapter='postgres', supported_languages=['python'] -%}
    {%- if config.get('unique_key') or (config.get('incremental_strategy') or 'append') != 'append' -%}
        {%- do exceptions.raise_compiler_error(
            'python_incremental only appends: remove unique_key and incremental_strategy, or use full_refresh: true'
        ) -%}
    {%- endif -%}

    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set creates = existing is none or not existing.is_table or should_full_refresh() -%}
    {%- set destination = make_intermediate_relation(target_relation) if creates else target_relation -%}

    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}

    {%- call statement('main', language='python') -%}
{{ compiled_code }}

MILLWRIGHT_DESTINATION = {{ destination | string | tojson }}
MILLWRIGHT_CREATES = {{ creates }}
    {%- endcall -%}

    {%- if creates -%}
        {%- do create_indexes(destination) -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- do adapter.rename_relation(destination, target_relation) -%}
    {%- endif -%}

    {%- do apply_grants(
        target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=creates)
    ) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}

    {{- return({'relations': [target_relation]}) -}}
{%- endmaterialization -%}
