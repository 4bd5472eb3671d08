with

series as (

    select moment
    from {{ millwright.timestamp_series("cast('1996-01-01' as timestamp)", "cast('1996-04-01' as timestamp)", 'month') }}

),

expected as (

    select cast(moment as timestamp) as moment
    from (values ('1996-01-01'), ('1996-02-01'), ('1996-03-01'), ('1996-04-01')) as listed (moment)

)

select
    series.moment,
    expected.moment as expected_moment
from series
full outer join expected
    on series.moment = expected.moment
where
    series.moment is null
    or expected.moment is null
