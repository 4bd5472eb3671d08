with

records as (

    select
        crm_records.*,
        people.* exclude (copy, account_number),
        case
            when crm_records.is_second_entry then null
            when people.moved_on is not null then 'moved'
            when chance('crm phone change', key, 0.05) then 'phone'
            when chance('crm email change', key, 0.05) then 'email'
        end as change
    from temp.crm_records
    inner join temp.people on crm_records.account_number = people.account_number

),

timed as materialized (

    select
        *,
        case
            when change = 'moved' then moved_on + to_days(draw('crm move delay', key, 7))
            else entered_at::date + to_days(30 + draw('crm change day', key, 410))
        end + to_seconds(28800 + draw('crm change', key, 50000)) as changed_at,
        loaded(entered_at, 1 + draw('crm load', key, 3)) as entry_loaded_at,
        loaded(changed_at, 1 + draw('crm change load', key, 3)) as change_loaded_at
    from records

),

-- Now and then a first version is overtaken by the second, and arrives after it.
versions as (

    select
        *,
        1 as version,
        entered_at as updated_at,
        case when entered_at >= moved_on then next_home else home end as address,
        case
            when change is not null and chance('crm overtaken', key, 0.03)
                then loaded(change_loaded_at, 1 + draw('crm overtaken days', key, 10))
            else entry_loaded_at
        end as loaded_at
    from timed

    union all

    select
        * replace (
            case when change = 'phone' then phone_of('next phone', key) else phone end as phone,
            case when change = 'email' then other_email else email end as email
        ),
        2 as version,
        changed_at as updated_at,
        case when change = 'moved' then next_home else home end as address,
        change_loaded_at as loaded_at
    from timed
    where change is not null

),

-- The slips belong to the record, so a later version repeats them.
entries as materialized (

    select
        copy,
        key,
        version,
        crm_id,
        case
            when chance('crm no account', key, case when is_second_entry then 0.5 else 0.135 end) then ''
            else account_number
        end as account_number,
        case
            when chance('crm no email', key, 0.06) then ''
            when is_second_entry and chance('crm second email', key, 0.5) then other_email
            else email
        end as email,
        case
            when chance('crm given name typo', key, 0.02) or (is_second_entry and draw('crm second typo', key, 3) < 2)
                then misspell(given_name, key || ' given name')
            else given_name
        end as given_name,
        case
            when chance('crm surname typo', key, 0.03) or (is_second_entry and draw('crm second typo', key, 3) > 0)
                then misspell(surname, key || ' surname')
            else surname
        end as surname,
        chance('crm names swapped', key, 0.01) as has_names_swapped,
        case when chance('crm no birthday', key, 0.12) then '' else birth_on::varchar end as birth_on,
        case when chance('crm no phone', key, 0.10) then '' else phone end as phone,
        case
            when chance('crm street typo', key, 0.03) then misspell(address.street, key || ' street')
            else address.street
        end as street,
        address.city.name as city,
        chance('crm city in street', key, 0.01) as has_city_in_street,
        address.city.postcode as postcode,
        address.city.state as state,
        is_second_entry,
        updated_at::varchar as updated_at,
        '' as deleted_at,
        loaded_at
    from versions

),

delivered as (

    select * from entries

    union all

    select * replace (loaded(loaded_at, 1 + draw('crm repeat days ' || version, key, 20)) as loaded_at)
    from entries
    where chance('crm repeat ' || version, key, 0.02) and loaded_at < timestamp '1998-07-01 00:00:00'

    union all

    -- Some second entries are found and deleted: a last delivery with nothing but the key and the time says so.
    select
        * replace (
            '' as account_number,
            '' as email,
            '' as given_name,
            '' as surname,
            false as has_names_swapped,
            '' as birth_on,
            '' as phone,
            '' as street,
            '' as city,
            false as has_city_in_street,
            '' as postcode,
            '' as state,
            (loaded_at + to_days(30 + draw('crm deletion day', key, 120)))::varchar as updated_at,
            (loaded_at + to_days(30 + draw('crm deletion day', key, 120)))::varchar as deleted_at,
            loaded(loaded_at, 31 + draw('crm deletion day', key, 120)) as loaded_at
        )
    from entries
    where
        is_second_entry
        and chance('crm deleted', key, 0.2)
        and loaded_at + to_days(31 + draw('crm deletion day', key, 120)) <= timestamp '1998-07-01 00:00:00'

    union all

    select
        * replace (
            strftime(updated_at::timestamp, '%d/%m/%Y') as updated_at,
            loaded(loaded_at, 1) as loaded_at
        )
    from entries
    where chance('crm broken time ' || version, key, 0.0003)

    union all

    select
        * replace (
            replace(email, '@', ' at ') as email,
            loaded(loaded_at, 1) as loaded_at
        )
    from entries
    where chance('crm broken email ' || version, key, 0.0003) and email <> ''

)

select
    crm_id,
    account_number,
    email,
    case when has_names_swapped then surname else given_name end as given_name,
    case when has_names_swapped then given_name else surname end as surname,
    birth_on,
    phone,
    case when has_city_in_street then street || ', ' || city else street end as street,
    case when has_city_in_street then '' else city end as city,
    postcode,
    state,
    updated_at,
    deleted_at,
    loaded_at
from delivered
order by copy, loaded_at, length(crm_id), crm_id, updated_at, email
