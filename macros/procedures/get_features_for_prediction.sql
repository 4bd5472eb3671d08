{#- Procedure: the vectors of features that a model needs to predict for some entities, out of the serving cache or computed now.

    dbt run-operation get_features_for_prediction --args '{model_name: repurchase, entity_ids: [shop-00001, shop-00002]}'

    Prints, and returns to a caller, a row per entity: entity_id, status, feature_vector (JSON), features_known_at, computed_at, expires_at. The
    status is `hit` (cached, not expired, and no feature group was built since), `refreshed` (computed now and cached), `missing` (no features are
    known of it) or `no id`. Refuses a model or version that is unknown, or not the one in force. -#}

{%- macro get_features_for_prediction(model_name, entity_ids, moment=none, model_version=none) -%}
    {%- set procedure = 'get_features_for_prediction' -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- set ids = millwright.checked_entity_ids(procedure, entity_ids) -%}
    {%- set version = millwright.version_to_serve(procedure, model_name, model_version, at) -%}
    {%- set cached -%}
        select *
        from {{ millwright.landing_table('feature_vectors') }}
        where
            model_name = {{ millwright.literal(model_name) }}
            and model_version = {{ millwright.literal(version) }}
            and entity_id in (select entity_id from ({{ millwright.entities_of_list(ids) }}) as asked)
            and computed_at <= {{ at }}
            and expires_at > {{ at }}
            and recorded_at > coalesce(
                (
                    select max(batches.recorded_at)
                    from {{ millwright.landing_table('feature_batches') }} as batches
                    inner join {{ millwright.landing_table('model_features') }} as needed
                        on batches.feature_group = needed.feature_group
                    where
                        needed.model_name = {{ millwright.literal(model_name) }}
                        and needed.model_version = {{ millwright.literal(version) }}
                ),
                cast('0001-01-01' as timestamp)
            )
    {%- endset -%}
    {%- set hits = run_query('select distinct entity_id from (' ~ cached ~ ') as cached').columns[0].values() -%}
    {%- set others = ids | reject('none') | reject('in', hits) | list -%}
    {%- if others -%}
        {%- do millwright.insert_rows(millwright.insert_feature_vectors(
            procedure, model_name, version, millwright.entities_of_list(others), at
        )) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {%- set query -%}
        select
            asked.entity_id,
            case
                when asked.entity_id is null then 'no id'
                when newest.entity_id is null then 'missing'
                when asked.entity_id in (select entity_id from ({{ millwright.entities_of_list(others or [none]) }}) as computed) then 'refreshed'
                else 'hit'
            end as status,
            newest.feature_vector,
            newest.features_known_at,
            newest.computed_at,
            newest.expires_at
        from ({{ millwright.entities_of_list(ids) }}) as asked
        left join ({{ millwright.deduplicate(
            '(' ~ cached ~ ')', partition_by=['entity_id'], order_by=['computed_at desc', 'recorded_at desc', millwright.bytewise('run_id')]
        ) }}) as newest
            on asked.entity_id = newest.entity_id
        order by asked.entity_id
    {%- endset -%}
    {%- set results = run_query(query) -%}
    {{ return(millwright.printed(results)) }}
{%- endmacro -%}
