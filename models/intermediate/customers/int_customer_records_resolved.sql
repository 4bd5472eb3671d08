with

records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

priorities as (

    select * from {{ ref('source_priorities') }}

),

-- An address that two accounts share identifies neither of them.
accounts_by_email as (

    select
        email,
        min(account_number) as account_number
    from records
    where email is not null and account_number is not null
    group by email
    having count(distinct account_number) = 1

),

linked as (

    select
        records.*,
        priorities.priority,
        coalesce(records.account_number, accounts_by_email.account_number) as resolved_account_number,
        case
            when records.account_number is not null then 'account'
            when accounts_by_email.account_number is not null then 'email of an account'
            when records.email is not null then 'email'
            else 'record'
        end as link_rule
    from records
    left join priorities
        on records.source_system = priorities.source_system
    left join accounts_by_email
        on records.email = accounts_by_email.email

),

-- Records without an account that share an e-mail are one customer, named after the one that was known first.
final as (

    select
        source_system,
        source_record_id,
        priority,
        resolved_account_number as account_number,
        case
            when resolved_account_number is not null
                then 'shop-' || resolved_account_number
            when email is not null
                then first_value(source_system || '-' || source_record_id) over (
                    partition by (resolved_account_number is null), email
                    order by first_known_at, priority, {{ millwright.bytewise('source_record_id') }}
                )
            else source_system || '-' || source_record_id
        end as customer_id,
        link_rule,
        email,
        phone,
        given_name,
        surname,
        birth_on,
        street,
        postcode,
        city,
        state,
        event_at,
        first_known_at,
        known_at
    from linked

)

select * from final
