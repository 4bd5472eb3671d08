with

predictions as (

    {{ millwright.changed_since(ref('eval_predictions'), 'hour') }}

),

newest as (

    select
        model_name,
        model_version,
        hour_starts_at,
        max(changed_at) as known_at
    from predictions
    group by
        model_name,
        model_version,
        hour_starts_at

),

summed as (

    {{ millwright.regression_sums(
        'predictions',
        actual='actual_value',
        predicted='predicted_value',
        group_by=['model_name', 'model_version', 'hour_starts_at', 'data_split', 'segments'],
        where='predicted_value is not null'
    ) | indent(4) }}

),

final as (

    select
        summed.*,
        newest.known_at
    from summed
    inner join newest
        on
            summed.model_name = newest.model_name
            and summed.model_version = newest.model_version
            and summed.hour_starts_at = newest.hour_starts_at

)

select * from final
