-- The person behind each account, who lives in home at the first purchase. Some have just come from previous_home, some
-- live in next_home from the day moved_on.
create or replace temp table people as
with

pools as (

    select
        (
            select list(struct_pack(name := given_name, letters := letters(given_name)) order by position)
            from temp.given_names
        ) as given_names,
        (
            select list(struct_pack(name := surname, letters := letters(surname)) order by position)
            from temp.surnames
        ) as surnames,
        (select list(street order by position) from temp.streets) as streets,
        (
            select list(struct_pack(name := city, postcode := postcode, state := state) order by position)
            from temp.cities
        ) as cities

),

accounts as (

    select
        copy,
        account_number,
        min(purchased_on)::date as first_purchased_on
    from temp.purchases
    group by copy, account_number

),

drawn as (

    select
        accounts.*,
        pick_common(pools.given_names, 'given name', account_number) as given,
        pick_common(pools.surnames, 'surname', account_number) as family,
        date '1930-01-01' + draw('birth', account_number, 18800) as birth_on,
        phone_of('phone', account_number) as phone,
        case
            when chance('has moved', account_number, 0.15)
                then address_of(pools.streets, pools.cities, 'previous home', account_number)
        end as previous_home,
        address_of(pools.streets, pools.cities, 'home', account_number) as home,
        case
            when chance('moves', account_number, 0.12)
                then first_purchased_on + 30 + draw('moving day', account_number, 415)
        end as moved_on,
        case
            when chance('moves', account_number, 0.12)
                then address_of(pools.streets, pools.cities, 'next home', account_number)
        end as next_home
    from accounts
    cross join pools

)

select
    * exclude (given, family),
    given.name as given_name,
    family.name as surname,
    email_of(given.letters || '.' || family.letters, 'email', account_number) as email,
    email_of(left(given.letters, 1) || family.letters, 'other email', account_number) as other_email
from drawn;
