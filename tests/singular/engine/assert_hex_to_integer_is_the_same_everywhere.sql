with

cases as (

    select
        digits,
        expected,
        {{ millwright.hex_to_integer('digits') }} as found
    from (
        values
        ('0', 0),
        ('f', 15),
        ('00ff', 255),
        ('80000000', 2147483648),
        ('ffffffffffff', 281474976710655),
        ('fffffffffffffff', 1152921504606846975)
    ) as listed (digits, expected)

)

select * from cases
where
    found is null
    or found <> expected
