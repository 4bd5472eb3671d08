{#- The rows of a training set that used a value of a feature group with event_at or known_at after their moment, as a query: training_set,
    entity_id, moment, feature_group, event_at, known_at, leak. -#}

{%- macro training_leaks(relation, training_set) -%}
    {%- for group in training_set.groups -%}
    select
        cast('{{ training_set.name }}' as {{ dbt.type_string() }}) as training_set,
        cast({{ training_set.entity_key }} as {{ dbt.type_string() }}) as entity_id,
        {{ training_set.as_of }} as moment,
        cast('{{ group }}' as {{ dbt.type_string() }}) as feature_group,
        {{ group }}__event_at as event_at,
        {{ group }}__known_at as known_at,
        case
            when {{ group }}__event_at <= {{ training_set.as_of }} then 'known later'
            when {{ group }}__known_at <= {{ training_set.as_of }} then 'true later'
            else 'true and known later'
        end as leak
    from {{ relation }}
    where
        {{ group }}__event_at > {{ training_set.as_of }}
        or {{ group }}__known_at > {{ training_set.as_of }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor -%}
{%- endmacro -%}
