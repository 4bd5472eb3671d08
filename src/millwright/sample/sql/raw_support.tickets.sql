-- A ticket follows a purchase by some days, so those who buy more ask more.
with

opened as (

    select
        purchases.copy,
        purchases.line_number::varchar as key,
        purchases.account_number,
        people.email,
        people.other_email,
        purchases.purchased_on::date
        + to_days(1 + draw('ticket day', purchases.line_number, 25))
        + to_seconds(28800 + draw('ticket time', purchases.line_number, 50000)) as opened_at
    from temp.purchases
    inner join temp.people on purchases.account_number = people.account_number
    where chance('ticket', purchases.line_number, 0.122)

),

described as (

    select
        *,
        record_id('T', copy, row_number() over (partition by copy order by opened_at, key)) as ticket_id,
        pick_common(['delivery', 'wrong item', 'damaged item', 'refund', 'billing', 'account'], 'topic', key) as topic,
        case
            when chance('high priority', key, 0.15) then 'high'
            when chance('low priority', key, 0.35) then 'low'
            else 'normal'
        end as priority,
        least(draw('hours open', key, 480), draw('hours open again', key, 480)) as hours
    from opened
    where opened_at < timestamp '1998-06-30 00:00:00'

),

answered as (

    select
        *,
        opened_at + to_hours(2 + case priority when 'high' then hours // 3 else hours end) as closed_at,
        case
            when chance('satisfaction answered', key, 0.45)
                then greatest(1, 5 - hours // 96 - draw('mood', key, 3))::varchar
            else ''
        end as satisfaction
    from described

),

tickets as materialized (

    select
        copy,
        key,
        ticket_id,
        case
            when chance('unknown account', key, 0.0012) then printf('9%04d', draw('unknown account number', key, 10000))
            when chance('ticket no account', key, 0.25) then ''
            else account_number
        end as account_number,
        case
            when chance('unknown account', key, 0.0012) then ''
            when chance('ticket no account', key, 0.25) or chance('ticket with email', key, 0.80)
                then case when chance('ticket other email', key, 0.10) then other_email else email end
            else ''
        end as email,
        opened_at,
        case
            when chance('never closed', key, 0.03) or closed_at >= timestamp '1998-06-30 00:00:00' then null
            else closed_at
        end as closed_at,
        topic,
        priority,
        satisfaction
    from answered

),

-- The help desk is loaded every hour: when a ticket is opened, and again when it is closed.
delivered as (

    select
        * replace (
            opened_at::varchar as opened_at,
            '' as closed_at,
            '' as satisfaction
        ),
        date_trunc('hour', opened_at) + to_hours(1) as loaded_at
    from tickets

    union all

    select
        * replace (
            opened_at::varchar as opened_at,
            closed_at::varchar as closed_at
        ),
        date_trunc('hour', closed_at) + to_hours(1) as loaded_at
    from tickets
    where closed_at is not null

    union all

    select
        * replace (
            opened_at::varchar as opened_at,
            (opened_at - to_days(1))::varchar as closed_at
        ),
        date_trunc('hour', opened_at) + to_hours(2) as loaded_at
    from tickets
    where chance('ticket closed too early', key, 0.001)

    union all

    select
        * replace (
            strftime(opened_at, '%d/%m/%Y %H:%M') as opened_at,
            '' as closed_at,
            '' as satisfaction
        ),
        date_trunc('hour', opened_at) + to_hours(2) as loaded_at
    from tickets
    where chance('ticket broken time', key, 0.001)

)

select
    ticket_id,
    account_number,
    email,
    opened_at,
    closed_at,
    topic,
    priority,
    satisfaction,
    loaded_at
from delivered
order by copy, loaded_at, length(ticket_id), ticket_id, opened_at, closed_at
