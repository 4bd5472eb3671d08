{%- set float8 = millwright.sql_type('float8') -%}

with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

{{ millwright.ranked_scores() }},

-- Of a positive how many negatives are ranked above it, of a negative how many positives; equals count half.
placed as (

    select
        *,
        (negatives_above + negatives_through) / 2 as negatives_above_it,
        (positives_above + positives_through) / 2 as positives_above_it
    from ranked

),

summed as (

    select
        group_id,
        sum(positives) as n_positives,
        sum(negatives) as n_negatives,
        sum(positives * negatives_above_it) as negatives_above,
        sum(positives * (negatives_above_it * negatives_above_it)) as squared_negatives_above,
        sum(negatives * positives_above_it) as positives_above,
        sum(negatives * (positives_above_it * positives_above_it)) as squared_positives_above,
        sum(positives * positives_through / (positives_through + negatives_through)) as precision_sum
    from placed
    group by group_id

),

-- The variance of the area after DeLong, DeLong and Clarke-Pearson (1988): of both kinds of ranks, over the number of their rows; NULL
-- where there is one row of a kind.
rated as (

    select
        *,
        n_positives * n_negatives as pairs,
        {{ millwright.safe_divide(
            'squared_negatives_above - negatives_above * negatives_above / nullif(n_positives, 0)',
            'n_positives * (n_positives - 1) * n_negatives * n_negatives'
        ) }}
        + {{ millwright.safe_divide(
            'squared_positives_above - positives_above * positives_above / nullif(n_negatives, 0)',
            'n_negatives * (n_negatives - 1) * n_positives * n_positives'
        ) }} as area_variance
    from summed

),

areas as (

    select
        score_groups.period_id,
        score_groups.segment,
        score_groups.class_name,
        rated.*
    from rated
    inner join score_groups
        on rated.group_id = score_groups.group_id

),

predictions as (

    select * from {{ ref('eval_predictions') }}
    where
        predicted_value is not null
        and actual_value is not null
        and event_at >= {{ millwright.first_changed_period() }}

),

errors_in_periods as (

    {{ millwright.in_periods('predictions', 'event_at', ['predicted_value', 'actual_value']) }}

),

errors_in_segments as (

    {{ millwright.in_segments('errors_in_periods', ['period_id', 'predicted_value', 'actual_value']) }}

),

medians as (

    select
        period_id,
        segment,
        percentile_cont(0.5) within group (order by abs(predicted_value - actual_value)) as median_absolute_error,
        count(*) as n
    from errors_in_segments
    group by
        period_id,
        segment

),

listed as (

    select
        period_id,
        segment,
        class_name,
        'roc_auc' as metric,
        positives_above as numerator,
        pairs as denominator,
        case when area_variance < 0 then 0 else sqrt(area_variance) end as standard_error,
        cast(n_positives + n_negatives as bigint) as n
    from areas

    union all

    select
        period_id,
        segment,
        class_name,
        'average_precision' as metric,
        precision_sum as numerator,
        n_positives as denominator,
        cast(null as {{ float8 }}) as standard_error,
        cast(n_positives + n_negatives as bigint) as n
    from areas

    union all

    select
        period_id,
        segment,
        cast(null as {{ dbt.type_string() }}) as class_name,
        'median_absolute_error' as metric,
        median_absolute_error as numerator,
        1 as denominator,
        cast(null as {{ float8 }}) as standard_error,
        n
    from medians

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        listed.segment,
        listed.class_name,
        listed.metric,
        listed.numerator,
        cast(listed.denominator as {{ float8 }}) as denominator,
        listed.standard_error,
        listed.n,
        periods.known_at
    from listed
    inner join periods
        on listed.period_id = periods.period_id

)

select * from final
