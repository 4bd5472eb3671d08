-- Three sources that name their columns differently and lack some; one of them is empty, one holds a row twice.
with

crm as (

    select
        'C-1' as crm_id,
        'ann@example.org' as email,
        cast('1970-01-02' as date) as birth_on,
        cast(1.5 as numeric(18, 2)) as amount

    union all

    select
        'C-1' as crm_id,
        'ann@example.org' as email,
        cast('1970-01-02' as date) as birth_on,
        cast(1.5 as numeric(18, 2)) as amount

),

-- Its columns stand in another order.
erp as (

    select
        7 as amount,
        12 as customer_no,
        null as email

),

marketing as (

    select
        email,
        crm_id as contact_id
    from crm
    where email is null

),

{%- set columns = {'record_id': 'text', 'email': 'text', 'birth_on': 'date', 'amount': 'numeric(18, 2)'} %}
{%- set mappings = {
    'crm': {'record_id': 'crm_id'},
    'erp': {'record_id': 'customer_no', 'birth_on': none},
    'marketing': {'record_id': 'contact_id', 'birth_on': none, 'amount': none},
} %}

unioned as (

    {{ millwright.union_relations({'crm': 'crm', 'erp': 'erp', 'marketing': 'marketing'}, columns, mappings) }}

),

unioned_distinct as (

    {{ millwright.union_relations({'crm': 'crm', 'erp': 'erp', 'marketing': 'marketing'}, columns, mappings, distinct=true) }}

),

one_source as (

    {{ millwright.union_relations({'marketing': 'marketing'}, {'email': 'text'}, source_column=none) }}

),

rows_of_all as (

    select
        'all' as query,
        unioned.*
    from unioned

    union all

    select
        'distinct' as query,
        unioned_distinct.*
    from unioned_distinct

    union all

    select
        'one source' as query,
        null as source_system,
        null as record_id,
        email,
        null as birth_on,
        null as amount
    from one_source

),

found as (

    select
        query,
        source_system,
        record_id,
        email,
        birth_on,
        amount,
        count(*) as n
    from rows_of_all
    group by
        query,
        source_system,
        record_id,
        email,
        birth_on,
        amount

),

expected as (

    select
        query,
        source_system,
        record_id,
        email,
        cast(birth_on as date) as birth_on,
        amount,
        n
    from (
        values
        ('all', 'crm', 'C-1', 'ann@example.org', '1970-01-02', 1.5, 2),
        ('all', 'erp', '12', null, null, 7, 1),
        ('distinct', 'crm', 'C-1', 'ann@example.org', '1970-01-02', 1.5, 1),
        ('distinct', 'erp', '12', null, null, 7, 1)
    ) as listed (query, source_system, record_id, email, birth_on, amount, n)

)

select * from (
    (
        select * from found
        except
        select * from expected
    )
    union all
    (
        select * from expected
        except
        select * from found
    )
) as differences
