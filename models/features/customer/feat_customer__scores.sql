-- depends_on: {{ ref('score_limits') }}

with

rfm as (

    select * from {{ ref('feat_customer__rfm') }}
    where {{ millwright.in_batch('event_at') }}

),

windows as (

    select * from {{ ref('feat_customer__windows') }}
    where {{ millwright.in_batch('event_at') }}

),

support as (

    select * from {{ ref('feat_customer__support') }}
    where {{ millwright.in_batch('event_at') }}

),

records as (

    select * from {{ ref('int_customer_record_revisions') }}
    where
        birth_on is not null
        and not is_deleted

),

owners as (

    select * from {{ ref('customer_crosswalk') }}

),

priorities as (

    select * from {{ ref('source_priorities') }}

),

born as (

    select
        owners.customer_id,
        snapshots.snapshot_at,
        records.birth_on,
        greatest(records.valid_from, owners.valid_from) as known_at,
        row_number() over (
            partition by owners.customer_id, snapshots.snapshot_at
            order by priorities.priority, records.event_at desc, records.valid_from desc, {{ millwright.bytewise('records.record_key') }}
        ) as candidate_rank
    from {{ ref('int_snapshots') }} as snapshots
    inner join records
        on {{ millwright.valid_at('records', 'snapshots.snapshot_at') }}
    inner join owners
        on
            records.record_key = owners.record_key
            and {{ millwright.valid_at('owners', 'snapshots.snapshot_at') }}
    inner join priorities
        on records.source_system = priorities.source_system
    where {{ millwright.in_batch('snapshots.snapshot_at') }}

),

-- What the limits look at. Engagement is about the last sign of life, a purchase or a ticket.
measured as (

    select
        rfm.customer_id,
        rfm.event_at,
        greatest(rfm.known_at, windows.known_at, coalesce(support.known_at, rfm.known_at), coalesce(born.known_at, rfm.known_at)) as known_at,
        -- Whole years; who was born on 29 February turns older on 1 March where a year has no such day.
        cast(
            extract(year from rfm.event_at) - extract(year from born.birth_on)
            - case
                when
                    extract(month from rfm.event_at) * 100 + extract(day from rfm.event_at)
                    < extract(month from born.birth_on) * 100 + extract(day from born.birth_on)
                    then 1
                else 0
            end as bigint
        ) as age_years,
        cast(windows.amount_90d as {{ millwright.sql_type('float8') }}) / 3 as monthly_amount,
        least(rfm.recency_days, coalesce(support.days_since_last_ticket, rfm.recency_days)) as idle_days,
        rfm.recency_days
    from rfm
    inner join windows
        on
            rfm.customer_id = windows.customer_id
            and rfm.event_at = windows.event_at
    left join support
        on
            rfm.customer_id = support.customer_id
            and rfm.event_at = support.event_at
    left join born
        on
            rfm.customer_id = born.customer_id
            and rfm.event_at = born.snapshot_at
            and born.candidate_rank = 1

),

final as (

    select
        customer_id,
        event_at,
        known_at,
        age_years,
        monthly_amount,
        idle_days,
        {%- for score in ['demographic', 'behavioural', 'engagement', 'churn_risk'] %}
        {{ millwright.score_by_limits(
            score, measures=['age_years', 'monthly_amount', 'idle_days', 'recency_days']
        ) }} as {{ score }}_score{% if not loop.last %},{% endif %}
        {%- endfor %}
    from measured

)

select * from final
