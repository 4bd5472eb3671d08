{%- set outcome_window = "interval '" ~ var('outcome_window_days') ~ "' day" -%}
{%- set outcome_lead = "interval '" ~ var('outcome_lead_days') ~ "' day" -%}

with

predictions as (

    select * from {{ ref('eval_predictions') }}

),

hours as (

    select * from {{ ref('eval_hours') }}

),

partials as (

    select * from {{ ref('eval_confusion_partials') }}
    where label_name is null

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

outcomes as (

    select * from {{ ref('stg_ops__outcomes') }}

),

missing_outcomes as (

    select
        hours.model_name,
        case
            when hours.last_event_at + coalesce(tasks.label_delay_days, 0) * interval '1' day <= {{ millwright.as_of() }}
                then 'prediction without an outcome that is due'
            else 'prediction without an outcome yet'
        end as finding,
        cast(null as {{ dbt.type_string() }}) as label,
        hours.n_predictions - hours.n_outcomes as n
    from hours
    left join tasks
        on hours.model_name = tasks.model_name

),

missing_predictions as (

    select
        outcomes.model_name,
        case
            when predictions.prediction_id is null then 'outcome without a prediction'
            else 'outcome too long before or after its prediction'
        end as finding,
        cast(null as {{ dbt.type_string() }}) as label,
        1 as n
    from outcomes
    left join predictions
        on
            outcomes.model_name = predictions.model_name
            and outcomes.prediction_id = predictions.prediction_id
    where
        predictions.prediction_id is null
        or outcomes.event_at < predictions.event_at - {{ outcome_lead }}
        or outcomes.event_at > predictions.event_at + {{ outcome_window }}

),

classes as (

    select
        model_name,
        actual_class,
        predicted_class,
        sum(n) as n
    from partials
    group by
        model_name,
        actual_class,
        predicted_class

),

actual_only as (

    select
        classes.model_name,
        'class that came true but was never predicted' as finding,
        classes.actual_class as label,
        classes.n
    from classes
    where
        classes.actual_class is not null
        and not exists (
            select 1
            from classes as counterparts
            where
                counterparts.model_name = classes.model_name
                and counterparts.predicted_class = classes.actual_class
        )

),

predicted_only as (

    select
        classes.model_name,
        'class that was predicted but never came true' as finding,
        classes.predicted_class as label,
        classes.n
    from classes
    where not exists (
        select 1
        from classes as counterparts
        where
            counterparts.model_name = classes.model_name
            and counterparts.actual_class = classes.predicted_class
    )

),

renamed as (

    select
        model_name,
        'class that an alias stands for' as finding,
        cast(null as {{ dbt.type_string() }}) as label,
        n_renamed as n
    from hours

),

unscored as (

    select
        model_name,
        'label that came true but has no score' as finding,
        cast(null as {{ dbt.type_string() }}) as label,
        n_unscored * n as n
    from {{ ref('eval_label_partials') }}

),

findings as (

    select * from missing_outcomes
    union all
    select * from missing_predictions
    union all
    select * from actual_only
    union all
    select * from predicted_only
    union all
    select * from renamed
    union all
    select * from unscored

),

final as (

    select
        model_name,
        finding,
        label,
        cast(sum(n) as bigint) as n
    from findings
    where n > 0
    group by
        model_name,
        finding,
        label

)

select * from final
