with

records as (

    select
        erp_records.*,
        people.* exclude (copy, account_number)
    from temp.erp_records
    inner join temp.people on erp_records.account_number = people.account_number

),

versions as (

    select
        *,
        1 as version,
        entered_on as changed_on,
        coalesce(previous_home, home) as address
    from records

    union all

    select
        *,
        2 as version,
        moved_on + 5 + draw('erp move delay', key, 40) as changed_on,
        next_home as address
    from records
    where
        chance('erp hears of move', key, 0.50)
        and moved_on + 5 + draw('erp move delay', key, 40) <= date '1998-06-28'

),

-- The ERP writes names in capitals and knows ASCII only. What it does not know is NULL.
entries as materialized (

    select
        copy,
        key,
        version,
        customer_no,
        account_number,
        upper(strip_accents(
            case when chance('erp surname typo', key, 0.06) then misspell(surname, key || ' surname') else surname end
        )) as last_name,
        strip_accents(
            case
                when chance('erp given name typo', key, 0.03) then misspell(given_name, key || ' given name')
                else given_name
            end
        ) as first_name,
        case when not chance('erp no email', key, 0.35) then email end as email,
        address.street as street,
        address.city.name as city,
        address.city.postcode as postcode,
        case when not chance('erp no phone', key, 0.20) then phone end as phone,
        changed_on::varchar as changed_on,
        loaded(changed_on, 1 + draw('erp load ' || version, key, 2)) as loaded_at
    from versions

),

delivered as (

    select * from entries

    union all

    select * replace ('' as customer_no, loaded(loaded_at, 1) as loaded_at)
    from entries
    where chance('erp broken number ' || version, key, 0.0005)

)

select
    customer_no,
    account_number,
    last_name || ', ' || first_name as full_name,
    email,
    street,
    city,
    postcode,
    phone,
    changed_on,
    loaded_at
from delivered
order by copy, loaded_at, length(customer_no), customer_no, account_number, changed_on
