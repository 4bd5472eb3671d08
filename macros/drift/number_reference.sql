{#- The bins of columns of numbers and how many rows of a relation are in each, as a query in the form of `drift_reference`. -#}

{%- macro number_reference(relation, features, n_bins) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    with

    features as (

        {{ millwright.listed_features(features) | indent(8) }}

    ),

    edges as (
        {%- for feature in features %}

        select
            {{ millwright.literal(feature) }} as feature,
            edge_number,
            edge
        from (
            {{ millwright.bin_edges(relation, feature, n_bins, 'quantile') | indent(12) }}
        ) as edges_of_feature
        {%- if not loop.last %}

        union all
        {%- endif %}
        {%- endfor %}

    ),

    bins as (

        {{ millwright.open_bins('features', 'edges', ['feature']) | indent(8) }}

    ),

    counted as (

        {{ millwright.number_bin_counts(relation, 'bins', features, n_bins) | indent(8) }}

    )

    select
        places.feature,
        'number' as kind,
        cast(places.bin_number as integer) as bin_number,
        cast(null as {{ dbt.type_string() }}) as category,
        places.lower_bound,
        places.upper_bound,
        coalesce(counted.n, 0) as n,
        counted.total
    from (
        select * from bins

        union all

        select
            feature,
            0 as bin_number,
            cast(null as {{ float8 }}) as lower_bound,
            cast(null as {{ float8 }}) as upper_bound
        from features
    ) as places
    left join counted
        on
            places.feature = counted.feature
            and places.bin_number = counted.bin_number
{%- endmacro -%}
