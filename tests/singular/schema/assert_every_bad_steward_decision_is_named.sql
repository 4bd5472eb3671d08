-- Of these decisions only the last three can be followed; what is wrong with the others is said of each.
with

decisions as (

    select
        decision_id,
        decision,
        'crm' as source_system,
        source_record_id,
        case when other_source_record_id is not null then 'crm' end as other_source_system,
        other_source_record_id,
        column_name,
        value,
        cast(decided_on as date) as decided_on
    from (
        values
        ('unknown', 'must_match', '9', '1', null, null, '1997-01-01'),
        ('other_unknown', 'must_match', '1', '9', null, null, '1997-01-01'),
        ('itself', 'must_match', '1', '1', null, null, '1997-01-01'),
        ('alone', 'must_not_match', '1', null, null, null, '1997-01-01'),
        ('contradicts', 'must_match', '1', '2', null, null, '1997-01-01'),
        ('contradicted', 'must_not_match', '2', '1', null, null, '1997-01-01'),
        ('no_column', 'pin', '1', null, 'customer_id', 'x', '1997-01-01'),
        ('no_value', 'pin', '1', null, 'surname', ' ', '1997-01-01'),
        ('no_date', 'pin', '1', null, 'birth_on', '12/03/1970', '1997-01-01'),
        ('twice', 'pin', '2', null, 'surname', 'A', '1997-01-01'),
        ('again', 'pin', '2', null, 'surname', 'B', '1997-01-01'),
        ('fine', 'must_match', '1', '3', null, null, '1997-01-01'),
        ('dated', 'pin', '3', null, 'birth_on', '1970-03-12', '1997-01-01'),
        ('of_the_future', 'must_match', '8', '9', null, null, '9999-01-01')
    ) as rows_given (decision_id, decision, source_record_id, other_source_record_id, column_name, value, decided_on)

),

records as (

    select 'crm-1' as record_key
    union all
    select 'crm-2' as record_key
    union all
    select 'crm-3' as record_key

),

problems as (

    {{ millwright.steward_decision_problems('decisions', 'records') }}

),

expected (problem) as (

    values
    ('decision unknown names the record crm-9, which no source has delivered'),
    ('decision other_unknown names the record crm-9, which no source has delivered'),
    ('decision itself needs two different records'),
    ('decision alone needs two different records'),
    ('decisions contradicted and contradicts contradict each other about the records crm-1 and crm-2'),
    (
        'decision no_column pins the column customer_id; it can be one of '
        || 'surname, given_name, birth_on, street, city, postcode, state, email, phone'
    ),
    ('decision no_value pins surname to " ", which is no value for it'),
    ('decision no_date pins birth_on to "12/03/1970", which is no value for it'),
    ('decisions again and twice both pin the column surname of the record crm-2')

)

select
    problems.problem as said,
    expected.problem as expected
from problems
full outer join expected
    on problems.problem = expected.problem
where
    problems.problem is null
    or expected.problem is null
