-- Expected values: the first 8 hexadecimal digits of md5('salt:value'), read as a number, over 16^8, computed with Python's hashlib.
with

cases as (

    select
        value,
        expected,
        {{ millwright.hash_fraction('value', salt='split') }} as fraction
    from (
        values
        ('', 0.8295986182056367),
        ('shop-00001', 0.19298275862820446),
        ('42', 0.4204236089717597),
        ('O''Brien', 0.21288654231466353),
        ('Zoë', 0.4595285668037832),
        ('日本', 0.8449816196225584)
    ) as listed (value, expected)

)

select * from cases
where
    fraction is null
    or abs(fraction - expected) > 1e-15
