with

revisions as (

    select * from {{ ref('stg_ops__experiments') }}

),

lives as (

    select
        experiment_id,
        min(case when status = 'active' then event_at end) as activated_at,
        min(case when status = 'completed' then event_at end) as completed_at
    from revisions
    group by experiment_id

),

newest as (

    {{ millwright.deduplicate(
        'revisions',
        partition_by=['experiment_id'],
        order_by=[
            'known_at desc',
            'revision desc',
            'event_at desc',
            millwright.bytewise("concat_ws('|', status, experiment_name, metrics, primary_metric, success_direction, method, salt)"),
            'alpha',
            'min_sample_size',
            'holdout_share',
        ]
    ) }}

),

final as (

    select
        newest.experiment_id,
        newest.revision,
        newest.experiment_name,
        newest.description,
        newest.status,
        newest.holdout_share,
        newest.target_segments,
        newest.metrics,
        newest.primary_metric,
        newest.success_direction,
        newest.alpha,
        newest.min_sample_size,
        newest.method,
        newest.covariate,
        newest.starts_at,
        newest.ends_at,
        lives.activated_at,
        lives.completed_at,
        -- The engines' least() leaves out what is NULL.
        least(newest.ends_at, lives.completed_at) as closes_at,
        newest.known_at
    from newest
    inner join lives
        on newest.experiment_id = lives.experiment_id

)

select * from final
