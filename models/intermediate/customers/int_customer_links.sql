with

records as (

    select * from {{ ref('int_customer_records_merged') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

identifiers as (
    {%- for column in ['account_number', 'email', 'phone'] %}

    select
        record_key,
        '{{ column }}' as column_name,
        {{ column }} as identifier
    from records
    where {{ column }} is not null
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

shared as (

    select
        rules.rule_id,
        identifiers.identifier,
        identifiers.record_key,
        min({{ millwright.bytewise('identifiers.record_key') }}) over (
            partition by rules.rule_id, identifiers.identifier
        ) as first_record_key
    from identifiers
    inner join rules
        on
            identifiers.column_name = rules.column_name
            and rules.rule_kind = 'same'

),

-- All that share an identifier are linked to the first of them: as many links as records, however many share it. Whether it identifies
-- anybody is decided later: an address that two accounts share does not.
same as (

    select
        'same' as link_kind,
        rule_id,
        first_record_key as left_key,
        record_key as right_key,
        cast(null as {{ millwright.sql_type('float8') }}) as match_weight
    from shared
    where record_key <> first_record_key

),

matched as (

    select
        'match' as link_kind,
        blocking_rule as rule_id,
        record_key as left_key,
        other_key as right_key,
        match_weight
    from {{ ref('int_customer_match_pairs_current') }}
    where match_weight >= {{ var('match_weight_threshold') }}

),

decisions as (

    select
        decision,
        decision_id,
        source_system || '-' || source_record_id as record_key,
        other_source_system || '-' || other_source_record_id as other_key
    from {{ ref('steward_decisions') }}
    where
        decision in ('must_match', 'must_not_match')
        and decided_on <= {{ millwright.as_of() }}

),

steward as (

    select
        case when decision = 'must_match' then 'steward' else 'must_not' end as link_kind,
        decision_id as rule_id,
        case when {{ millwright.bytewise('record_key') }} < other_key then record_key else other_key end as left_key,
        case when {{ millwright.bytewise('record_key') }} < other_key then other_key else record_key end as right_key,
        cast(null as {{ millwright.sql_type('float8') }}) as match_weight
    from decisions

),

final as (

    select * from same
    union all
    select * from matched
    union all
    select * from steward

)

select * from final
