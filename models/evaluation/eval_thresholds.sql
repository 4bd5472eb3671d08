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

groups as (

    select
        period_id,
        segment,
        class_name,
        sum(n) as n,
        sum(n_unlabelled) as n_unlabelled,
        sum(n_unpredicted) as n_unpredicted,
        sum(positives) as positives,
        sum(negatives) as negatives
    from in_segments
    group by
        period_id,
        segment,
        class_name

),

-- Every hundredth is there, also where no score is next to it.
bins as (

    select
        period_id,
        segment,
        class_name,
        score_bin,
        positives,
        negatives
    from in_segments
    where score_bin is not null

    union all

    select
        groups.period_id,
        groups.segment,
        groups.class_name,
        hundredths.score_bin,
        0 as positives,
        0 as negatives
    from groups
    cross join ({{ millwright.numbers_through(100) }}) as hundredths (score_bin)

),

cumulated as (

    select
        period_id,
        segment,
        class_name,
        score_bin,
        sum(sum(positives)) over descending as tp,
        sum(sum(negatives)) over descending as fp
    from bins
    group by
        period_id,
        segment,
        class_name,
        score_bin
    window descending as (
        partition by period_id, segment, class_name
        order by score_bin desc
        rows between unbounded preceding and current row
    )

),

outcomes as (

    select
        cumulated.*,
        groups.positives - cumulated.tp as fn,
        groups.negatives - cumulated.fp as tn,
        groups.n,
        groups.n_unlabelled,
        groups.n_unpredicted
    from cumulated
    inner join groups
        on
            cumulated.period_id = groups.period_id
            and cumulated.segment = groups.segment
            and cumulated.class_name = groups.class_name

),

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
        row_number() over (partition by period_id, segment, class_name order by f1 desc nulls last, score_bin desc) as f1_rank,
        row_number() over (partition by period_id, segment, class_name order by youden_index desc nulls last, score_bin desc) as youden_rank,
        row_number() over (partition by period_id, segment, class_name order by cost_above + cost_below nulls last, score_bin desc) as cost_rank,
        row_number() over (
            partition by period_id, segment, class_name order by cost_above - reject_cost_above nulls last, score_bin
        ) as above_rank,
        row_number() over (
            partition by period_id, segment, class_name order by cost_below - reject_cost_below nulls last, score_bin desc
        ) as below_rank
    from rated

),

-- From where on to decide for the class, and below which to decide against it, if handing over what lies between costs less than deciding it.
bands as (

    select
        *,
        max(case when below_rank = 1 and reject_cost_below is not null then score_bin end) over of_group as band_from,
        max(case when above_rank = 1 and reject_cost_above is not null then score_bin end) over of_group as band_to
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
        bands.score_bin / {{ millwright.literal(100, 'float8') }} as threshold,
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
        coalesce(bands.score_bin >= bands.band_from and bands.score_bin < bands.band_to, false) as is_rejected,
        cast(bands.n as bigint) as n,
        cast(bands.n_unlabelled as bigint) as n_unlabelled,
        cast(bands.n_unpredicted as bigint) as n_unpredicted,
        periods.known_at
    from bands
    inner join periods
        on bands.period_id = periods.period_id

)

select * from final
