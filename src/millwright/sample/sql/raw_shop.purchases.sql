with

arrived as materialized (

    select
        *,
        loaded(
            purchased_on,
            case
                when chance('late purchase', line_number, 0.02) then 2 + draw('purchase delay', line_number, 39)
                else 1
            end
        ) as loaded_at
    from temp.purchases

),

delivered as (

    select * from arrived

    union all

    select * replace (loaded(loaded_at, 1 + draw('second delivery', line_number, 20)) as loaded_at)
    from arrived
    where chance('delivered twice', line_number, 0.005) and loaded_at < timestamp '1998-07-01 00:00:00'

)

select
    line_number::varchar as line_number,
    account_number,
    purchased_on,
    quantity,
    amount,
    loaded_at
from delivered
order by copy, delivered.loaded_at, delivered.line_number
