with

leaks as (
    {%- for name in var('training_sets') %}
    {%- set relation = ref(name) %}

    {{ millwright.training_leaks(relation, millwright.training_set(name)) | trim }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        training_set,
        entity_id,
        moment,
        feature_group,
        event_at,
        known_at,
        leak
    from leaks

)

select * from final
