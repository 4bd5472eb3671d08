{#- Part of the materialization `feature_group`: the state of a group's table, made ready for the batches that are due. Returns a dict: `version`,
    `build_id`, and `batches`, a list of dicts with `first_at` and `last_at`, the first and last snapshot of each month that is not built yet.

    The table goes on as it is while the logic stays the same. A full refresh begins it anew; another logic does, too, as a new version, after the
    values of the old one were kept in `ops.feature_values`. -#}

{%- macro begin_feature_build(group, compiled_sql, existing, full_refresh) -%}
    {#- What --empty compiles is not the logic, and its rows are none. -#}
    {%- if flags.EMPTY -%}
        {%- if existing is none -%}
            {%- do run_query(create_table_as(false, group.relation, compiled_sql)) -%}
        {%- endif -%}
        {{ return({'batches': []}) }}
    {%- endif -%}
    {%- set versions = millwright.landing_table('feature_versions') -%}
    {%- set batches = millwright.landing_table('feature_batches') -%}
    {%- set logic = millwright.feature_logic(compiled_sql) ~ millwright.versions_of_parents(group) -%}
    {%- set state = {
        'version': 0, 'logic_hash': none, 'entity_key': none, 'build_id': none,
        'built_to': "cast('0001-01-01' as timestamp)",
    } -%}
    {%- for held in run_query(
        'select feature_version, logic_hash, entity_key from ' ~ versions ~ ' where feature_group = ' ~ millwright.literal(group.name)
        ~ ' order by feature_version desc limit 1'
    ).rows -%}
        {%- do state.update({'version': held[0] | int, 'logic_hash': held[1], 'entity_key': held[2]}) -%}
    {%- endfor -%}
    {%- for held in run_query(
        'select build_id, max(last_snapshot_at), max(recorded_at) as newest from ' ~ batches
        ~ " where event in ('created', 'completed') and feature_group = " ~ millwright.literal(group.name)
        ~ ' and feature_version = ' ~ state.version ~ ' group by build_id order by newest desc limit 1'
    ).rows -%}
        {%- do state.update({'build_id': held[0]}) -%}
        {%- if held[1] is not none -%}
            {%- do state.update({'built_to': millwright.literal(held[1], 'timestamp')}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_new_version = state.logic_hash != local_md5(logic) -%}
    {#- A retry of a full refresh goes on with it. -#}
    {%- set is_anew = full_refresh and state.build_id != millwright.run_id() -%}
    {%- if is_new_version or state.build_id is none or existing is none or not existing.is_table or is_anew -%}
        {%- if existing is not none and existing.is_table and is_new_version and state.version -%}
            {%- do millwright.insert_rows(
                'insert into ' ~ millwright.landing_table('feature_values')
                ~ ' (feature_group, feature_version, entity_id, feature_values, event_at, known_at, run_id) select kept.*, '
                ~ millwright.literal(millwright.run_id()) ~ ' from (' ~ millwright.feature_values_of(
                    dict(group, entity_key=state.entity_key), existing, state.version
                ) ~ ') as kept'
            ) -%}
        {%- endif -%}
        {%- do state.update({'build_id': millwright.run_id(), 'built_to': "cast('0001-01-01' as timestamp)"}) -%}
        {%- if is_new_version -%}
            {%- do state.update({'version': state.version + 1}) -%}
            {%- do millwright.insert_rows(millwright.insert_feature_version(group, state.version, logic)) -%}
        {%- endif -%}
        {%- do millwright.insert_rows(millwright.insert_batch_event(group, state, 'created')) -%}
        {#- With the same logic the table has the same columns: it stays, and so does what depends on it. -#}
        {%- if existing is not none and existing.is_table and not is_new_version -%}
            {%- do run_query('truncate table ' ~ existing) -%}
        {%- else -%}
            {%- if existing is not none -%}
                {%- do adapter.drop_relation(existing) -%}
            {%- endif -%}
            {%- do run_query(create_table_as(false, group.relation, 'select * from (' ~ compiled_sql ~ ') as every_batch limit 0')) -%}
            {%- set index = millwright.index_on(group.relation, [group.entity_key, 'event_at']) | trim -%}
            {%- if index -%}
                {%- do run_query(index) -%}
            {%- endif -%}
        {%- endif -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {#- Not by ref(), which asks that every group itself reads the snapshots: most do through a view of what was visible at them. -#}
    {%- do state.update({'batches': run_query(
        'select min(snapshot_at) as first_at, max(snapshot_at) as last_at from '
        ~ millwright.relation_of_model('int_snapshots')
        ~ ' where snapshot_at > ' ~ state.built_to ~ ' group by ' ~ dbt.date_trunc('month', 'snapshot_at') ~ ' order by first_at'
    ).rows}) -%}
    {{ return(state) }}
{%- endmacro -%}
