-- Spellings on which engines disagree by themselves.
with

cases as (

    select
        value_text,
        expected,
        {{ millwright.float_text('cast(value_text as ' ~ millwright.sql_type('float8') ~ ')') }} as written
    from (
        values
        ('0', '0'),
        ('-0.0', '0'),
        ('3', '3'),
        ('-12.5', '-12.5'),
        ('0.1', '0.1'),
        ('0.30000000000000004', '0.30000000000000004'),
        ('0.0001', '0.0001'),
        ('0.00001', '1e-05'),
        ('123456789012.25', '123456789012.25'),
        ('1e15', '1000000000000000'),
        ('9007199254740993', '9007199254740992'),
        ('1e16', '1e+16'),
        ('-2.5e300', '-2.5e+300'),
        ('NaN', 'NaN'),
        ('Infinity', 'Infinity'),
        ('-Infinity', '-Infinity'),
        (null, null)
    ) as listed (value_text, expected)

)

select * from cases
where coalesce(written, '(null)') <> coalesce(expected, '(null)')
