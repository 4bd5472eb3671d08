{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='measured_at',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

with

runs as (

    select * from {{ ref('mon_runs') }}

),

-- The log is by the wall clock, and the begin of the newest run, which is this one, is its "now".
this_run as (

    select max(recorded_at) as started_at
    from {{ ref('stg_ops__runs') }}
    where event = 'started'

),

earlier_builds as (

    select
        runs.*,
        this_run.started_at as measured_at
    from runs
    inner join this_run
        on runs.started_at < this_run.started_at
    where
        runs.command in ('build', 'run', 'retry')
        and runs.status <> 'running'

),

sources as (

    select * from {{ ref('stg_shop__purchases_freshness') }}
    union all
    select * from {{ ref('stg_crm__customers_freshness') }}
    union all
    select * from {{ ref('stg_erp__customers_freshness') }}
    union all
    select * from {{ ref('stg_marketing__contacts_freshness') }}
    union all
    select * from {{ ref('stg_support__tickets_freshness') }}

),

rejected as (

    select
        relation_name,
        count(*) as n_rejected
    from {{ ref('dq_quarantined_rows') }}
    where
        known_at > {{ millwright.as_of() }} - interval '24' hour
        and known_at <= {{ millwright.as_of() }}
    group by relation_name

),

deliveries as (

    select
        sources.source_name || '.' || sources.table_name as subject,
        sources.newest_loaded_at,
        sources.n_rows_of_day,
        coalesce(rejected.n_rejected, 0) as n_rejected
    from sources
    left join rejected
        on rejected.relation_name = 'stg_' || sources.source_name || '__' || sources.table_name

),

deliveries_and_all as (

    select * from deliveries

    union all

    select
        'all' as subject,
        max(newest_loaded_at) as newest_loaded_at,
        cast(sum(n_rows_of_day) as bigint) as n_rows_of_day,
        cast(sum(n_rejected) as bigint) as n_rejected
    from deliveries

),

metrics as (

    select
        'data_freshness_hours' as metric_name,
        subject,
        extract(epoch from {{ millwright.as_of() }} - newest_loaded_at) / 3600 as value
    from deliveries_and_all

    union all

    select
        'rejected_row_rate' as metric_name,
        subject,
        {{ millwright.safe_divide('n_rejected', 'n_rows_of_day') }} as value
    from deliveries_and_all

    union all

    select
        'hours_since_completed_run' as metric_name,
        'all' as subject,
        extract(epoch from max(measured_at) - max(case when status = 'completed' then finished_at end)) / 3600 as value
    from earlier_builds

    union all

    select
        'completed_run_rate_7d' as metric_name,
        'all' as subject,
        {{ millwright.safe_divide("count(case when status = 'completed' then 1 end)", 'count(*)') }} as value
    from earlier_builds
    where started_at > measured_at - interval '7' day

    union all

    select
        'node_error_rate_24h' as metric_name,
        'all' as subject,
        {{ millwright.safe_divide('sum(n_failed_steps + n_skipped_steps)', 'sum(n_steps)') }} as value
    from earlier_builds
    where finished_at > measured_at - interval '24' hour

    union all

    select
        'failed_rule_rate' as metric_name,
        'all' as subject,
        {{ millwright.safe_divide(
            "count(case when verdict = 'fail' then 1 end)",
            "count(case when verdict in ('pass', 'warn', 'fail') then 1 end)",
        ) }} as value
    from {{ ref('dq_rule_results') }}

),

matching_thresholds as (

    select
        metrics.metric_name as of_metric,
        metrics.subject as of_subject,
        thresholds.*
    from metrics
    inner join {{ ref('health_thresholds') }} as thresholds
        on
            metrics.metric_name = thresholds.metric_name
            and metrics.subject = coalesce(thresholds.subject, metrics.subject)
    where thresholds.is_active

),

-- A threshold of the subject's own goes before the one for all.
thresholds as (

    {{ millwright.deduplicate(
        'matching_thresholds', partition_by=['of_metric', 'of_subject'], order_by=['case when subject is null then 1 else 0 end']
    ) }}

),

final as (

    select
        {{ millwright.as_of() }} as measured_at,
        this_run.started_at as recorded_at,
        metrics.metric_name,
        metrics.subject,
        cast(metrics.value as {{ millwright.sql_type('float8') }}) as value,
        thresholds.limit_kind,
        thresholds.limit_value,
        thresholds.severity,
        coalesce(
            case
                when thresholds.limit_kind = 'max' then metrics.value > thresholds.limit_value
                when thresholds.limit_kind = 'min' then metrics.value < thresholds.limit_value
            end,
            false
        ) as is_violated,
        thresholds.description,
        '{{ millwright.run_id() }}' as run_id
    from metrics
    cross join this_run
    left join thresholds
        on
            metrics.metric_name = thresholds.of_metric
            and metrics.subject = thresholds.of_subject

)

select * from final
