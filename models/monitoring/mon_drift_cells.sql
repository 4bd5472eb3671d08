{%- set version = ['model_name', 'model_version', 'reference_version', 'feature_group', 'feature'] -%}

with

bins as (

    select * from {{ ref('mon_drift_references') }}

),

partials as (

    select * from {{ ref('mon_drift_partials') }}

),

-- What is rare in the reference shares a bin; categories that it does not have get one.
references_by_bin as (

    select
        model_name,
        model_version as reference_version,
        feature_group,
        feature,
        kind,
        bin_number,
        sum(n) as n,
        sum(total) as total
    from bins
    group by
        model_name,
        model_version,
        feature_group,
        feature,
        kind,
        bin_number

    union all

    select
        model_name,
        model_version as reference_version,
        feature_group,
        feature,
        kind,
        -1 as bin_number,
        0 as n,
        null as total
    from bins
    where
        kind = 'category'
        and bin_number = 0

),

periods_by_bin as (

    select
        {{ 'partials.' ~ version | join(',\n        partials.') }},
        partials.bin_number,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'partials.day_starts_at') }} as period_start_at,
        sum(partials.n) as n,
        sum(partials.total) as total,
        max(partials.known_at) as known_at
    from partials
    cross join (values ('week'), ('month')) as grains (grain)
    group by
        {{ 'partials.' ~ version | join(',\n        partials.') }},
        partials.bin_number,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'partials.day_starts_at') }}

),

compared as (

    select
        {{ version | join(',\n        ') }},
        grain,
        period_start_at,
        max(known_at) as known_at
    from periods_by_bin
    group by
        {{ version | join(',\n        ') }},
        grain,
        period_start_at

),

expected as (

    select
        compared.*,
        references_by_bin.kind,
        references_by_bin.bin_number,
        references_by_bin.n as n_reference,
        references_by_bin.total as total_reference
    from compared
    inner join references_by_bin
        on
            compared.model_name = references_by_bin.model_name
            and compared.reference_version = references_by_bin.reference_version
            and compared.feature_group = references_by_bin.feature_group
            and compared.feature = references_by_bin.feature

),

final as (

    select
        {{ 'expected.' ~ version | join(',\n        expected.') }},
        expected.grain,
        expected.period_start_at,
        expected.kind,
        expected.bin_number,
        case when expected.kind = 'number' and expected.bin_number > 0 then expected.bin_number end as bin_order,
        cast(expected.n_reference as bigint) as n_reference,
        cast(coalesce(current_bins.n, 0) as bigint) as n_current,
        {{ millwright.safe_divide('expected.total_reference', 'expected.n_reference') }} as mean_reference,
        {{ millwright.safe_divide('current_bins.total', 'current_bins.n') }} as mean_current,
        expected.known_at
    from expected
    left join periods_by_bin as current_bins
        on
            {%- for column in version %}
            {{ 'and ' if not loop.first }}expected.{{ column }} = current_bins.{{ column }}
            {%- endfor %}
            and expected.grain = current_bins.grain
            and expected.period_start_at = current_bins.period_start_at
            and expected.bin_number = current_bins.bin_number

)

select * from final
