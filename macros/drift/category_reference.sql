{#- The categories of columns and how many rows of a relation have each, as a query in the form of `drift_reference`. -#}

{%- macro category_reference(relation, features, max_categories) -%}
    {%- set text, float8 = dbt.type_string(), millwright.sql_type('float8') -%}
    with

    features as (

        {{ millwright.listed_features(features) | indent(8) }}

    ),

    counted as (

        {{ millwright.category_counts(relation, features) | indent(8) }}

    )

    select
        feature,
        'category' as kind,
        cast(least(
            row_number() over (partition by feature order by n desc, {{ millwright.bytewise('category') }}), {{ max_categories }} + 1
        ) as integer) as bin_number,
        category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        n,
        cast(null as {{ float8 }}) as total
    from counted
    where category is not null

    union all

    select
        features.feature,
        'category' as kind,
        0 as bin_number,
        cast(null as {{ text }}) as category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        coalesce(counted.n, 0) as n,
        cast(null as {{ float8 }}) as total
    from features
    left join counted
        on
            features.feature = counted.feature
            and counted.category is null
{%- endmacro -%}
