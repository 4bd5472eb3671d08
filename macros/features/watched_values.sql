{#- What rows were predicted on or learnt from, as a query: a row per row and feature, with the columns `carried`, feature_group, feature, kind
    (`number` or `category`), number_value and text_value, as known at the row's moment. `rows` names a CTE with model_name, model_version,
    entity_id and event_at, `wanted` one with the features of each version. -#}

{%- macro watched_values(rows, wanted, groups, carried) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    with

    asked as (

        select distinct
            moments.entity_id,
            moments.event_at
        from {{ rows }} as moments
        inner join {{ wanted }} as wanted
            on
                moments.model_name = wanted.model_name
                and moments.model_version = wanted.model_version

    )
    {%- for group in groups -%}
    ,

    {{ group.name }}_known as (

        {{ millwright.point_in_time_join(
            'asked', 'entity_id', 'event_at', {group.name: group.features | map(attribute='name') | list}
        ) | indent(8) }}

    )
    {%- endfor %}
    {%- for group in groups %}
    {%- set numbers = group.features | selectattr('kind', 'equalto', 'number') | map(attribute='name') | list %}
    {%- set texts = group.features | rejectattr('kind', 'equalto', 'number') | map(attribute='name') | list %}

    select
        {%- for column in carried %}
        watched.{{ column }},
        {%- endfor %}
        wanted.feature_group,
        wanted.feature,
        case when wanted.feature in ('{{ numbers | join("', '") }}') then 'number' else 'category' end as kind,
        case
            {%- for name in numbers %}
            when wanted.feature = '{{ name }}' then cast(known.{{ name }} as {{ float8 }})
            {%- endfor %}
            when false then cast(null as {{ float8 }})
        end as number_value,
        case
            {%- for name in texts %}
            when wanted.feature = '{{ name }}' then cast(known.{{ name }} as {{ dbt.type_string() }})
            {%- endfor %}
            when false then cast(null as {{ dbt.type_string() }})
        end as text_value
    from {{ rows }} as watched
    inner join {{ wanted }} as wanted
        on
            watched.model_name = wanted.model_name
            and watched.model_version = wanted.model_version
            and wanted.feature_group = '{{ group.name }}'
            and wanted.feature in ('{{ (numbers + texts) | join("', '") }}')
    inner join {{ group.name }}_known as known
        on
            watched.entity_id = known.entity_id
            and watched.event_at = known.event_at

    union all
    {%- endfor %}

    select
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as feature_group,
        cast(null as {{ dbt.type_string() }}) as feature,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ float8 }}) as number_value,
        cast(null as {{ dbt.type_string() }}) as text_value
    from {{ rows }}
    where false
{%- endmacro -%}
