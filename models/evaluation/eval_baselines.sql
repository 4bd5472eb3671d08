{%- set float8 = millwright.sql_type('float8') -%}
{%- set values = {
    'model_loss': 'predicted.predicted_value',
    'constant_loss': 'rates.constant_value',
    'recency_loss': 'rates.recency_value',
    'baseline_loss': "case when predicted.model_name <> predicted.task_name then predicted.baseline_value end",
} -%}
{%- set z = millwright.z_of_95_percent() -%}

with

rates as (

    select * from {{ ref('pred_references__rates') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

labels as (

    select * from {{ ref('train_customer__test_labels') }}

),

-- What each model gave the class that came true, or the amount that it expected.
predicted as (
    {%- for scores in ['pred_repurchase__scores', 'pred_repurchase__challenger_scores'] %}

    select
        scores.model_name,
        scores.model_version,
        labels.*,
        case when labels.actual_class = tasks.positive_class then scores.score else 1 - scores.score end as predicted_value
    from {{ ref(scores) }} as scores
    inner join labels
        on
            scores.entity_id = labels.customer_id
            and scores.event_at = labels.snapshot_at
            and labels.task_name = 'repurchase'
    inner join tasks
        on labels.task_name = tasks.model_name

    union all
    {%- endfor %}
    {%- for scores in ['pred_value_tier__scores', 'pred_value_tier__challenger_scores'] %}

    select
        scores.model_name,
        scores.model_version,
        labels.*,
        case labels.actual_class
            {%- for tier in var('value_tiers') %}
            when '{{ tier }}' then scores.{{ tier }}_score
            {%- endfor %}
        end as predicted_value
    from {{ ref(scores) }} as scores
    inner join labels
        on
            scores.entity_id = labels.customer_id
            and scores.event_at = labels.snapshot_at
            and labels.task_name = 'value_tier'

    union all
    {%- endfor %}
    {%- for label in var('task_labels')['active_months'] %}

    select
        scores.model_name,
        scores.model_version,
        labels.*,
        case when labels.actual_class = 'active' then scores.{{ label }}_score else 1 - scores.{{ label }}_score end as predicted_value
    from {{ ref('pred_active_months__scores') }} as scores
    inner join labels
        on
            scores.entity_id = labels.customer_id
            and scores.event_at = labels.snapshot_at
            and labels.task_name = 'active_months'
            and labels.label = '{{ label }}'

    union all
    {%- endfor %}

    select
        scores.model_name,
        scores.model_version,
        labels.*,
        scores.expected_amount as predicted_value
    from {{ ref('pred_spend__scores') }} as scores
    inner join labels
        on
            scores.entity_id = labels.customer_id
            and scores.event_at = labels.snapshot_at
            and labels.task_name = 'spend'

),

beside_baselines as (

    select
        *,
        max(case when model_name = task_name then predicted_value end) over (
            partition by task_name, customer_id, snapshot_at, label
        ) as baseline_value
    from predicted

),

-- Shares are kept from 0 as scikit-learn does, so that what was held impossible costs much but not infinitely much.
losses as (

    select
        predicted.model_name,
        predicted.customer_id,
        case when predicted.amount is null then 'log_loss' else 'squared_error' end as loss,
        {%- for name, value in values.items() %}
        case
            when predicted.amount is not null then (predicted.amount - {{ value }}) * (predicted.amount - {{ value }})
            when {{ value }} is not null then -ln(greatest({{ value }}, 2.220446049250313e-16))
        end as {{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from beside_baselines as predicted
    inner join rates
        on
            predicted.task_name = rates.task_name
            and predicted.model_version = rates.model_version
            and predicted.label = rates.label
            and predicted.actual_class = rates.actual_class
            and predicted.recency_band = rates.recency_band

),

-- All that is said of a customer hangs together: they count as one observation.
customers as (

    select
        model_name,
        customer_id,
        loss,
        count(*) as n_labels,
        {%- for name in values %}
        sum({{ name }}) as {{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from losses
    group by
        model_name,
        customer_id,
        loss

),

beside as (
    {%- for reference in ['constant', 'recency', 'baseline'] %}

    select
        model_name,
        loss,
        '{{ reference }}' as reference,
        customer_id,
        n_labels,
        model_loss,
        {{ reference }}_loss as reference_loss,
        {{ reference }}_loss - model_loss as margin
    from customers
    where {{ reference }}_loss is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

means as (

    select
        model_name,
        loss,
        reference,
        count(*) as n_customers,
        sum(n_labels) as n_labels,
        sum(model_loss) / sum(n_labels) as model_loss,
        sum(reference_loss) / sum(n_labels) as reference_loss,
        sum(margin) / sum(n_labels) as margin
    from beside
    group by
        model_name,
        loss,
        reference

),

errors as (

    select
        means.model_name,
        means.reference,
        {{ millwright.safe_divide(
            'sum(power(beside.margin - means.margin * beside.n_labels, 2)) * max(means.n_customers)',
            'max(means.n_customers - 1)'
        ) }} as sum_squares
    from beside
    inner join means
        on
            beside.model_name = means.model_name
            and beside.reference = means.reference
    group by
        means.model_name,
        means.reference

),

final as (

    select
        means.model_name,
        means.reference,
        means.loss,
        cast(means.n_labels as bigint) as n_labels,
        means.n_customers,
        means.model_loss,
        means.reference_loss,
        means.margin,
        means.margin - {{ z }} * sqrt(errors.sum_squares) / means.n_labels as margin_low,
        means.margin + {{ z }} * sqrt(errors.sum_squares) / means.n_labels as margin_high,
        {{ millwright.safe_divide('means.margin', 'means.reference_loss') }} as margin_rate
    from means
    inner join errors
        on
            means.model_name = errors.model_name
            and means.reference = errors.reference

)

select * from final
