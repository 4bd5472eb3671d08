{#- What the metrics of regressions are made of: a query, one row per group. All of it but the median adds up over groups with `metrics_from_sums`,
    so it can be stored by day. A spread is the sum of the squared distances from the mean; the mean is taken off first, since digits would be lost
    in the squares of numbers that are large beside their differences, and what its float has lost itself is kept as its rest. -#}

{%- macro regression_sums(relation, actual, predicted, group_by=[], where=none) -%}
    {%- do millwright.check_metrics('regression_sums', relation, {'actual': actual, 'predicted': predicted, 'where': where}, group_by) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        count(error) as n,
        count(*) - count(actual) as n_unlabelled,
        count(actual) - count(error) as n_unpredicted,
        sum(error) as sum_error,
        sum(abs(error)) as sum_absolute_error,
        -- The square of an error below 1e-150 is no float any more, which PostgreSQL makes an error.
        sum(case when abs(error) < 1e-150 then 0 else error * error end) as sum_squared_error,
        sum(abs(error) / greatest(abs(judged_actual), cast(2.220446049250313e-16 as {{ float8 }}))) as sum_relative_error,
        max(abs(error)) as max_absolute_error,
        percentile_cont(0.5) within group (order by abs(error)) as median_absolute_error,
        sum(abs(judged_actual)) as sum_absolute_actual,
        {%- for figure, column in [('actual', 'judged_actual'), ('error', 'error')] %}
        min({{ column }}) as min_{{ figure }},
        max({{ column }}) as max_{{ figure }},
        min(mean_{{ figure }}) as mean_{{ figure }},
        avg({{ column }} - mean_{{ figure }}) as mean_rest_{{ figure }},
        var_pop({{ column }} - mean_{{ figure }}) * count({{ column }}) as spread_{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            avg(judged_actual) over of_group as mean_actual,
            avg(error) over of_group as mean_error
        from (
            select
                *,
                predicted - actual as error,
                case when predicted is not null then actual end as judged_actual
            from (
                select
                    {%- for name, expression in groups.items() %}
                    {{ expression if expression == name else expression ~ ' as ' ~ name }},
                    {%- endfor %}
                    cast({{ actual }} as {{ float8 }}) as actual,
                    cast({{ predicted }} as {{ float8 }}) as predicted
                from {{ relation }} as examples
                {%- if where is not none %}
                where {{ where }}
                {%- endif %}
            ) as measured
        ) as compared
        window of_group as ({{ 'partition by ' ~ groups.keys() | join(', ') if groups }})
    ) as judged
    {{ 'group by ' ~ groups.keys() | join(', ') if groups else 'having count(*) > 0' }}
{%- endmacro -%}
