{#- The rows of fitted encodings, made of the counts of `category_counts`, `bin_counts` or `held_out_counts`: one per fit, feature, encoding and
    bucket. Rare categories share a bucket but have a row each, so that they can be told from unknown ones. `apply_encodings` reads the rows. -#}

{%- macro fit_encodings(counts, encodings, by=[], smoothing=1, min_count=1) -%}
    {%- do millwright.check_encodings(encodings, smoothing, min_count) -%}
    {%- set figures = ['n', 'n_positive', 'n_negative', 'target_sum'] -%}
    with

    seen as (

        select
            counts.*,
            case
                when category is null and lower_bound is null then 'null'
                when category is null then 'bin'
                when n < {{ min_count }} then 'rare'
                else 'value'
            end as bucket
        from {{ counts }} as counts
        where
            category is null
            or n > 0

    ),

    -- A feature has its buckets for NULL and for what is unknown whether any row was in them or not.
    buckets as (

        select
            {{ (by + ['feature', 'bucket', 'category', 'lower_bound', 'upper_bound']) | join(',\n            ') }},
            {{ figures | join(',\n            ') }}
        from seen
        where bucket <> 'null'

        union all

        select
            {%- for column in by %}
            seen.{{ column }},
            {%- endfor %}
            seen.feature,
            always.bucket,
            cast(null as {{ dbt.type_string() }}) as category,
            cast(null as {{ millwright.sql_type('float8') }}) as lower_bound,
            cast(null as {{ millwright.sql_type('float8') }}) as upper_bound,
            {%- for figure in figures %}
            sum(seen.{{ figure }} * case when seen.bucket = always.bucket then 1 else 0 end) as {{ figure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from seen
        cross join (values ('null'), ('unknown')) as always (bucket)
        group by
            {%- for column in by %}
            seen.{{ column }},
            {%- endfor %}
            seen.feature,
            always.bucket

    ),

    weighed as (

        {{ millwright.weighed_buckets('buckets', by, smoothing) | indent(4) }}

    )
    {%- for encoding in encodings %}

    {{ millwright.encoded_buckets('weighed', encoding, by, smoothing) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro -%}
