{#- Procedure: computes the vectors of a model for every entity that its feature groups know, into the serving cache.

    dbt run-operation refresh_feature_cache --args '{model_name: repurchase}'

    Says how many. Refuses an unknown model. -#}

{%- macro refresh_feature_cache(model_name, moment=none) -%}
    {%- set procedure = 'refresh_feature_cache' -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- set version = millwright.version_to_serve(procedure, model_name, none, at) -%}
    {%- set entities = [] -%}
    {%- for group in millwright.feature_groups(run_query(
        'select distinct feature_group from ' ~ millwright.landing_table('model_features')
        ~ ' where model_name = ' ~ millwright.literal(model_name) ~ ' and model_version = ' ~ millwright.literal(version)
    ).columns[0].values() | list) -%}
        {%- do entities.append(
            'select ' ~ group.entity_key ~ ' as entity_id from ' ~ group.relation ~ ' where event_at <= ' ~ at
            ~ (" and event_at >= " ~ at ~ " - interval '" ~ group.time_to_live_days ~ "' day" if group.time_to_live_days is not none else '')
        ) -%}
    {%- endfor -%}
    {%- set n_vectors = millwright.insert_rows(millwright.insert_feature_vectors(
        procedure, model_name, version, entities | join(' union ') or 'select null as entity_id', at
    )) -%}
    {%- do adapter.commit() -%}
    {%- do log(procedure ~ ': ' ~ n_vectors ~ ' vectors of ' ~ model_name ~ ' ' ~ version, info=true) -%}
{%- endmacro -%}
