-- Agreement on every column of the rule, whatever the case; NULL agrees with nothing.
with

records as (

    select
        record_id,
        surname,
        postcode,
        cast(birth_on as date) as birth_on
    from (
        values
        (1, 'Ames', '10001', '1950-01-31'),
        (2, 'AMES', '10001', '1950-12-31'),
        (3, 'Abel', '10001', null),
        (4, 'Abel', null, null)
    ) as listed (record_id, surname, postcode, birth_on)

),

agreeing as (

    {%- for columns in ['surname', 'surname:1|postcode', 'birth_on:4'] %}
    select
        '{{ columns }}' as rule_columns,
        l.record_id,
        r.record_id as other_id
    from records as l
    inner join records as r
        on
            l.record_id < r.record_id
            and {{ millwright.blocking_condition(columns, 'l', 'r') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

expected as (

    select * from (
        values
        ('surname', 1, 2),
        ('surname', 3, 4),
        ('surname:1|postcode', 1, 2),
        ('surname:1|postcode', 1, 3),
        ('surname:1|postcode', 2, 3),
        ('birth_on:4', 1, 2)
    ) as pairs (rule_columns, record_id, other_id)

)

select * from (
    (
        select * from agreeing
        except all
        select * from expected
    )
    union all
    (
        select * from expected
        except all
        select * from agreeing
    )
) as differences
