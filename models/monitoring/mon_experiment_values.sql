with

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

metrics as (

    select
        experiments.experiment_id,
        entries.key as metric,
        entries.value as kind
    from experiments
    cross join {{ millwright.json_entries('experiments.metrics') }}

),

exposures as (

    select
        exposures.experiment_id,
        exposures.entity_id,
        exposures.variant,
        exposures.exposed_at,
        experiments.closes_at,
        experiments.covariate,
        variants.model_name,
        variants.model_version,
        controls.model_name as control_model_name
    from {{ ref('int_experiment_exposures') }} as exposures
    inner join experiments
        on exposures.experiment_id = experiments.experiment_id
    inner join {{ ref('int_experiment_variants_current') }} as variants
        on
            exposures.experiment_id = variants.experiment_id
            and exposures.variant = variants.variant
    inner join {{ ref('int_experiment_variants_current') }} as controls
        on
            exposures.experiment_id = controls.experiment_id
            and controls.is_control
    where not exposures.is_in_several_variants

),

measurements as (

    {{ millwright.deduplicate(
        ref('stg_ops__experiment_measurements'),
        partition_by=['experiment_id', 'entity_id', 'metric', 'event_at'],
        order_by=['known_at desc', 'value']
    ) }}

),

predictions as (

    select
        model_name,
        model_version,
        entity_id,
        event_at,
        case when predicted_class = actual_class then 1.0 when predicted_class <> actual_class then 0.0 end as accuracy,
        abs(predicted_value - actual_value) as absolute_error
    from {{ ref('eval_predictions') }}
    where actual_class is not null or actual_value is not null

),

-- After the exposure the variant's own version is judged. Before it nobody had a variant: what says something of an entity, and not of its
-- variant, is how well the control's model did.
judged as (

    select
        exposures.experiment_id,
        exposures.entity_id,
        predictions.event_at,
        predictions.accuracy,
        predictions.absolute_error
    from exposures
    inner join predictions
        on
            exposures.entity_id = predictions.entity_id
            and (
                (
                    predictions.event_at >= exposures.exposed_at
                    and predictions.model_name = exposures.model_name
                    and predictions.model_version = exposures.model_version
                )
                or (
                    predictions.event_at < exposures.exposed_at
                    and predictions.model_name = exposures.control_model_name
                )
            )

),

measured as (

    select
        experiment_id,
        entity_id,
        metric,
        event_at,
        value
    from measurements
    {%- for metric in millwright.computed_metrics() %}
    union all
    select
        experiment_id,
        entity_id,
        '{{ metric }}' as metric,
        event_at,
        {{ metric }} as value
    from judged
    where {{ metric }} is not null
    {%- endfor %}

),

-- One value an entity, which is what was assigned, however often it was measured.
entities as (

    select
        measured.experiment_id,
        measured.entity_id,
        measured.metric,
        measured.event_at < exposures.exposed_at as is_before,
        avg(measured.value) as mean_value,
        sum(measured.value) as total_value,
        max(measured.value) as highest_value
    from exposures
    inner join measured
        on
            exposures.experiment_id = measured.experiment_id
            and exposures.entity_id = measured.entity_id
    where exposures.closes_at is null or measured.event_at < exposures.closes_at
    group by
        measured.experiment_id,
        measured.entity_id,
        measured.metric,
        measured.event_at < exposures.exposed_at

),

of_kinds as (

    select
        entities.experiment_id,
        entities.entity_id,
        entities.metric,
        entities.is_before,
        case metrics.kind
            when 'mean' then entities.mean_value
            when 'total' then entities.total_value
            when 'proportion' then case when entities.highest_value > 0 then 1 else 0 end
        end as value
    from entities
    inner join metrics
        on
            entities.experiment_id = metrics.experiment_id
            and entities.metric = metrics.metric

),

final as (

    select
        exposures.experiment_id,
        metrics.metric,
        metrics.kind,
        exposures.entity_id,
        exposures.variant,
        coalesce(since.value, case when metrics.kind <> 'mean' then 0 end) as value,
        case when exposures.covariate is not null then coalesce(earlier.value, 0) end as covariate
    from exposures
    inner join metrics
        on exposures.experiment_id = metrics.experiment_id
    left join of_kinds as since
        on
            exposures.experiment_id = since.experiment_id
            and exposures.entity_id = since.entity_id
            and metrics.metric = since.metric
            and not since.is_before
    left join of_kinds as earlier
        on
            exposures.experiment_id = earlier.experiment_id
            and exposures.entity_id = earlier.entity_id
            and exposures.covariate = earlier.metric
            and earlier.is_before

)

select * from final
