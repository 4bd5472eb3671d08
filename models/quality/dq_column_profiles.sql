{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='profiled_at',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
{%- set relations = var('profiled_relations') -%}

with

{% for name in relations -%}
{{ name }} as (

    {{ millwright.profile_relation(ref(name)) }}

),

{% endfor -%}
profiled as (
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
        relation_name,
        column_name,
        column_kind,
        n_rows,
        n_nulls,
        {{ millwright.safe_divide('n_nulls', 'n_rows') }} as null_rate,
        n_distinct,
        n_not_finite,
        {{ millwright.masked_if_personal('min_value', 'relation_name', 'column_name', relations) }} as min_value,
        {{ millwright.masked_if_personal('max_value', 'relation_name', 'column_name', relations) }} as max_value,
        mean,
        standard_deviation,
        percentile_05,
        percentile_25,
        percentile_50,
        percentile_75,
        percentile_95,
        percentile_05_at,
        percentile_25_at,
        percentile_50_at,
        percentile_75_at,
        percentile_95_at
    from profiled

)

select * from final
