with

cases as (

    select
        expected,
        {{ millwright.json_value('written', 'value') }} as found
    from (
        values
        ('{"value":"O''Brien \"Bob\" \\ a/b","other":1}', 'O''Brien "Bob" \ a/b'),
        ('{"other":1,"value":-0.25}', '-0.25'),
        ('{"value":true}', 'true'),
        ('{"value":""}', ''),
        ('{"value":null}', null),
        ('{"other":{"value":1}}', null),
        (cast(null as text), null)
    ) as listed (written, expected)

)

select *
from cases
where
    expected <> found
    or (expected is null) <> (found is null)
