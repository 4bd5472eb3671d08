{%- set entity = ['model_name', 'environment', 'entity_id'] -%}
{%- set in_order = 'partition by ' ~ entity | join(', ') ~ ' order by served_from, ' ~ millwright.bytewise('model_version') -%}

with

predictions as (

    select
        model_name,
        coalesce(environment, 'unknown') as environment,
        entity_id,
        model_version,
        event_at,
        known_at
    from {{ ref('eval_predictions') }}

),
{%- if is_incremental() %}

-- What no span holds yet. Nights read a few days again, and what they know already is left out here.
fresh as (

    select predictions.*
    from predictions
    left join {{ this }} as spans
        on
            predictions.model_name = spans.model_name
            and predictions.environment = spans.environment
            and predictions.entity_id = spans.entity_id
            and predictions.model_version = spans.model_version
            and predictions.event_at >= spans.served_from
            and predictions.event_at <= spans.last_predicted_at
            and predictions.known_at <= spans.known_at
    where
        predictions.known_at > {{ millwright.read_after('known_at') }}
        and spans.model_name is null

),

changed as (

    select
        {{ entity | join(',\n        ') }},
        min(event_at) as first_event_at
    from fresh
    group by
        {{ entity | join(',\n        ') }}

),

held as (

    select
        spans.*,
        max(spans.last_predicted_at) over (
            partition by spans.model_name, spans.environment, spans.entity_id
        ) >= changed.first_event_at as is_overtaken
    from {{ this }} as spans
    inner join changed
        on
            spans.model_name = changed.model_name
            and spans.environment = changed.environment
            and spans.entity_id = changed.entity_id

),

-- Of these something came that belongs between what was known: they are made anew.
overtaken as (

    select distinct
        {{ entity | join(',\n        ') }}
    from held
    where is_overtaken

),

points as (

    select
        held.model_name,
        held.environment,
        held.entity_id,
        held.model_version,
        held.served_from,
        held.last_predicted_at,
        held.known_at
    from held
    where not held.is_overtaken
    union all
    select
        fresh.model_name,
        fresh.environment,
        fresh.entity_id,
        fresh.model_version,
        fresh.event_at as served_from,
        fresh.event_at as last_predicted_at,
        fresh.known_at
    from fresh
    left join overtaken
        on
            fresh.model_name = overtaken.model_name
            and fresh.environment = overtaken.environment
            and fresh.entity_id = overtaken.entity_id
    where overtaken.model_name is null
    union all
    select
        predictions.model_name,
        predictions.environment,
        predictions.entity_id,
        predictions.model_version,
        predictions.event_at as served_from,
        predictions.event_at as last_predicted_at,
        predictions.known_at
    from predictions
    inner join overtaken
        on
            predictions.model_name = overtaken.model_name
            and predictions.environment = overtaken.environment
            and predictions.entity_id = overtaken.entity_id

),
{%- else %}

points as (

    select
        {{ entity | join(',\n        ') }},
        model_version,
        event_at as served_from,
        event_at as last_predicted_at,
        known_at
    from predictions

),
{%- endif %}

begun as (

    select
        *,
        case
            when model_version = lag(model_version) over ({{ in_order }}) then 0
            else 1
        end as is_begin
    from points

),

numbered as (

    select
        *,
        sum(is_begin) over ({{ in_order }} rows unbounded preceding) as span_number
    from begun

),

spans as (

    select
        {{ entity | join(',\n        ') }},
        model_version,
        span_number,
        min(served_from) as served_from,
        max(last_predicted_at) as last_predicted_at,
        max(known_at) as known_at
    from numbered
    group by
        {{ entity | join(',\n        ') }},
        model_version,
        span_number

),

final as (

    select
        {{ entity | join(',\n        ') }},
        model_version,
        served_from,
        lead(served_from) over (
            partition by {{ entity | join(', ') }}
            order by span_number
        ) as served_until,
        last_predicted_at,
        known_at
    from spans

)

select * from final
