-- Spellings on which engines disagree by themselves: each must be read, or refused, the same way.
with

cases as (

    select
        text_value,
        kind,
        expected,
        case kind
            when 'date' then cast({{ millwright.parse_date('text_value') }} as {{ dbt.type_string() }})
            when 'timestamp' then cast({{ millwright.parse_timestamp('text_value') }} as {{ dbt.type_string() }})
            when 'integer' then cast({{ millwright.parse_number('text_value', 'bigint') }} as {{ dbt.type_string() }})
            when 'decimal' then cast({{ millwright.parse_number('text_value', 'numeric(18, 2)') }} as {{ dbt.type_string() }})
        end as parsed
    from (
        values
        ('1997-02-28', 'date', '1997-02-28'),
        ('1996-02-29', 'date', '1996-02-29'),
        ('1997-02-29', 'date', null),
        ('1997-13-01', 'date', null),
        ('31/12/1997', 'date', null),
        ('19970101', 'date', null),
        ('today', 'date', null),
        ('infinity', 'date', null),
        (' 1997-01-01', 'date', null),
        ('', 'date', null),
        ('0000-01-01', 'date', null),
        (null, 'date', null),
        ('1997-01-01 23:59:59', 'timestamp', '1997-01-01 23:59:59'),
        ('1997-01-01T00:00:00', 'timestamp', '1997-01-01 00:00:00'),
        ('1997-01-01', 'timestamp', null),
        ('1997-01-01 24:30:00', 'timestamp', null),
        ('1997-01-01 23:59:60', 'timestamp', null),
        ('now', 'timestamp', null),
        ('12', 'integer', '12'),
        ('-3', 'integer', '-3'),
        ('1.0', 'integer', null),
        ('99999999999999999999', 'integer', null),
        ('12.5', 'decimal', '12.50'),
        ('-0.01', 'decimal', '-0.01'),
        ('7', 'decimal', '7.00'),
        ('1e5', 'decimal', null),
        ('NaN', 'decimal', null),
        ('1,000.00', 'decimal', null),
        ('.5', 'decimal', null),
        ('$5', 'decimal', null)
    ) as listed (text_value, kind, expected)

)

select * from cases
where coalesce(parsed, '(refused)') <> coalesce(expected, '(refused)')
