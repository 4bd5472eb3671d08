with

distances as (

    select * from {{ ref('mon_drift_distances') }}

),

p_values as (

    select * from {{ ref('mon_drift_p_values') }}

),

tested as (

    select
        distances.*,
        p_values.p_value
    from distances
    left join p_values
        on
            distances.chi_squared = p_values.chi_squared
            and distances.degrees_of_freedom = p_values.degrees_of_freedom

),

-- What is tested of a version in a period is tested together.
adjusted as (

    {{ millwright.adjusted_p_values('tested', 'p_value', by=['model_name', 'model_version', 'reference_version', 'grain', 'period_start_at']) }}

),

final as (

    select
        model_name,
        model_version,
        reference_version,
        feature_group,
        feature,
        kind,
        grain,
        period_start_at,
        n_reference,
        n_current,
        {{ millwright.safe_divide('n_missing_reference', 'n_reference') }} as missing_rate_reference,
        {{ millwright.safe_divide('n_missing', 'n_current') }} as missing_rate,
        {{ millwright.safe_divide('n_new', 'n_current') }} as new_category_rate,
        n_vanished_categories,
        psi,
        jensen_shannon_distance,
        kolmogorov_smirnov,
        wasserstein_distance,
        chi_squared,
        degrees_of_freedom,
        p_value,
        adjusted_p_value,
        case
            when least(n_reference, n_current) < {{ var('drift_min_rows') }} then 'insufficient_sample'
            when coalesce(adjusted_p_value, 1) >= {{ var('drift_alpha') }} then 'none'
            when psi >= {{ var('drift_significant_psi') }} then 'significant'
            when psi >= {{ var('drift_moderate_psi') }} then 'moderate'
            else 'none'
        end as verdict,
        known_at
    from adjusted

)

select * from final
