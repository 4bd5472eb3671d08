-- Bin numbers are those of numpy.digitize(value, [-5, 0, 10, 50]), and with the last bin closed those of numpy.histogram.
with

binned as (

    select
        value,
        expected,
        expected_closed,
        expected_price,
        {{ millwright.bin_values('value', edges=[-5, 0, 10, 50]) }} as label,
        {{ millwright.bin_values('value', edges=[-5, 0, 10, 50], closes_last=true) }} as closed_label,
        {{ millwright.bin_values('value', band_set='price') }} as price,
        {{ millwright.bin_values('value', edges=['10']) }} as one_edge,
        {{ millwright.bin_values('value', edges=['10'], closes_last=true) }} as one_closed_edge
    from (
        values
        (-5.01, '(below)', '(below)', '(below)'),
        (-5, '[-5, 0)', '[-5, 0)', '(below)'),
        (-0.01, '[-5, 0)', '[-5, 0)', '(below)'),
        (0, '[0, 10)', '[0, 10)', 'free'),
        (0.01, '[0, 10)', '[0, 10)', 'under 15'),
        (9.99, '[0, 10)', '[0, 10)', 'under 15'),
        (10, '[10, 50)', '[10, 50]', 'under 15'),
        (49.99, '[10, 50)', '[10, 50]', '30 to 60'),
        (50, '(above)', '[10, 50]', '30 to 60'),
        (50.01, '(above)', '(above)', '30 to 60'),
        (120, '(above)', '(above)', '120 and more'),
        (1e9, '(above)', '(above)', '120 and more'),
        (null, '(missing)', '(missing)', '(missing)')
    ) as listed (value, expected, expected_closed, expected_price)

)

select * from binned
where
    label <> expected
    or replace(closed_label, ']', ')') <> replace(expected_closed, ']', ')')
    or price <> expected_price
    or one_edge <> case when value is null then '(missing)' when value < 10 then '(below)' else '(above)' end
    or one_closed_edge
    <> case when value is null then '(missing)' when value < 10 then '(below)' when value > 10 then '(above)' else '[10, 10]' end
