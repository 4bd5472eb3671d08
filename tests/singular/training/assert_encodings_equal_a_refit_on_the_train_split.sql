-- Versions are fitted once; this fits the newest again on the customers and labels that it may know, and compares.
{%- set features = var('example_features').values() | sum(start=[]) %}

with

newest as (

    select * from {{ ref('train_customer__schedule') }}
    where
        model_name = 'repurchase'
        and trained_at = (select max(schedule.trained_at) from {{ ref('train_customer__schedule') }} as schedule)

),

stored as (

    select encodings.*
    from {{ ref('train_repurchase__encodings') }} as encodings
    inner join newest
        on encodings.model_version = newest.model_version

),

known as (

    select
        newest.model_version,
        case when examples.label = 'repurchase' then 1 else 0 end as is_repurchase,
        {%- for feature in features %}
        examples.{{ feature }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('train_repurchase__examples') }} as examples
    inner join {{ ref('train_customer__splits') }} as splits
        on
            examples.customer_id = splits.customer_id
            and splits.data_split = 'train'
    inner join newest
        on
            examples.label_known_at <= newest.trained_at
            and (examples.label_superseded_at > newest.trained_at or examples.label_superseded_at is null)

),

counts as (

    {{ millwright.bin_counts(
        'known', features, var('repurchase_n_bins'), 'quantile', target='is_repurchase', by=['model_version']
    ) }}

),

refitted as (

    {{ millwright.fit_encodings(
        'counts', ['label', 'weight_of_evidence'], by=['model_version'], smoothing=var('repurchase_bin_smoothing')
    ) }}

)

{{ millwright.encoding_differences('stored', 'refitted', by=['model_version']) }}
