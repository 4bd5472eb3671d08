with

labels as (

    {{ millwright.changed_since(ref('eval_label_judgements'), 'hour') }}

),

predictions as (

    select
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        count(case when is_actual and is_predicted then 1 end) as tp,
        count(case when not is_actual and is_predicted then 1 end) as fp,
        count(case when is_actual and not is_predicted then 1 end) as fn,
        count(case when not is_actual and not is_predicted then 1 end) as tn,
        count(*) - count(is_actual) as n_unlabelled,
        max(n_actual_labels) - count(case when is_actual then 1 end) as n_unscored,
        max(changed_at) as known_at
    from labels
    group by
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        event_at,
        prediction_id

),

final as (

    select
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        tp,
        fp,
        fn,
        tn,
        n_unlabelled,
        coalesce(n_unscored, 0) as n_unscored,
        count(*) as n,
        max(known_at) as known_at
    from predictions
    group by
        model_name,
        model_version,
        hour_starts_at,
        data_split,
        segments,
        tp,
        fp,
        fn,
        tn,
        n_unlabelled,
        coalesce(n_unscored, 0)

)

select * from final
