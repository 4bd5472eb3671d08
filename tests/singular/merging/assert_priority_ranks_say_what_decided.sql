-- Literal records through rank_candidates: all that have a field of the group, the winner first, each with the rule that decided.
with

records as (

    select
        customer_id,
        source_record_id,
        priority,
        email,
        phone,
        cast(changed_on as date) as changed_on
    from (
        values
        ('all rules', '1', 1, 'a', null, '1997-02-01'),
        ('all rules', '2', 1, 'a', null, '1997-02-01'),
        ('all rules', '3', 1, 'b', null, '1997-01-01'),
        ('all rules', '4', 1, 'c', '4', null),
        ('all rules', '5', 2, 'd', null, '1998-01-01'),
        ('all rules', '6', 1, null, '6', '1999-01-01'),
        ('all rules', '7', 1, null, null, '1999-01-01'),
        ('alone', '8', null, 'e', null, null),
        ('nothing', '9', 1, null, null, '1997-01-01'),
        (null, '10', 1, 'f', null, '1997-01-01')
    ) as listed (customer_id, source_record_id, priority, email, phone, changed_on)

),

ranked as (

    {{ millwright.rank_candidates(
        'records',
        key=['customer_id'],
        field_groups={'contact': ['email', 'phone']},
        record_key=['source_record_id'],
        recency=['changed_on'],
        priority='priority'
    ) }}

),

found as (

    select
        customer_id,
        field_group,
        source_record_id,
        cast(candidate_rank as bigint) as candidate_rank,
        decided_by,
        field_values
    from ranked

),

expected as (

    select
        customer_id,
        'contact' as field_group,
        source_record_id,
        cast(candidate_rank as bigint) as candidate_rank,
        decided_by,
        field_values
    from (
        values
        ('all rules', '1', 1, 'record key', '{"email":"a","phone":null}'),
        ('all rules', '2', 2, 'record key', '{"email":"a","phone":null}'),
        ('all rules', '3', 3, 'recency', '{"email":"b","phone":null}'),
        ('all rules', '4', 4, 'recency', '{"email":"c","phone":"4"}'),
        ('all rules', '5', 5, 'priority', '{"email":"d","phone":null}'),
        ('all rules', '6', 6, 'completeness', '{"email":null,"phone":"6"}'),
        ('alone', '8', 1, 'only candidate', '{"email":"e","phone":null}')
    ) as listed (customer_id, source_record_id, candidate_rank, decided_by, field_values)

)

(
    select * from found
    except all
    select * from expected
)
union all
(
    select * from expected
    except all
    select * from found
)
