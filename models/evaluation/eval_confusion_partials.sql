with

predictions as (

    {{ millwright.changed_since(ref('eval_predictions'), 'hour') }}

),

labels as (

    {{ millwright.changed_since(ref('eval_label_judgements'), 'hour') }}

),

judged as (

    select
        model_name,
        model_version,
        hour_starts_at,
        changed_at,
        data_split,
        segments,
        cast(null as {{ dbt.type_string() }}) as label_name,
        actual_class,
        predicted_class
    from predictions
    where predicted_class is not null

    union all

    select
        model_name,
        model_version,
        hour_starts_at,
        changed_at,
        data_split,
        segments,
        label_name,
        case when is_actual then 'true' when not is_actual then 'false' end as actual_class,
        case when is_predicted then 'true' else 'false' end as predicted_class
    from labels

),

final as (

    select
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        label_name,
        actual_class,
        predicted_class,
        count(*) as n,
        max(changed_at) as known_at
    from judged
    group by
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        label_name,
        actual_class,
        predicted_class

)

select * from final
