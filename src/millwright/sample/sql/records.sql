-- One row per CRM record. A few people are entered a second time, weeks later, as if they were new.
create or replace temp table crm_records as
with

entered as (

    select
        copy,
        account_number,
        'crm ' || account_number as key,
        false as is_second_entry,
        first_purchased_on + to_seconds(28800 + draw('crm entry', account_number, 50000)) as entered_at
    from temp.people
    where chance('in crm', account_number, 0.90)

    union all by name

    select
        copy,
        account_number,
        'crm second ' || account_number as key,
        true as is_second_entry,
        first_purchased_on
        + to_days(20 + draw('crm second day', account_number, 280))
        + to_seconds(28800 + draw('crm second entry', account_number, 50000)) as entered_at
    from temp.people
    where chance('in crm', account_number, 0.90) and chance('twice in crm', account_number, 0.04)

)

select
    record_id('C', copy, row_number() over (partition by copy order by entered_at, key)) as crm_id,
    *
from entered;

-- One row per ERP customer.
create or replace temp table erp_records as
with

entered as (

    select
        copy,
        account_number,
        'erp ' || account_number as key,
        first_purchased_on + draw('erp entry', account_number, 4) as entered_on
    from temp.people
    where chance('in erp', account_number, 0.75)

)

select
    record_id('E', copy, row_number() over (partition by copy order by entered_on, md5(key))) as customer_no,
    *
from entered;

-- One row per marketing contact.
create or replace temp table marketing_records as
with

entered as (

    select
        copy,
        account_number,
        'marketing ' || account_number as key,
        first_purchased_on
        + to_days(draw('marketing entry day', account_number, 10))
        + to_seconds(draw('marketing entry', account_number, 86400)) as entered_at
    from temp.people
    where chance('in marketing', account_number, 0.55)

)

select
    record_id('M', copy, row_number() over (partition by copy order by entered_at, key)) as contact_id,
    *
from entered;
