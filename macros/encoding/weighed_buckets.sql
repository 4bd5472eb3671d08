{#- Buckets with what their encodings are made of: their place, the figures of all rows that share the bucket and of all rows of the fit, and the
    bucket's shares of the rows of either class, `smoothing` rows added to its own and twice that to all. -#}

{%- macro weighed_buckets(buckets, by, smoothing) -%}
    {%- set fit = (by + ['feature']) | join(', ') -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set figures = {'n': 'n_rows', 'n_positive': 'n_positives', 'n_negative': 'n_negatives', 'target_sum': 'target_total'} -%}
    select
        pooled.*,
        {%- for class in ['positive', 'negative'] %}
        {{ millwright.safe_divide(
            'bucket_n_' ~ class ~ ' + ' ~ smoothing,
            'n_' ~ class ~ 's + 2 * ' ~ smoothing
        ) }} as {{ class }}_share{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ buckets }}.*,
            row_number() over (
                partition by {{ fit }}, bucket
                order by {{ millwright.bytewise('category') }}, lower_bound
            ) - 1 as bucket_number,
            count(case when bucket = 'value' then 1 end) over of_fit as n_values,
            {%- for figure, total in figures.items() %}
            cast(sum({{ figure }}) over of_bucket as {{ float8 }}) as bucket_{{ figure }},
            cast(sum({{ figure }}) over of_fit as {{ float8 }}) as {{ total }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ buckets }}
        window
            of_fit as (partition by {{ fit }}),
            of_bucket as (partition by {{ fit }}, bucket, case when bucket = 'value' then category end, lower_bound)
    ) as pooled
{%- endmacro -%}
