-- Literal records through merge_by_priority: with and without priorities, ties, NULLs wherever they can be, a record delivered twice under one key.
with

records as (

    select
        customer_id,
        source_system,
        source_record_id,
        priority,
        email,
        phone,
        street,
        cast(changed_on as date) as changed_on
    from (
        values
        -- The best source that has the group; another group of another source.
        ('preferred', 'crm', '1', 1, 'crm', null, null, '1997-01-01'),
        ('preferred', 'erp', '1', 3, 'erp', '555', 'Elm Street', '1997-03-01'),
        -- A record without the first field of the group comes after every record with it, but before none at all.
        ('incomplete', 'crm', '2', 1, null, '1', null, '1997-03-01'),
        ('incomplete', 'erp', '2', 3, 'erp', null, null, '1997-01-01'),
        ('phone only', 'crm', '3', 1, null, null, null, '1997-03-01'),
        ('phone only', 'erp', '3', 3, null, '3', null, '1997-01-01'),
        -- Within a source the newest; an unknown time is older than any, an unknown priority worse than any.
        ('newest', 'crm', '4a', 1, 'old', '4', null, '1997-01-01'),
        ('newest', 'crm', '4b', 1, 'new', null, null, '1997-02-01'),
        ('newest', 'crm', '4c', 1, 'undated', null, null, null),
        ('newest', 'web', '4d', null, 'unranked', null, null, '1999-01-01'),
        -- Ties in time and priority: by source, then by key, byte by byte.
        ('tie', 'crm', 'b', 1, 'b', null, null, '1997-01-01'),
        ('tie', 'crm', 'B', 1, 'B', null, null, '1997-01-01'),
        ('tie', 'crm', 'Ä', 1, 'Ä', null, null, '1997-01-01'),
        ('twice', 'crm', '5', 1, 'same', null, null, '1997-01-01'),
        ('twice', 'crm', '5', 1, 'same', null, null, '1997-01-01'),
        ('nothing', 'crm', '6', 1, null, null, null, '1997-01-01'),
        (null, 'crm', '7', 1, 'nobody', null, null, '1997-01-01'),
        (null, 'crm', '8', 1, 'nobody', null, null, '1997-01-02')
    ) as listed (customer_id, source_system, source_record_id, priority, email, phone, street, changed_on)

),

by_priority as (

    {{ millwright.merge_by_priority(
        'records',
        key=['customer_id'],
        field_groups={'contact': ['email', 'phone'], 'address': ['street']},
        record_key=['source_system', 'source_record_id'],
        recency=['changed_on'],
        priority='priority'
    ) }}

),

by_recency as (

    {{ millwright.merge_by_priority(
        'records',
        key=['customer_id'],
        field_groups={'contact': ['email', 'phone']},
        record_key=['source_system', 'source_record_id'],
        recency=['changed_on']
    ) }}

),

found as (

    select
        by_priority.customer_id,
        concat_ws('/', coalesce(by_priority.email, '-'), coalesce(by_priority.phone, '-'), by_priority.contact_source_record_id) as contact,
        concat_ws('/', coalesce(by_priority.street, '-'), by_priority.address_source_system) as address,
        concat_ws('/', coalesce(by_recency.email, '-'), coalesce(by_recency.phone, '-'), by_recency.contact_source_system) as newest_contact
    from by_priority
    full outer join by_recency
        on by_priority.customer_id = by_recency.customer_id

),

expected as (

    select *
    from (
        values
        ('preferred', 'crm/-/1', 'Elm Street/erp', 'erp/555/erp'),
        ('incomplete', 'erp/-/2', '-', 'erp/-/erp'),
        ('phone only', '-/3/3', '-', '-/3/erp'),
        ('newest', 'new/-/4b', '-', 'unranked/-/web'),
        ('tie', 'B/-/B', '-', 'B/-/crm'),
        ('twice', 'same/-/5', '-', 'same/-/crm'),
        ('nothing', '-/-', '-', '-/-')
    ) as listed (customer_id, contact, address, newest_contact)

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
