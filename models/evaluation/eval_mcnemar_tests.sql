{%- set float8 = millwright.sql_type('float8') -%}
{%- set z = millwright.z_of_95_percent() -%}

with

disagreements as (

    select * from {{ ref('eval_disagreements') }}

),

p_values as (

    select * from {{ ref('eval_mcnemar_p_values') }}

),

measured as (

    select
        *,
        {{ millwright.safe_divide('n_only_right - n_only_other_right', 'n') }} as difference,
        cast(n_only_right + n_only_other_right as {{ float8 }}) as n_different
    from disagreements

),

-- The interval after Wald: the difference of two shares of the same rows.
final as (

    select
        measured.model_name,
        measured.model_version,
        measured.other_model_name,
        measured.other_model_version,
        measured.grain,
        measured.period_start_at,
        measured.segment,
        measured.n,
        measured.n_both_right,
        measured.n_only_right,
        measured.n_only_other_right,
        measured.n_both_wrong,
        {{ millwright.safe_divide('measured.n_both_right + measured.n_only_right', 'measured.n') }} as accuracy,
        {{ millwright.safe_divide('measured.n_both_right + measured.n_only_other_right', 'measured.n') }} as other_accuracy,
        measured.difference,
        measured.difference - {{ z }} * sqrt(greatest(measured.n_different - measured.n * power(measured.difference, 2), 0)) / measured.n
            as difference_low,
        measured.difference + {{ z }} * sqrt(greatest(measured.n_different - measured.n * power(measured.difference, 2), 0)) / measured.n
            as difference_high,
        {{ millwright.safe_divide('power(measured.n_only_right - measured.n_only_other_right, 2)', 'measured.n_different') }} as chi_squared,
        p_values.p_value
    from measured
    inner join p_values
        on
            measured.n_only_right = p_values.n_only_right
            and measured.n_only_other_right = p_values.n_only_other_right

)

select * from final
