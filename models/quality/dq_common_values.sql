{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='profiled_at',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
{%- set relations = var('profiled_relations') -%}

with

profiles as (

    select * from {{ ref('dq_column_profiles') }}
    where profiled_at = {{ millwright.as_of() }}

),

-- What occurs once is not common.
{% for name in relations -%}
{{ name }} as (

    {{ millwright.common_values(ref(name), min_rows=2) }}

),

{% endfor -%}
common as (
    {% for name in relations %}
    select
        '{{ name }}' as relation_name,
        *
    from {{ name }}
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

final as (

    select
        {{ millwright.as_of() }} as profiled_at,
        common.relation_name,
        common.column_name,
        common.value_rank,
        {{ millwright.masked_if_personal('common.value', 'common.relation_name', 'common.column_name', relations) }} as value,
        common.n_rows,
        {{ millwright.safe_divide('common.n_rows', 'profiles.n_rows') }} as value_rate
    from common
    inner join profiles
        on
            common.relation_name = profiles.relation_name
            and common.column_name = profiles.column_name

)

select * from final
