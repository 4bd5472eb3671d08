{%- set field_groups = millwright.customer_field_groups() -%}

with

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

pins as (

    select * from {{ ref('int_customer_pins_resolved') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

living_records as (

    select * from records
    where not is_deleted

),

candidates as (

    {{ millwright.rank_candidates(
        'living_records',
        key=['customer_id'],
        field_groups=field_groups,
        record_key=['source_system', 'source_record_id'],
        recency=['event_at', 'known_at'],
        priority='priority'
    ) }}

),

pinned_groups as (

    select
        customer_id,
        field_group,
        {{ dbt.listagg('decision_id', "', '", 'order by ' ~ millwright.bytewise('decision_id')) }} as decision_ids
    from pins
    group by
        customer_id,
        field_group

),

-- A steward's decision stands before every record; its values are the whole group with what was pinned.
all_candidates as (

    select
        customer_id,
        field_group,
        source_system,
        source_record_id,
        candidate_rank,
        decided_by,
        field_values
    from candidates

    union all

    select
        pinned_groups.customer_id,
        pinned_groups.field_group,
        'steward' as source_system,
        pinned_groups.decision_ids as source_record_id,
        0 as candidate_rank,
        'pinned' as decided_by,
        case pinned_groups.field_group
            {%- for group, fields in field_groups.items() %}
            when '{{ group }}' then {{ millwright.json_object(fields) }}
            {%- endfor %}
        end as field_values
    from pinned_groups
    inner join customers
        on pinned_groups.customer_id = customers.customer_id

),

final as (

    select
        customer_id,
        field_group,
        row_number() over best_first as candidate_rank,
        row_number() over best_first = 1 as is_winner,
        case when first_value(source_system) over best_first = 'steward' then 'pinned' else decided_by end as decided_by,
        source_system,
        source_record_id,
        field_values
    from all_candidates
    window best_first as (partition by customer_id, field_group order by candidate_rank)

)

select * from final
