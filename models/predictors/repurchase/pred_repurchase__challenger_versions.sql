with

parameters as (

    select * from {{ ref('pred_repurchase__challenger_parameters') }}
    where node is null

),

final as (

    select
        model_name,
        model_version,
        trained_at as event_at,
        trained_at as known_at,
        cast(max(case when parameter = 'n_train_rows' then value end) as bigint) as n_train_rows,
        cast(max(case when parameter = 'n_valid_rows' then value end) as bigint) as n_valid_rows,
        max(case when parameter = 'train_rate' then value end) as train_positive_rate,
        max(case when parameter = 'valid_log_loss' then value end) as valid_log_loss,
        cast(max(case when parameter = 'max_leaf_nodes' then value end) as bigint) as max_leaf_nodes,
        cast(max(case when parameter = 'n_iterations' then value end) as bigint) as n_iterations,
        max(case when parameter = 'decision_threshold' then value end) as decision_threshold
    from parameters
    group by
        model_name,
        model_version,
        trained_at

)

select * from final
