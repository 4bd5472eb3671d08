{%- set features = var('example_features').values() | sum(start=[]) -%}

with

due as (

    select * from {{ ref('train_customer__schedule') }}
    where model_name = 'repurchase'

),

schedule as (

    select * from due
    {%- if is_incremental() %}
    where model_version not in (select fitted.model_version from {{ this }} as fitted)
    {%- endif %}

),

examples as (

    select * from {{ ref('train_repurchase__examples') }}
    where data_split = 'train'

),

known as (

    select
        schedule.model_version,
        case when examples.label = 'repurchase' then 1 else 0 end as is_repurchase,
        {%- for feature in features %}
        examples.{{ feature }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from schedule
    inner join examples
        on
            schedule.trained_at >= examples.label_known_at
            and (schedule.trained_at < examples.label_superseded_at or examples.label_superseded_at is null)

),

counts as (

    {{ millwright.bin_counts(
        'known', features, var('repurchase_n_bins'), 'quantile', target='is_repurchase', by=['model_version']
    ) }}

),

encodings as (

    {{ millwright.fit_encodings(
        'counts', ['label', 'weight_of_evidence'], by=['model_version'], smoothing=var('repurchase_bin_smoothing')
    ) }}

),

final as (

    select
        'repurchase' as model_name,
        encodings.model_version,
        schedule.trained_at as fitted_at,
        encodings.feature,
        encodings.encoding,
        encodings.bucket,
        encodings.category,
        encodings.lower_bound,
        encodings.upper_bound,
        encodings.output,
        encodings.value,
        encodings.scale,
        encodings.information_value,
        encodings.n,
        encodings.n_positive,
        encodings.target_sum
    from encodings
    inner join schedule
        on encodings.model_version = schedule.model_version

)

select * from final
