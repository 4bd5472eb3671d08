with

price_bands as (

    select
        lower_bound,
        upper_bound,
        cast(power(2, band_order) as bigint) as band_bit
    from {{ ref('value_bands') }}
    where band_set = 'price'

),
{%- if is_incremental() %}

-- Days that a line was added to, and all days of customers whom a decision gave or took an account, even if the same night took it back.
changed_days as (

    select
        customer_id,
        cast(event_at as date) as event_on
    from {{ ref('fct_transactions_by_customer') }}
    where known_at > {{ millwright.watermark('valid_from') }} - interval '{{ var("late_load_days") }}' day

    union

    select
        customer_id,
        cast(event_at as date) as event_on
    from {{ ref('fct_transactions_by_customer') }}
    where
        customer_id in (
            select moves.customer_id
            from {{ ref('int_account_moves') }} as moves
            where moves.known_at > {{ millwright.watermark('valid_from') }} - interval '{{ var("late_load_days") }}' day
        )

),
{%- endif %}

-- A line counts for a customer from when it is known and the account theirs, until the account is somebody else's.
lines as (

    select
        purchases.customer_id,
        cast(purchases.event_at as date) as event_on,
        greatest(purchases.known_at, purchases.valid_from) as counts_from,
        purchases.valid_to as counts_to,
        purchases.quantity,
        purchases.amount,
        price_bands.band_bit
    from {{ ref('fct_transactions_by_customer') }} as purchases
    left join price_bands
        on
            purchases.amount >= price_bands.lower_bound
            and (purchases.amount < price_bands.upper_bound or price_bands.upper_bound is null)
    {%- if is_incremental() %}
    inner join changed_days
        on
            purchases.customer_id = changed_days.customer_id
            and purchases.event_at >= changed_days.event_on
            and purchases.event_at < changed_days.event_on + interval '1' day
    {%- endif %}
    where
        purchases.valid_to > purchases.known_at
        or purchases.valid_to is null

),

changes as (

    select
        customer_id,
        event_on,
        counts_from as changed_at
    from lines

    union

    select
        customer_id,
        event_on,
        counts_to as changed_at
    from lines
    where counts_to is not null

),

periods as (

    select
        customer_id,
        event_on,
        changed_at as valid_from,
        lead(changed_at) over (
            partition by customer_id, event_on
            order by changed_at
        ) as valid_to
    from changes

),

final as (

    select
        periods.customer_id,
        periods.event_on,
        periods.valid_from,
        periods.valid_to,
        count(*) as n_purchases,
        cast(sum(lines.quantity) as bigint) as quantity_sum,
        cast(sum(lines.amount) as numeric(18, 2)) as amount_sum,
        cast(sum(lines.amount * lines.amount) as numeric(28, 4)) as amount_squares,
        cast(min(lines.amount) as numeric(18, 2)) as amount_min,
        cast(max(lines.amount) as numeric(18, 2)) as amount_max,
        bit_or(lines.band_bit) as price_band_bits
    from periods
    inner join lines
        on
            periods.customer_id = lines.customer_id
            and periods.event_on = lines.event_on
            and periods.valid_from >= lines.counts_from
            and (periods.valid_from < lines.counts_to or lines.counts_to is null)
    group by
        periods.customer_id,
        periods.event_on,
        periods.valid_from,
        periods.valid_to

)

select * from final
