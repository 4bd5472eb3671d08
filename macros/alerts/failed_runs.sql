{#- A query of the causes of alerts about runs, from the rows of `ops.runs`: commands whose newest run that has ended failed, and runs that died,
    until two later ones have ended. A retry counts as the build that it repeats. -#}

{%- macro failed_runs(events) -%}
    with

    invocations as (

        select
            run_id,
            invocation_id,
            max(case when command = 'retry' then 'build' else command end) as command,
            max(as_of) as as_of,
            max(pipeline_id) as pipeline_id,
            min(recorded_at) as started_at,
            max(case when event in ('completed', 'failed') then recorded_at end) as finished_at,
            max(case when event <> 'started' then event end) as ending,
            coalesce(max(message), 'its log says no more') as message
        from {{ events }}
        group by
            run_id,
            invocation_id

    ),

    placed as (

        select
            *,
            row_number() over (
                partition by command, finished_at is null
                order by finished_at desc, {{ millwright.bytewise('invocation_id') }}
            ) as recency,
            count(case when invocation_id is not null then finished_at end) over (
                order by started_at desc, {{ millwright.bytewise('invocation_id') }}
                rows between unbounded preceding and 1 preceding
            ) as n_ended_later,
            max(started_at) over () as newest_started_at
        from invocations

    )

    select
        'run_failed:' || command as alert_key,
        'dbt ' || command as subject,
        'run ' || run_id || ' as of ' || cast(as_of as {{ dbt.type_string() }}) || ' failed: ' || message as message,
        finished_at as observed_at
    from placed
    where
        ending = 'failed'
        and recency = 1

    union all

    select
        'run_died:' || invocation_id as alert_key,
        'dbt ' || command as subject,
        'run ' || run_id || ' as of ' || cast(as_of as {{ dbt.type_string() }}) || ' began and never ended' as message,
        newest_started_at as observed_at
    from placed
    where
        (
            ending = 'died'
            or (ending is null and pipeline_id is null and started_at < newest_started_at)
        )
        and n_ended_later < 2
{%- endmacro -%}
