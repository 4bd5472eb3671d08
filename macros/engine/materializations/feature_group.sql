{#- A feature group: a table that grows by batches of event time, one for the snapshots of each month that is due by `as_of` and not built yet.

    dbt's own microbatch counts its batches up to the wall clock and forgets those of a night that was skipped;
    docs/decisions/0007-feature-groups-have-a-materialization.md says why this is another. The dbt model selects its snapshots with `in_batch`.
    Every batch is one transaction with its entry in `ops.feature_batches`: an error or a kill leaves the batches before it, and the next run goes on
    with the one that is missing. The features depend on nothing but their inputs' two clocks, so a batch built again has the same rows. -#}

{%- materialization feature_group, default -%}
    {%- set group = millwright.feature_group(model) -%}
    {%- set bounds = millwright.batch_bounds() -%}
    {%- if bounds[0] not in sql or bounds[1] not in sql -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ' is materialized as feature_group but does not select its snapshots: add `where '
            ~ '{{ millwright.in_batch("snapshot_at") }}`'
        ) -%}
    {%- endif -%}

    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {%- set existing = load_cached_relation(this) -%}
    {%- set build = millwright.begin_feature_build(group, sql, existing, should_full_refresh()) -%}
    {%- set columns = adapter.get_columns_in_relation(group.relation) | map(attribute='quoted') | join(', ') -%}

    {%- set n_rows = [] -%}
    {%- for batch in build.batches -%}
        {%- do millwright.insert_rows(millwright.insert_batch_event(group, build, 'started', batch)) -%}
        {%- do adapter.commit() -%}
        {%- set started_at = millwright.wall_clock_seconds() -%}
        {%- set batch_sql = sql
            | replace(bounds[0], millwright.literal(batch['first_at'], 'timestamp'))
            | replace(bounds[1], millwright.literal(batch['last_at'], 'timestamp')) -%}
        {%- do n_rows.append(millwright.insert_rows(
            'insert into ' ~ group.relation ~ ' (' ~ columns ~ ') select ' ~ columns ~ ' from (' ~ batch_sql ~ ') as batch'
        )) -%}
        {%- do millwright.insert_rows(millwright.insert_batch_event(
            group, build, 'completed', batch, n_rows[-1], millwright.wall_clock_seconds() - started_at
        )) -%}
        {%- do adapter.commit() -%}
    {%- endfor -%}

    {%- call noop_statement('main', n_rows | length ~ ' batches', 'OK', n_rows | select('number') | sum) -%}
        {{ sql }}
    {%- endcall -%}
    {#- Opens the transaction that dbt expects around hooks and commits. -#}
    {%- call statement('after_batches') -%}
        select 1
    {%- endcall -%}
    {%- do apply_grants(group.relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) -%}
    {%- do persist_docs(group.relation, model) -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [group.relation]}) -}}
{%- endmaterialization -%}
