{%- set columns = [
    {'name': 'label', 'data_type': 'text'},
    {'name': 'number', 'data_type': 'bigint'},
    {'name': 'measure', 'data_type': 'float8'},
    {'name': 'amount', 'data_type': 'numeric(18, 2)'},
    {'name': 'is_even', 'data_type': 'boolean'},
    {'name': 'moved_on', 'data_type': 'date'},
    {'name': 'loaded_at', 'data_type': 'timestamp'},
] -%}
-- The expected sum is computed with Python's hashlib: per row the first 15 digits of the md5 of each value with its length before it.
with

listed as (

    select
        position,
        label,
        cast(number as bigint) as number,
        cast(measure as {{ millwright.sql_type('float8') }}) as measure,
        cast(amount as numeric(18, 2)) as amount,
        cast(is_even as boolean) as is_even,
        cast(moved_on as date) as moved_on,
        cast(loaded_at as timestamp) as loaded_at
    from (
        values
        (1, 'a', '1', '1.5', '2.5', 'true', '1997-01-31', '1997-01-31 12:00:00.25'),
        (2, '', '-7', '1e10', '0', 'false', '0001-01-01', '1997-01-31'),
        (3, null, null, null, null, null, null, null),
        (4, null, null, null, null, null, null, null),
        (5, '日本, O''Brien|é', null, '0.1', '-1.1', null, null, null)
    ) as listed (position, label, number, measure, amount, is_even, moved_on, loaded_at)

),

forwards as (

    select * from listed
    order by position asc
    limit 100

),

backwards as (

    select * from listed
    order by position desc
    limit 100

),

results as (

    {{ millwright.changes_by_checksum('forwards', columns) }}

    union all

    {{ millwright.changes_by_checksum('backwards', columns) }}

    union all

    {{ millwright.changes_by_checksum('listed', columns, {'checksum': '1624911918233988950', 'n_counted': 5}) }}

)

select * from results
where
    checksum <> '1624911918233988950'
    or n_counted <> 5
    or coalesce(n_changed_rows, 1) not in (0, 5)
