{%- set text = dbt.type_string() -%}
{%- set float8 = millwright.sql_type('float8') -%}

with

predictions as (

    select * from {{ ref('pred_customer__predictions') }}

),

-- A challenger answers the same question, and so does a version that is pinned.
tasks as (

    select *
    from (
        values
        ('repurchase_pinned', 'repurchase'),
        {%- for task in var('task_labels') %}
        ('{{ task }}', '{{ task }}')
        {%- if task in var('challenged_tasks') %},
        ('{{ task }}_challenger', '{{ task }}')
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as answering (model_name, task_name)

),

labels as (

    select
        'repurchase' as task_name,
        customer_id,
        snapshot_at,
        label_revision,
        horizon_ends_at,
        label_known_at,
        label as actual_class,
        cast(null as {{ text }}) as actual_labels,
        cast(null as {{ float8 }}) as actual_value
    from {{ ref('train_repurchase__labels') }}

    union all

    select
        'value_tier' as task_name,
        customer_id,
        snapshot_at,
        label_revision,
        horizon_ends_at,
        label_known_at,
        label as actual_class,
        cast(null as {{ text }}) as actual_labels,
        cast(null as {{ float8 }}) as actual_value
    from {{ ref('train_value_tier__labels') }}

    union all

    select
        'active_months' as task_name,
        labels.customer_id,
        labels.snapshot_at,
        labels.label_revision,
        labels.horizon_ends_at,
        labels.label_known_at,
        cast(null as {{ text }}) as actual_class,
        {{ millwright.json_of_labels('labels', var('task_labels')['active_months']) }} as actual_labels,
        cast(null as {{ float8 }}) as actual_value
    from {{ ref('train_active_months__labels') }} as labels

    union all

    select
        'spend' as task_name,
        customer_id,
        snapshot_at,
        label_revision,
        horizon_ends_at,
        label_known_at,
        cast(null as {{ text }}) as actual_class,
        cast(null as {{ text }}) as actual_labels,
        cast(label as {{ float8 }}) as actual_value
    from {{ ref('train_spend__labels') }}

),

final as (

    select
        md5(predictions.prediction_id || ':' || cast(labels.label_revision as {{ text }})) as outcome_id,
        predictions.prediction_id,
        predictions.model_name,
        labels.horizon_ends_at as event_at,
        labels.label_known_at as known_at,
        labels.actual_class,
        labels.actual_labels,
        labels.actual_value
    from predictions
    inner join tasks
        on predictions.model_name = tasks.model_name
    inner join labels
        on
            tasks.task_name = labels.task_name
            and predictions.entity_id = labels.customer_id
            and predictions.event_at = labels.snapshot_at
    {%- if is_incremental() %}
    where labels.label_known_at > {{ millwright.watermark('known_at') }}
    {%- endif %}

)

select * from final
