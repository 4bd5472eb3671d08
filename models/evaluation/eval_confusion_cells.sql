with

predictions as (

    select * from {{ ref('eval_prediction_groups') }}
    where actual_class is not null

),

classes as (

    select
        model_name,
        actual_class as class_name
    from predictions

    union

    select
        model_name,
        predicted_class as class_name
    from predictions

),

counted as (

    select
        model_name,
        model_version,
        month_starts_on,
        segment,
        actual_class,
        predicted_class,
        count(*) as n
    from predictions
    group by
        model_name,
        model_version,
        month_starts_on,
        segment,
        actual_class,
        predicted_class

),

periods as (

    select
        model_name,
        model_version,
        'month' as grain,
        month_starts_on as period_start_on,
        segment,
        actual_class,
        predicted_class,
        n
    from counted

    union all

    select
        model_name,
        model_version,
        'all' as grain,
        min(month_starts_on) over (partition by model_name, model_version, segment) as period_start_on,
        segment,
        actual_class,
        predicted_class,
        n
    from counted

),

-- Every pair of the model's classes has a cell in every period, so that a missing pair reads as zero.
frames as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_on,
        periods.segment,
        actual_classes.class_name as actual_class,
        predicted_classes.class_name as predicted_class
    from (
        select
            model_name,
            model_version,
            grain,
            period_start_on,
            segment
        from periods
        group by
            model_name,
            model_version,
            grain,
            period_start_on,
            segment
    ) as periods
    inner join classes as actual_classes
        on periods.model_name = actual_classes.model_name
    inner join classes as predicted_classes
        on periods.model_name = predicted_classes.model_name

),

final as (

    select
        frames.model_name,
        frames.model_version,
        frames.grain,
        frames.period_start_on,
        frames.segment,
        frames.actual_class,
        frames.predicted_class,
        cast(coalesce(sum(periods.n), 0) as bigint) as n
    from frames
    left join periods
        on
            frames.model_name = periods.model_name
            and frames.model_version = periods.model_version
            and frames.grain = periods.grain
            and frames.period_start_on = periods.period_start_on
            and frames.segment = periods.segment
            and frames.actual_class = periods.actual_class
            and frames.predicted_class = periods.predicted_class
    group by
        frames.model_name,
        frames.model_version,
        frames.grain,
        frames.period_start_on,
        frames.segment,
        frames.actual_class,
        frames.predicted_class

)

select * from final
