-- Accepted are high, low and Low: what is left over are two spellings of high, one of both lows, a stranger, an empty text and NULL.
with

tickets as (

    select
        priority,
        cast(opened_at as timestamp) as event_at
    from (
        values
        ('high', '1997-01-01'),
        ('high', '1997-01-02'),
        ('low', '1997-01-03'),
        (' HIGH', '1997-01-04'),
        (' HIGH', '1997-01-06'),
        ('hi gh', null),
        (E'High\t', '1997-01-05'),
        ('LOW', '1997-01-07'),
        ('', '1997-01-08'),
        (null, '1997-01-09')
    ) as listed (priority, opened_at)

),

nothing as (

    select * from tickets
    where 1 = 0

),

found as (

    {{ millwright.unexpected_values('tickets', 'priority', accepted=['high', 'low', 'Low'], event_at='event_at', include_null=true) }}

),

not_null_found as (

    {{ millwright.unexpected_values('tickets', 'priority', accepted=['high', 'low', 'Low']) }}

),

found_in_nothing as (

    {{ millwright.unexpected_values('nothing', 'priority', accepted=['high'], include_null=true) }}

),

expected as (

    select
        value,
        variant_of,
        n_rows,
        cast(first_seen_at as timestamp) as first_seen_at,
        cast(last_seen_at as timestamp) as last_seen_at
    from (
        values
        (' HIGH', 'high', 2, '1997-01-04', '1997-01-06'),
        (E'High\t', 'high', 1, '1997-01-05', '1997-01-05'),
        ('hi gh', null, 1, null, null),
        ('LOW', 'Low', 1, '1997-01-07', '1997-01-07'),
        ('', null, 1, '1997-01-08', '1997-01-08'),
        (null, null, 1, '1997-01-09', '1997-01-09')
    ) as listed (value, variant_of, n_rows, first_seen_at, last_seen_at)

)

select
    coalesce(found.value, expected.value) as value,
    found.n_rows
from found
full outer join expected
    on coalesce(found.value, '(null)') = coalesce(expected.value, '(null)')
where
    found.n_rows is null
    or expected.n_rows is null
    or found.n_rows <> expected.n_rows
    or abs(found.value_rate - expected.n_rows / 10.0) > 1e-12
    or coalesce(found.variant_of, '(none)') <> coalesce(expected.variant_of, '(none)')
    or coalesce(found.first_seen_at, cast('1900-01-01' as timestamp)) <> coalesce(expected.first_seen_at, cast('1900-01-01' as timestamp))
    or coalesce(found.last_seen_at, cast('1900-01-01' as timestamp)) <> coalesce(expected.last_seen_at, cast('1900-01-01' as timestamp))

union all

select
    'all but NULL, without a time' as value,
    count(*) as n_rows
from not_null_found
having count(*) <> 5 or count(value) <> 5 or count(first_seen_at) <> 0

union all

select
    'nothing' as value,
    count(*) as n_rows
from found_in_nothing
having count(*) <> 0
