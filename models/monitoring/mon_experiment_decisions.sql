with

experiments as (

    select * from {{ ref('mon_experiments') }}

),

samples as (

    select
        experiment_id,
        metric,
        variant,
        n,
        row_number() over (partition by experiment_id, metric order by n, {{ millwright.bytewise('variant') }}) as size_rank
    from {{ ref('mon_experiment_statistics') }}

),

treatments as (

    select
        results.*,
        coalesce(results.is_significant, false) as is_decisive,
        case when results.cuped_p_value is null then results.difference else results.cuped_difference end as effect,
        case when results.cuped_p_value is null then results.relative_difference else results.cuped_relative_difference end as relative_effect,
        case experiments.success_direction when 'increase' then 1 else -1 end as good_sign
    from {{ ref('mon_experiment_results') }} as results
    inner join experiments
        on results.experiment_id = experiments.experiment_id
    where results.is_primary

),

-- The best is the largest of the significant improvements, or else what comes nearest to one.
ranked as (

    select
        *,
        row_number() over (
            partition by experiment_id
            order by
                case when is_decisive and effect * good_sign > 0 then 0 else 1 end,
                effect * good_sign desc nulls last,
                {{ millwright.bytewise('variant') }}
        ) as gain_rank,
        count(case when is_decisive and effect * good_sign < 0 then 1 end) over (partition by experiment_id) as n_worse,
        count(*) over (partition by experiment_id) as n_treatments
    from treatments

),

judged as (

    select
        experiments.*,
        samples.variant as smallest_variant,
        samples.n as smallest_n,
        best.variant as best_variant,
        best.effect,
        best.relative_effect,
        best.adjusted_p_value,
        case
            when experiments.status = 'draft' then 'not_started'
            when experiments.sample_ratio_p_value < {{ var('experiment_sample_ratio_alpha') }} then 'stop_sample_ratio'
            when samples.n < experiments.min_sample_size then 'insufficient_sample'
            when experiments.method = 'fixed' and not experiments.is_over then 'continue'
            when best.is_decisive and best.effect * best.good_sign > 0 then 'ship'
            when experiments.is_over or best.n_worse = best.n_treatments then 'keep_control'
            else 'continue'
        end as decision,
        best.n_worse = best.n_treatments as is_control_better
    from experiments
    left join samples
        on
            experiments.experiment_id = samples.experiment_id
            and experiments.primary_metric = samples.metric
            and samples.size_rank = 1
    left join ranked as best
        on
            experiments.experiment_id = best.experiment_id
            and best.gain_rank = 1

),

worded as (

    select
        *,
        case
            when effect is not null
                then
                    primary_metric || ' of ' || best_variant || ' differs from that of ' || control_variant || ' by '
                    || case
                        when abs(100 * relative_effect) < 1e9 then {{ millwright.short_number('100 * relative_effect') }} || '%'
                        when abs(effect) < 1e9 then {{ millwright.short_number('effect', 4) }}
                        else 'more than 1e9'
                    end
                    || coalesce(' (adjusted p ' || {{ millwright.short_p_value('adjusted_p_value') }} || ')', ', without a p value')
        end as finding
    from judged

),

final as (

    select
        experiment_id,
        experiment_name,
        status,
        decision,
        case
            when decision = 'ship' then best_variant
            when decision = 'keep_control' and is_control_better then control_variant
        end as winner,
        case decision
            when 'not_started' then 'It is a draft'
            when 'stop_sample_ratio'
                then
                    'The variants have ' || entities_by_variant || ' entities, which their shares do not explain (p '
                    || {{ millwright.short_p_value('sample_ratio_p_value') }} || '): find out what goes wrong, and begin anew'
            when 'insufficient_sample'
                then
                    smallest_variant || ' has ' || cast(smallest_n as {{ dbt.type_string() }}) || ' entities with a value of ' || primary_metric
                    || '; each variant needs ' || cast(min_sample_size as {{ dbt.type_string() }})
            when 'ship' then finding
            when 'keep_control'
                then
                    case when is_control_better then 'Every treatment is worse' else 'No treatment is significantly better' end
                    || '; the best: '
                    || coalesce(finding, primary_metric || ' cannot be compared')
            else
                case
                    when method = 'fixed' then 'It is judged when it is over'
                    else 'Nothing is significant yet: ' || coalesce(finding, primary_metric || ' cannot be compared')
                end
        end as reason,
        primary_metric,
        best_variant,
        effect,
        relative_effect,
        adjusted_p_value,
        sample_ratio_p_value,
        smallest_n as n_smallest_variant,
        min_sample_size,
        {{ millwright.as_of() }} as decided_at
    from worded

)

select * from final
