{%- set computed = "'" ~ millwright.computed_metrics() | join("', '") ~ "'" -%}

with

source as (

    select * from {{ source('ops', 'experiment_measurements') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

experiments as (

    select * from {{ ref('stg_ops__experiments') }}

),

metrics as (

    select distinct
        experiments.experiment_id,
        entries.key as metric
    from experiments
    cross join {{ millwright.json_entries('experiments.metrics') }}

),

named as (

    select distinct experiment_id
    from experiments

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'experiment_id is missing': "coalesce(source.experiment_id, '') = ''",
            'there is no such experiment': "source.experiment_id <> '' and named.experiment_id is null",
            'entity_id is missing': "coalesce(source.entity_id, '') = ''",
            'metric is missing': "coalesce(source.metric, '') = ''",
            'the experiment has no such metric': "named.experiment_id is not null and source.metric <> '' and metrics.metric is null",
            'the project itself measures ' ~ computed | replace("'", ''): 'source.metric in (' ~ computed ~ ')',
            'value is missing': 'source.value is null',
            'value is beyond 1e100': '(abs(source.value) <= 1e100) = false',
            'event_at is missing': 'source.event_at is null',
            'known_at is missing': 'source.known_at is null',
            'event_at is after known_at': 'source.event_at > source.known_at',
        }) }} as rejection_reason
    from source
    left join named
        on source.experiment_id = named.experiment_id
    left join metrics
        on
            source.experiment_id = metrics.experiment_id
            and source.metric = metrics.metric

)

select * from final
