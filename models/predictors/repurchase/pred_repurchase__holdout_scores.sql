{%- set features = var('example_features').values() | sum(start=[]) -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}

),

labels as (

    select * from {{ ref('train_customer__test_labels') }}
    where task_name = 'repurchase'

),

-- A version that belongs to a project may serve until it is rejected or retired.
registered as (

    {{ millwright.deduplicate(
        ref('stg_ops__model_version_revisions'), partition_by=['model_name', 'model_version'], order_by=['revision desc']
    ) }}

),

eligible as (

    select * from registered
    where status not in ('rejected', 'retired')

),

jobs as (

    select distinct
        model_name,
        event_at
    from {{ ref('stg_ops__retraining_jobs') }}
    where status = 'running'

),

trained as (

    select
        *,
        row_number() over (order by event_at desc) as newest_first
    from {{ ref('pred_repurchase__versions') }}

),

versions as (

    select trained.*
    from trained
    left join eligible
        on
            trained.model_name = eligible.model_name
            and trained.model_version = eligible.model_version
    left join jobs
        on
            trained.model_name = jobs.model_name
            and trained.event_at = jobs.event_at
    where
        trained.newest_first = 1
        or eligible.model_name is not null
        or jobs.model_name is not null

),

snapshots as (

    select distinct snapshot_at
    from labels
    order by snapshot_at desc
    limit {{ var('holdout_snapshots') }}

),

held_out as (

    select
        labels.customer_id,
        labels.snapshot_at,
        labels.actual_class
    from labels
    inner join snapshots
        on labels.snapshot_at = snapshots.snapshot_at

),

held_out_examples as (

    select examples.*
    from examples
    inner join held_out
        on
            examples.customer_id = held_out.customer_id
            and examples.snapshot_at = held_out.snapshot_at

),

scores as (

    {{ millwright.logistic_scores(
        'held_out_examples', 'versions', 'true', ref('pred_repurchase__parameters'), features, var('task_classes')['repurchase']
    ) | indent(4) }}

),

final as (

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.score,
        scores.predicted_class,
        held_out.actual_class
    from scores
    inner join held_out
        on
            scores.entity_id = held_out.customer_id
            and scores.event_at = held_out.snapshot_at

)

select * from final
