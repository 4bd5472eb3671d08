with

changed as (

    {{ millwright.changed_comparisons() }}

),

predictions as (

    select
        *,
        {{ dbt.date_trunc('day', 'event_at') }} as day_starts_at
    from {{ ref('eval_predictions') }}
    where
        predicted_class is not null
        and actual_class is not null

),

-- What two models, or two versions of one, said about the same thing.
paired as (

    select
        one.model_name,
        one.model_version,
        other.model_name as other_model_name,
        other.model_version as other_model_version,
        one.day_starts_at,
        one.data_split,
        one.segments,
        one.actual_class,
        one.predicted_class,
        other.predicted_class as other_predicted_class,
        greatest(one.changed_at, other.changed_at) as changed_at
    from changed
    inner join predictions as one
        on
            changed.model_name = one.model_name
            and changed.day_starts_at = one.day_starts_at
    inner join predictions as other
        on
            changed.other_model_name = other.model_name
            and one.entity_id = other.entity_id
            and one.event_at = other.event_at
            and one.actual_class = other.actual_class
    where
        one.model_name <> other.model_name
        or {{ millwright.bytewise('one.model_version') }} > {{ millwright.bytewise('other.model_version') }}

),

final as (

    select
        model_name,
        model_version,
        other_model_name,
        other_model_version,
        day_starts_at,
        data_split,
        segments,
        actual_class,
        predicted_class,
        other_predicted_class,
        count(*) as n,
        max(changed_at) as known_at
    from paired
    group by
        model_name,
        model_version,
        other_model_name,
        other_model_version,
        day_starts_at,
        data_split,
        segments,
        actual_class,
        predicted_class,
        other_predicted_class

)

select * from final
