with

counted as (
    {%- for name in var('training_sets') %}
    {%- set relation = ref(name) %}
    {%- set set_loop = loop %}
    {%- set set = millwright.training_set(name) %}
    {%- for group in set.groups %}

    select
        cast('{{ name }}' as {{ dbt.type_string() }}) as training_set,
        {{ set.as_of }} as moment,
        cast('{{ group }}' as {{ dbt.type_string() }}) as feature_group,
        count(*) as n_rows,
        count(case when {{ set.entity_key }} is null then 1 end) as n_without_entity,
        count({{ group }}__event_at) as n_with_features
    from {{ relation }}
    group by {{ set.as_of }}
    {%- if not (loop.last and set_loop.last) %}

    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        training_set,
        moment,
        feature_group,
        n_rows,
        n_without_entity,
        n_with_features,
        {{ millwright.safe_divide('n_with_features', 'n_rows') }} as coverage_rate
    from counted

)

select * from final
