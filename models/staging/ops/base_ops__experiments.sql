{%- set computed = "'" ~ millwright.computed_metrics() | join("', '") ~ "'" -%}

with

source as (

    select
        *,
        case when {{ millwright.json_kind('target_segments') }} = 'object' then target_segments end as readable_segments,
        case when {{ millwright.json_kind('metrics') }} = 'object' then metrics end as readable_metrics
    from {{ source('ops', 'experiments') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

-- A delivery that is repeated is no further variant.
variants as (

    select distinct
        experiment_id,
        revision,
        variant,
        is_control,
        model_name,
        model_version,
        traffic_share
    from {{ ref('stg_ops__experiment_variants') }}

),

allocations as (

    select
        experiment_id,
        revision,
        count(*) as n_variants,
        count(distinct variant) as n_names,
        count(case when is_control then 1 end) as n_controls,
        sum(traffic_share) as allocated_share
    from variants
    group by
        experiment_id,
        revision

),

listed_metrics as (

    select distinct readable_metrics
    from source
    where readable_metrics is not null

),

metrics as (

    select
        listed_metrics.readable_metrics,
        entries.key as metric,
        count(*) = 1 and coalesce(max(entries.value) in ('mean', 'total', 'proportion'), false) as is_known_kind,
        entries.key in ({{ computed }}) and max(entries.value) <> 'mean' as is_computed_otherwise
    from listed_metrics
    cross join {{ millwright.json_entries('listed_metrics.readable_metrics') }}
    group by
        listed_metrics.readable_metrics,
        entries.key

),

kinds as (

    select
        readable_metrics,
        count(case when not is_known_kind then 1 end) as n_unknown_kinds,
        count(case when is_computed_otherwise then 1 end) as n_computed_otherwise
    from metrics
    group by readable_metrics

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'experiment_id is missing': "coalesce(source.experiment_id, '') = ''",
            'revision is not a number from 1 on': 'not coalesce(source.revision >= 1, false)',
            'experiment_name is missing': "coalesce(source.experiment_name, '') = ''",
            'status is none of draft, active, paused, completed':
            "coalesce(source.status, '') not in ('draft', 'active', 'paused', 'completed')",
            'there are fewer than two valid variants': 'coalesce(allocations.n_variants, 0) < 2',
            'a variant is there twice': 'allocations.n_variants > allocations.n_names',
            'not exactly one variant is the control': 'allocations.n_controls <> 1',
            'holdout_share is not from 0 to 1': 'not coalesce(source.holdout_share >= 0 and source.holdout_share <= 1, false)',
            'the shares of variants and holdout do not add up to 1':
            'abs(allocations.allocated_share + source.holdout_share - 1) > 0.000001',
            'salt is missing': "coalesce(source.salt, '') = ''",
            'target_segments is no JSON object': 'source.target_segments is not null and source.readable_segments is null',
            'metrics is no JSON object': 'source.readable_metrics is null',
            'a metric is there twice, or its kind is none of mean, total, proportion': 'kinds.n_unknown_kinds > 0',
            computed | replace("'", '') ~ ' are means': 'kinds.n_computed_otherwise > 0',
            'primary_metric is none of the metrics': 'source.readable_metrics is not null and primary_metrics.metric is null',
            'covariate is none of the metrics':
            'source.covariate is not null and source.readable_metrics is not null and covariates.metric is null',
            'success_direction is neither increase nor decrease': "coalesce(source.success_direction, '') not in ('increase', 'decrease')",
            'alpha is not between 0 and 1': 'not coalesce(source.alpha > 0 and source.alpha < 1, false)',
            'min_sample_size is not a number from 2 on': 'not coalesce(source.min_sample_size >= 2, false)',
            'method is neither fixed nor sequential': "coalesce(source.method, '') not in ('fixed', 'sequential')",
            'starts_at is missing': 'source.starts_at is null',
            'ends_at is missing, which takes the method sequential': "source.ends_at is null and source.method = 'fixed'",
            'ends_at is not after starts_at': 'source.ends_at <= source.starts_at',
            'event_at is missing': 'source.event_at is null',
            'known_at is missing': 'source.known_at is null',
            'event_at is after known_at': 'source.event_at > source.known_at',
        }) }} as rejection_reason
    from source
    left join allocations
        on
            source.experiment_id = allocations.experiment_id
            and source.revision = allocations.revision
    left join kinds
        on source.readable_metrics = kinds.readable_metrics
    left join metrics as primary_metrics
        on
            source.readable_metrics = primary_metrics.readable_metrics
            and source.primary_metric = primary_metrics.metric
    left join metrics as covariates
        on
            source.readable_metrics = covariates.readable_metrics
            and source.covariate = covariates.metric

)

select * from final
