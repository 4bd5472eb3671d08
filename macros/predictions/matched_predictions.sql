{#- Predictions with what is said elsewhere about their model and version, and with those of their JSON objects that can be read, as a query: the
    first step of `checked_predictions`. -#}

{%- macro matched_predictions(predictions, versions, features, revisions, tasks, aliases) -%}
    with

    versions as (

        {{ millwright.version_schemas(versions, features) | indent(8) }}

    ),

    bans as (

        {{ millwright.version_bans(revisions) | indent(8) }}

    ),

    -- The positive class goes by all its names.
    tasks as (

        {{ millwright.tasks_with_names(tasks, aliases) | indent(8) }}

    )

    select
        predictions.*,
        tasks.task,
        tasks.positive_names,
        versions.registered_at,
        versions.feature_schema,
        bans.status as banned_as,
        greatest(predictions.known_at, versions.registered_at) as accepted_at,
        case when {{ millwright.json_kind('predictions.class_scores') }} = 'object' then predictions.class_scores end as readable_scores,
        case when {{ millwright.json_kind('predictions.segments') }} = 'object' then predictions.segments end as readable_segments,
        case when {{ millwright.json_kind('predictions.input_features') }} = 'object' then predictions.input_features end as readable_features
    from {{ predictions }} as predictions
    left join tasks
        on predictions.model_name = tasks.model_name
    left join versions
        on
            predictions.model_name = versions.model_name
            and predictions.model_version = versions.model_version
            and (versions.starts_at is null or versions.starts_at <= predictions.known_at)
            and coalesce(versions.ends_at > predictions.known_at, true)
    left join bans
        on
            predictions.model_name = bans.model_name
            and predictions.model_version = bans.model_version
            and predictions.event_at >= bans.starts_at
            and coalesce(predictions.event_at < bans.ends_at, true)
            and greatest(predictions.known_at, versions.registered_at) >= bans.known_from
            and coalesce(greatest(predictions.known_at, versions.registered_at) < bans.known_until, true)
{%- endmacro -%}
