-- Limits hold at both ends, the first that holds counts, and what is unknown is left to the limit without a measure.
with

measured as (

    select
        cast(age_years as bigint) as age_years,
        cast(monthly_amount as {{ millwright.sql_type('float8') }}) as monthly_amount,
        idle_days,
        recency_days,
        expected
    from (
        values
        (25, 100, 7, 30, '0.8 0.1 1 0.1'),
        (45, 1000, 8, 31, '0.8 1 0.6 0.4'),
        (24, 2000, 30, 90, '0.6 1 0.6 0.4'),
        (46, 0, 31, 91, '0.6 0 0.2 0.7'),
        (66, -5, 365, 181, '0.3 0 0.2 0.9'),
        (null, 500, 0, 180, '0.3 0.5 1 0.7')
    ) as cases (age_years, monthly_amount, idle_days, recency_days, expected)

),

scored as (

    select
        expected,
        {%- for score in ['demographic', 'behavioural', 'engagement', 'churn_risk'] %}
        {{ millwright.float_text(millwright.score_by_limits(
            score, measures=['age_years', 'monthly_amount', 'idle_days', 'recency_days']
        )) }}{{ " || ' ' || " if not loop.last else ' as found' }}
        {%- endfor %}
    from measured

)

select * from scored
where found <> expected or found is null
