with

partials as (

    select * from {{ ref('mon_confidence_partials') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

periods as (

    select
        partials.model_name,
        partials.model_version,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'partials.day_starts_at') }} as period_start_at,
        sum(partials.expected_tp) as expected_tp,
        sum(partials.expected_fp) as expected_fp,
        sum(partials.expected_fn) as expected_fn,
        sum(partials.expected_tn) as expected_tn,
        sum(partials.expected_squared_error) as expected_squared_error,
        sum(partials.expected_log_loss) as expected_log_loss,
        sum(partials.tp) as tp,
        sum(partials.fp) as fp,
        sum(partials.fn) as fn,
        sum(partials.tn) as tn,
        sum(partials.squared_error) as squared_error,
        sum(partials.log_loss) as log_loss,
        cast(sum(partials.n_predictions) as bigint) as n_predictions,
        cast(sum(partials.n_outcomes) as bigint) as n_outcomes,
        max(partials.last_event_at) as last_event_at,
        max(partials.known_at) as known_at
    from partials
    cross join (values ('day'), ('week'), ('month')) as grains (grain)
    group by
        partials.model_name,
        partials.model_version,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'partials.day_starts_at') }}

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        periods.n_predictions,
        periods.n_outcomes,
        {{ millwright.safe_divide('periods.n_outcomes', 'periods.n_predictions') }} as label_coverage_rate,
        periods.last_event_at + coalesce(tasks.label_delay_days, 0) * interval '1' day <= {{ millwright.as_of() }} as is_mature,
        {%- for prefix, side, n in [('estimated_', 'periods.expected_', 'n_predictions'), ('realised_', 'periods.', 'n_outcomes')] %}
        {{ millwright.safe_divide(side ~ 'tp + ' ~ side ~ 'tn', 'periods.' ~ n) }} as {{ prefix }}accuracy,
        {{ millwright.safe_divide(side ~ 'tp', side ~ 'tp + ' ~ side ~ 'fp') }} as {{ prefix }}precision,
        {{ millwright.safe_divide(side ~ 'tp', side ~ 'tp + ' ~ side ~ 'fn') }} as {{ prefix }}recall,
        {{ millwright.safe_divide('2 * ' ~ side ~ 'tp', '2 * ' ~ side ~ 'tp + ' ~ side ~ 'fp + ' ~ side ~ 'fn') }} as {{ prefix }}f1,
        {{ millwright.safe_divide(side ~ 'tp + ' ~ side ~ 'fn', 'periods.' ~ n) }} as {{ prefix }}prevalence,
        {{ millwright.safe_divide(side ~ 'squared_error', 'periods.' ~ n) }} as {{ prefix }}brier_score,
        {{ millwright.safe_divide(side ~ 'log_loss', 'periods.' ~ n) }} as {{ prefix }}log_loss,
        {%- endfor %}
        periods.known_at
    from periods
    left join tasks
        on periods.model_name = tasks.model_name

)

select * from final
