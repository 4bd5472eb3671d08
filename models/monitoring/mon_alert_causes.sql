with

health as (

    select
        *,
        max(recorded_at) over () as newest_recorded_at
    from {{ ref('mon_health_metrics') }}

),

this_run as (

    select max(recorded_at) as started_at
    from {{ ref('stg_ops__runs') }}
    where event = 'started'

),

of_health as (

    select
        'health:' || metric_name || ':' || subject as alert_key,
        'health' as alert_type,
        case when severity = 'error' then 'high' else 'medium' end as severity,
        metric_name || ' of ' || subject as subject,
        metric_name || ' of ' || subject || ' is ' || {{ millwright.short_number('value') }} || ', '
        || case when limit_kind = 'max' then 'more' else 'less' end || ' than ' || {{ millwright.short_number('limit_value') }}
        || '. Wanted: ' || description as message,
        recorded_at as observed_at
    from health
    where
        is_violated
        and recorded_at = newest_recorded_at

),

of_performance as (

    select
        'performance:' || reason || ':' || node_name as alert_key,
        'performance' as alert_type,
        severity,
        node_name as subject,
        node_name || ': ' || replace(reason, '_', ' ') || ', ' || {{ millwright.short_number('value') }}
        || case when reason = 'more_memory_than_limit' then ' MB' else ' s' end || ' where the limit is '
        || {{ millwright.short_number('limit_value') }} as message,
        finished_at as observed_at
    from {{ ref('mon_performance_alerts') }}
    where is_newest

),

of_quality as (

    select
        'quality:' || rules.rule_id as alert_key,
        'quality' as alert_type,
        rules.severity,
        rules.relation_name as subject,
        'the rule ' || rules.rule_id || ' on ' || rules.relation_name
        || case when rules.verdict = 'error' then ' cannot be evaluated: ' || rules.problem else ' fails' end
        || '. Wanted: ' || rules.description as message,
        this_run.started_at as observed_at
    from {{ ref('dq_rule_results') }} as rules
    cross join this_run
    where rules.verdict in ('fail', 'error')

),

final as (

    select * from of_health
    union all
    select * from of_performance
    union all
    select * from of_quality

)

select * from final
