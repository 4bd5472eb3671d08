{%- set counts = ['n', 'n_unlabelled', 'n_unpredicted', 'positives', 'negatives'] -%}

with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

costs as (

    select * from {{ ref('decision_costs') }}

),

partials as (

    select * from {{ ref('eval_score_partials') }}

),

in_periods as (

    {{ millwright.in_periods('partials', 'day_starts_at', ['class_name', 'score_bin'] + counts) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', ['period_id', 'class_name', 'score_bin'] + counts) }}

),

-- A bin counts from its lowest score on.
scores as (

    select
        period_id,
        segment,
        class_name,
        score_bin / {{ millwright.literal(100, 'float8') }} as score,
        {{ counts | join(',\n        ') }}
    from in_segments

),

{{ millwright.threshold_counts('scores', ['period_id', 'segment', 'class_name'], 100) }},

rated as (

    select
        outcomes.*,
        {{ millwright.safe_divide('tp', 'tp + fp') }} as precision_value,
        {{ millwright.safe_divide('tp', 'tp + fn') }} as recall,
        {{ millwright.safe_divide('fp', 'fp + tn') }} as false_positive_rate,
        {{ millwright.safe_divide('2 * tp', '2 * tp + fp + fn') }} as f1,
        {{ millwright.safe_divide('tp', 'tp + fn') }} - {{ millwright.safe_divide('fp', 'fp + tn') }} as youden_index,
        outcomes.tp * costs.tp_cost + outcomes.fp * costs.fp_cost as cost_above,
        outcomes.fn * costs.fn_cost + outcomes.tn * costs.tn_cost as cost_below,
        (outcomes.tp + outcomes.fp) * costs.reject_cost as reject_cost_above,
        (outcomes.fn + outcomes.tn) * costs.reject_cost as reject_cost_below
    from outcomes
    inner join periods
        on
            outcomes.period_id = periods.period_id
            and periods.is_first
    left join costs
        on
            periods.model_name = costs.model_name
            and outcomes.class_name = costs.class_name

),

ranked as (

    select
        *,
        cost_above + cost_below as total_cost,
        row_number() over (partition by period_id, segment, class_name order by f1 desc nulls last, threshold desc) as f1_rank,
        row_number() over (partition by period_id, segment, class_name order by youden_index desc nulls last, threshold desc) as youden_rank,
        row_number() over (partition by period_id, segment, class_name order by cost_above + cost_below nulls last, threshold desc) as cost_rank,
        row_number() over (
            partition by period_id, segment, class_name order by cost_above - reject_cost_above nulls last, threshold
        ) as above_rank,
        row_number() over (
            partition by period_id, segment, class_name order by cost_below - reject_cost_below nulls last, threshold desc
        ) as below_rank
    from rated

),

-- From where on to decide for the class, and below which to decide against it, if handing over what lies between costs less than deciding it.
bands as (

    select
        *,
        max(case when below_rank = 1 and reject_cost_below is not null then threshold end) over of_group as band_from,
        max(case when above_rank = 1 and reject_cost_above is not null then threshold end) over of_group as band_to
    from ranked
    window of_group as (partition by period_id, segment, class_name)

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        bands.segment,
        bands.class_name,
        bands.threshold,
        cast(bands.tp as bigint) as tp,
        cast(bands.fp as bigint) as fp,
        cast(bands.fn as bigint) as fn,
        cast(bands.tn as bigint) as tn,
        bands.precision_value,
        bands.recall,
        bands.false_positive_rate,
        bands.f1,
        bands.youden_index,
        bands.total_cost,
        bands.f1 is not null and bands.f1_rank = 1 as is_best_f1,
        bands.youden_index is not null and bands.youden_rank = 1 as is_best_youden_index,
        bands.total_cost is not null and bands.cost_rank = 1 as is_best_total_cost,
        coalesce(bands.threshold >= bands.band_from and bands.threshold < bands.band_to, false) as is_rejected,
        cast(bands.n as bigint) as n,
        cast(bands.n_unlabelled as bigint) as n_unlabelled,
        cast(bands.n_unpredicted as bigint) as n_unpredicted,
        periods.known_at
    from bands
    inner join periods
        on bands.period_id = periods.period_id

)

select * from final
