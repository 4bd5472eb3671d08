with

hours as (

    select * from {{ ref('eval_hours') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

in_periods as (

    select
        hours.*,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'hours.hour_starts_at') }} as period_start_at
    from hours
    cross join {{ millwright.evaluated_grains() }}

),
{%- if is_incremental() %}

-- Periods that changed, and those that have matured since.
changed as (

    select distinct
        model_name,
        model_version,
        grain,
        period_start_at
    from in_periods
    where known_at > {{ millwright.read_after('known_at') }}

    union

    select
        model_name,
        model_version,
        grain,
        period_start_at
    from {{ this }}
    where
        not is_mature
        and matures_at <= {{ millwright.as_of() }}

),
{%- endif %}

counted as (

    select
        in_periods.model_name,
        in_periods.model_version,
        min(in_periods.task) as task,
        in_periods.grain,
        in_periods.period_start_at,
        cast(sum(in_periods.n_predictions) as bigint) as n_predictions,
        cast(sum(in_periods.n_outcomes) as bigint) as n_outcomes,
        min(in_periods.first_event_at) as first_event_at,
        max(in_periods.last_event_at) as last_event_at,
        max(in_periods.known_at) as known_at
    from in_periods
    {%- if is_incremental() %}
    inner join changed
        on
            in_periods.model_name = changed.model_name
            and in_periods.model_version = changed.model_version
            and in_periods.grain = changed.grain
            and in_periods.period_start_at = changed.period_start_at
    {%- endif %}
    group by
        in_periods.model_name,
        in_periods.model_version,
        in_periods.grain,
        in_periods.period_start_at

),

maturing as (

    select
        counted.*,
        counted.last_event_at + coalesce(tasks.label_delay_days, 0) * interval '1' day as matures_at
    from counted
    left join tasks
        on counted.model_name = tasks.model_name

),

final as (

    select
        model_name,
        model_version,
        task,
        grain,
        period_start_at,
        n_predictions,
        n_outcomes,
        first_event_at,
        last_event_at,
        matures_at,
        matures_at <= {{ millwright.as_of() }} as is_mature,
        case
            when matures_at <= {{ millwright.as_of() }} then greatest(known_at, matures_at)
            else known_at
        end as known_at
    from maturing

)

select * from final
