with

records as (

    select
        marketing_records.*,
        people.* exclude (copy, account_number)
    from temp.marketing_records
    inner join temp.people on marketing_records.account_number = people.account_number

),

versions as (

    select
        *,
        1 as version,
        entered_at as modified_at,
        home.city as city,
        chance('newsletter', key, 0.7) as is_subscribed
    from records

    union all

    select
        *,
        2 as version,
        coalesce(moved_on::timestamp, entered_at)
        + to_days(1 + draw('marketing change day', key, 200))
        + to_seconds(draw('marketing change', key, 3600)) as modified_at,
        case when moved_on is null then home.city else next_home.city end as city,
        chance('newsletter', key, 0.7) <> chance('newsletter change', key, 0.8) as is_subscribed
    from records
    where chance('marketing change', key, 0.15)

),

entries as (

    select
        copy,
        key,
        version,
        contact_id,
        case when chance('marketing same email', key, 0.85) then email else other_email end as email,
        draw('marketing email style', key, 20) as email_style,
        case
            when chance('marketing no first name', key, 0.05) then ''
            when chance('marketing first name typo', key, 0.02) then misspell(given_name, key || ' given name')
            else given_name
        end as first_name,
        case
            when chance('marketing last name typo', key, 0.03) then misspell(surname, key || ' surname')
            else surname
        end as last_name,
        city.name as city,
        city.postcode as postcode,
        case when is_subscribed then 'y' else 'n' end as newsletter,
        modified_at,
        loaded(modified_at, 1 + draw('marketing load ' || version, key, 2)) as loaded_at
    from versions
    where modified_at < timestamp '1998-06-29 00:00:00'

),

styled as materialized (

    select
        * exclude (email_style) replace (
            case email_style
                when 0 then upper(email)
                when 1 then upper(left(email, 1)) || substr(email, 2)
                when 2 then ' ' || email || ' '
                else email
            end as email
        )
    from entries

),

delivered as (

    select * from styled

    union all

    select * replace ('' as email, loaded(loaded_at, 1) as loaded_at)
    from styled
    where chance('marketing broken email ' || version, key, 0.0006)

)

select
    contact_id,
    email,
    first_name,
    last_name,
    city,
    postcode,
    newsletter,
    modified_at::varchar as modified_at,
    loaded_at
from delivered
order by copy, loaded_at, length(contact_id), contact_id, delivered.modified_at, email
