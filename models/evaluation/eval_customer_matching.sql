{%- set rules = [] -%}
{%- for rule in millwright.active_rules(ref('matching_blocking_rules')) if 'predict' in rule['used_for'].split('|') -%}
    {%- do rules.append(rule) -%}
{%- endfor -%}

with

truth as (

    select * from {{ ref('stg_truth__identities') }}

),

known_records as (

    select
        records.*,
        truth.person_id
    from {{ ref('int_customer_records_resolved') }} as records
    inner join truth
        on records.record_key = truth.record_key

),

true_pairs as (

    select
        records.record_key,
        other_records.record_key as other_key,
        {%- for rule in rules %}
        coalesce({{ millwright.blocking_condition(rule['columns'], 'records', 'other_records') }}, false) as is_reached_{{ loop.index }},
        {%- endfor %}
        records.customer_id = other_records.customer_id as is_one_customer
    from known_records as records
    inner join known_records as other_records
        on
            records.person_id = other_records.person_id
            and {{ millwright.bytewise('records.record_key') }} < other_records.record_key

),

scored_pairs as (

    select
        count(*) as n_claimed_pairs,
        count(case when records.person_id = other_records.person_id then 1 end) as n_reached_pairs
    from {{ ref('int_customer_match_pairs_current') }} as pairs
    inner join known_records as records
        on pairs.record_key = records.record_key
    inner join known_records as other_records
        on pairs.other_key = other_records.record_key
    where pairs.match_weight >= {{ var('match_weight_threshold') }}

),

customers as (

    select
        customer_id,
        count(*) as n_records
    from known_records
    group by customer_id

),

claimed as (

    select coalesce(sum(n_records * (n_records - 1) / 2), 0) as n_claimed_pairs
    from customers

),

counted as (

    select
        count(*) as n_true_pairs,
        {%- for rule in rules %}
        count(case when is_reached_{{ loop.index }} then 1 end) as n_reached_{{ loop.index }},
        {%- endfor %}
        count(case when true in (false{% for rule in rules %}, is_reached_{{ loop.index }}{% endfor %}) then 1 end) as n_reached_by_any,
        count(case when is_one_customer then 1 end) as n_reached_by_customers
    from true_pairs

),

stages as (

    {%- for rule in rules %}
    select
        'blocking' as matching_step,
        {{ millwright.literal(rule['rule_id']) }} as rule_id,
        n_true_pairs,
        n_reached_{{ loop.index }} as n_reached_pairs,
        cast(null as bigint) as n_claimed_pairs
    from counted

    union all
    {%- endfor %}

    select
        'blocking' as matching_step,
        'any' as rule_id,
        n_true_pairs,
        n_reached_by_any as n_reached_pairs,
        cast(null as bigint) as n_claimed_pairs
    from counted

    union all

    select
        'scorer' as matching_step,
        'any' as rule_id,
        counted.n_true_pairs,
        scored_pairs.n_reached_pairs,
        scored_pairs.n_claimed_pairs
    from counted
    cross join scored_pairs

    union all

    select
        'customers' as matching_step,
        'any' as rule_id,
        counted.n_true_pairs,
        counted.n_reached_by_customers as n_reached_pairs,
        cast(claimed.n_claimed_pairs as bigint) as n_claimed_pairs
    from counted
    cross join claimed

),

final as (

    select
        matching_step,
        rule_id,
        n_true_pairs,
        n_reached_pairs,
        cast(n_claimed_pairs as bigint) as n_claimed_pairs,
        {{ millwright.safe_divide('n_reached_pairs', 'n_true_pairs') }} as pair_recall,
        {{ millwright.safe_divide('n_reached_pairs', 'n_claimed_pairs') }} as pair_precision
    from stages

)

select * from final
