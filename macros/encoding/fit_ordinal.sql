{#- The rows of ordinal encodings, in the form of `fit_encodings`: nothing is learnt but how many rows a category has, since the order is given. -#}

{%- macro fit_ordinal(counts, orders, by=[]) -%}
    {%- if orders is not mapping or not orders -%}
        {%- do exceptions.raise_compiler_error(
            'fit_ordinal: orders is "' ~ orders ~ '"; it must map features to lists of their categories in order'
        ) -%}
    {%- endif -%}
    {%- for feature, categories in orders.items() -%}
        {%- if categories is string or not categories or categories | unique(case_sensitive=true) | list | length < categories | length -%}
            {%- do exceptions.raise_compiler_error(
                'fit_ordinal: orders has "' ~ categories ~ '" for ' ~ feature ~ '; it must be a list of different categories'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    with

    ordered as (

        select *
        from (
            values
            {%- for feature, categories in orders.items() %}
            {%- for category in categories %}
            ({{ millwright.literal(feature) }}, 'value', {{ millwright.literal(category) }}, {{ loop.index0 }}),
            {%- endfor %}
            ({{ millwright.literal(feature) }}, 'unknown', {{ millwright.literal(none) }}, -1),
            ({{ millwright.literal(feature) }}, 'null', {{ millwright.literal(none) }}, -2){{ ',' if not loop.last }}
            {%- endfor %}
        ) as listed (feature, bucket, category, value)

    ),

    placed as (

        select
            {%- for column in by %}
            counts.{{ column }},
            {%- endfor %}
            counts.feature,
            case when counts.category is null then 'null' else coalesce(ordered.bucket, 'unknown') end as bucket,
            ordered.category,
            sum(counts.n) as n
        from {{ counts }} as counts
        left join ordered
            on
                counts.feature = ordered.feature
                and counts.category = ordered.category
        group by {{ range(1, by | length + 4) | join(', ') }}

    )

    select
        {%- for column in by %}
        fits.{{ column }},
        {%- endfor %}
        ordered.feature,
        {{ millwright.literal('ordinal') }} as encoding,
        ordered.bucket,
        ordered.category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        ordered.feature || '__ordinal' as output,
        cast(ordered.value as {{ float8 }}) as value,
        cast(null as {{ float8 }}) as scale,
        cast(null as {{ float8 }}) as information_value,
        cast(coalesce(placed.n, 0) as bigint) as n,
        cast(null as bigint) as n_positive,
        cast(null as {{ float8 }}) as target_sum
    from (select distinct {{ (by + ['feature']) | join(', ') }} from {{ counts }}) as fits
    inner join ordered
        on fits.feature = ordered.feature
    left join placed
        on
            ordered.feature = placed.feature
            and ordered.bucket = placed.bucket
            and coalesce(ordered.category, '') = coalesce(placed.category, '')
            {%- for column in by %}
            and fits.{{ column }} = placed.{{ column }}
            {%- endfor %}
{%- endmacro -%}
