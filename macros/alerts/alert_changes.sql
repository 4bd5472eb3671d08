{#- A query of the alert events that are due at `moment`: an alert opens for each cause without an open one, and one whose cause is gone is
    resolved. `causes` has alert_key, alert_type, severity, subject, message, observed_at; `events` are those of `ops.alert_events`; only alerts of
    `alert_types` are looked at. What a person resolved opens again only for a cause that was observed later. -#}

{%- macro alert_changes(causes, events, alert_types, moment) -%}
    with

    alerts as (

        select
            alert_id,
            alert_key,
            max(alert_type) as alert_type,
            max(severity) as severity,
            max(subject) as subject,
            max(case when event = 'resolved' then event_at end) as resolved_at
        from {{ events }}
        where alert_type in ('{{ alert_types | join("', '") }}')
        group by
            alert_id,
            alert_key

    ),

    keys as (

        select
            alert_key,
            count(*) as n_alerts,
            count(*) - count(resolved_at) as n_open,
            max(resolved_at) as resolved_at
        from alerts
        group by alert_key

    ),

    opened as (

        select
            md5(causes.alert_key || '#' || cast(coalesce(keys.n_alerts, 0) + 1 as {{ dbt.type_string() }})) as alert_id,
            causes.alert_key,
            case when keys.n_alerts is null then 'opened' else 'reopened' end as event,
            causes.severity,
            causes.alert_type,
            causes.subject,
            causes.message,
            causes.observed_at as event_at
        from {{ causes }} as causes
        left join keys
            on causes.alert_key = keys.alert_key
        where
            keys.alert_key is null
            or (keys.n_open = 0 and causes.observed_at > keys.resolved_at)

    ),

    resolved as (

        select
            alert_id,
            alert_key,
            'resolved' as event,
            severity,
            alert_type,
            subject,
            'the cause is gone' as message,
            {{ moment }} as event_at
        from alerts
        where
            resolved_at is null
            and alert_key not in (select alert_key from {{ causes }})

    )

    select
        *,
        cast('run' as {{ dbt.type_string() }}) as actor,
        {{ moment }} as known_at
    from (
        select * from opened
        union all
        select * from resolved
    ) as due
{%- endmacro -%}
