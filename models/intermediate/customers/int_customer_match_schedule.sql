with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

records as (

    select first_known_at
    from {{ ref('int_customer_records_merged') }}
    where source_system <> 'shop'

),

-- The same rules have the same hash in whatever order their rows are; another configuration makes other versions.
settings as (

    select {{ millwright.row_hash(['column_name', 'method', 'thresholds', 'uses_term_frequencies']) }} as setting_hash
    from {{ ref('matching_comparisons') }}
    where is_active

    union all

    select {{ millwright.row_hash(['rule_id', 'columns', 'used_for']) }} as setting_hash
    from {{ ref('matching_blocking_rules') }}
    where is_active

    union all

    select {{ millwright.row_hash(["'exclusive'", 'column_name']) }} as setting_hash
    from {{ ref('identity_rules') }}
    where rule_kind = 'exclusive'

    union all

    select md5(
        'prior_recall:{{ var("match_prior_recall") }},block:{{ var("max_block_size") }},review:{{ var("match_weight_review") }}'
    ) as setting_hash

),

configuration as (

    select md5(string_agg(setting_hash, '' order by {{ millwright.bytewise('setting_hash') }})) as configuration_hash
    from settings

),

-- Snapshots fall on midnight, so days are fine enough.
arrivals as (

    select
        cast(first_known_at - interval '1' second as date) as known_on,
        count(*) as n_records
    from records
    group by cast(first_known_at - interval '1' second as date)

),

known as (

    select
        snapshots.snapshot_at,
        sum(arrivals.n_records) as n_records
    from snapshots
    inner join arrivals
        on snapshots.snapshot_at > arrivals.known_on
    group by snapshots.snapshot_at

),

doublings as (

    select n_records_due
    from (
        values
        {%- for power in range(32) %}
        (cast({{ var('matching_min_records') * 2 ** power }} as bigint)){{ ',' if not loop.last }}
        {%- endfor %}
    ) as powers (n_records_due)

),

reached as (

    select
        doublings.n_records_due,
        min(known.snapshot_at) as fitted_at
    from doublings
    inner join known
        on doublings.n_records_due <= known.n_records
    group by doublings.n_records_due

),

due as (

    select distinct fitted_at from reached

),

final as (

    select
        cast(extract(year from due.fitted_at) as integer)
        || '.' || cast(extract(month from due.fitted_at) as integer)
        || '.' || substr(configuration.configuration_hash, 1, 8) as match_version,
        due.fitted_at,
        cast(known.n_records as bigint) as n_records,
        {{ millwright.as_of() }} as as_of
    from due
    inner join known
        on due.fitted_at = known.snapshot_at
    cross join configuration

)

select * from final
