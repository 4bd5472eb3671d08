-- Expected values: json.dumps of Python with separators=(',', ':') and ensure_ascii=False.
with

cases as (

    select
        expected,
        {{ millwright.json_object(['text_value', 'is_true', 'counted', 'happened_on']) }} as found
    from (
        values
        ('Ann', true, 3, cast('1970-01-31' as date), '{"text_value":"Ann","is_true":true,"counted":3,"happened_on":"1970-01-31"}'),
        (null, null, null, null, '{"text_value":null,"is_true":null,"counted":null,"happened_on":null}'),
        ('', false, -1, cast('0999-12-01' as date), '{"text_value":"","is_true":false,"counted":-1,"happened_on":"0999-12-01"}'),
        ('O''Brien "Bob" \ a/b', true, 0, null, '{"text_value":"O''Brien \"Bob\" \\ a/b","is_true":true,"counted":0,"happened_on":null}'),
        ('Zoë 日本 🎵', true, 0, null, '{"text_value":"Zoë 日本 🎵","is_true":true,"counted":0,"happened_on":null}'),
        (chr(9) || chr(10) || chr(13), true, 0, null, '{"text_value":"\t\n\r","is_true":true,"counted":0,"happened_on":null}')
    ) as listed (text_value, is_true, counted, happened_on, expected)

)

select * from cases
where
    found is null
    or found <> expected
