{#- A query with one row per problem of the steward's decisions: the text names the decision and what is wrong with it. -#}

{%- macro steward_decision_problems(decisions, records) -%}
    {%- set pinnable = millwright.customer_field_groups().values() | sum(start=[]) -%}
    with keyed as (

        select
            decision_id,
            decision,
            source_system || '-' || source_record_id as record_key,
            other_source_system || '-' || other_source_record_id as other_key,
            column_name,
            value
        from {{ decisions }}
        where decided_on <= {{ millwright.as_of() }}

    )

    select 'decision ' || decision_id || ' names the record ' || keyed.record_key || ', which no source has delivered' as problem
    from keyed
    left join {{ records }} as records
        on keyed.record_key = records.record_key
    where records.record_key is null

    union all

    select 'decision ' || decision_id || ' names the record ' || keyed.other_key || ', which no source has delivered'
    from keyed
    left join {{ records }} as records
        on keyed.other_key = records.record_key
    where decision <> 'pin' and keyed.other_key is not null and records.record_key is null

    union all

    select 'decision ' || decision_id || ' needs two different records'
    from keyed
    where decision <> 'pin' and coalesce(other_key, record_key) = record_key

    union all

    select 'decision ' || decision_id || ' pins the column ' || coalesce(column_name, '(none)') || '; it can be one of '
        || '{{ pinnable | join(", ") }}'
    from keyed
    where
        decision = 'pin'
        and coalesce(column_name, '') not in ('{{ pinnable | join("', '") }}')

    union all

    select 'decision ' || decision_id || ' pins ' || column_name || ' to "' || coalesce(value, '') || '", which is no value for it'
    from keyed
    where
        decision = 'pin'
        and (
            {{ millwright.blank_to_null('value') }} is null
            or (column_name = 'birth_on' and {{ millwright.parse_date('value') }} is null)
        )

    union all

    select 'decisions ' || min(decision_id) || ' and ' || max(decision_id) || ' contradict each other about the records '
        || least(record_key, other_key) || ' and ' || greatest(record_key, other_key)
    from keyed
    where decision <> 'pin' and other_key is not null
    group by
        least(record_key, other_key),
        greatest(record_key, other_key)
    having count(distinct decision) > 1

    union all

    select 'decisions ' || min(decision_id) || ' and ' || max(decision_id) || ' both pin the column ' || column_name || ' of the record '
        || record_key
    from keyed
    where decision = 'pin'
    group by
        record_key,
        column_name
    having count(*) > 1
{%- endmacro -%}
