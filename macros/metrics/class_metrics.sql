{#- The metrics of each class and their averages over classes, as a query. `classes` names a CTE with a row per group and class: class_name, tp,
    fp, fn, tn, n, n_unlabelled, n_unpredicted. A row without class_name, its counts zero, is in no metric but makes its group appear. `total` is
    the aggregate that makes the numbers of rows of a group out of those of its classes: max where each class has all rows, sum where each has its
    own. -#}

{%- macro class_metrics(classes, groups, beta=none, total='max') -%}
    with

    rates as (

        {{ millwright.class_rates(classes, groups, beta, total) | indent(4) }}

    ),

    -- A class for which a metric is undefined is left out of its averages.
    summed as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            metric,
            sum(value) filter (where average = 'class') as total,
            count(value) filter (where average = 'class') as n_classes,
            sum(value * (tp + fn)) filter (where average = 'class') as weighted_total,
            sum(tp + fn) filter (where average = 'class' and value is not null) as total_weight,
            max(n) filter (where average = 'micro') as n,
            max(n_unlabelled) filter (where average = 'micro') as n_unlabelled,
            max(n_unpredicted) filter (where average = 'micro') as n_unpredicted
        from rates
        where metric not in ('prevalence', 'selection_rate', 'support')
        group by {{ (groups | list + ['metric']) | join(', ') }}

    )

    select {{ (groups | list + millwright.metric_columns()) | join(', ') }}
    from rates

    union all

    -- Where no class with a value has weight, they count alike, as in scikit-learn.
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        long.average,
        cast(null as {{ dbt.type_string() }}) as class_name,
        summed.metric,
        {{ millwright.safe_divide('long.numerator', 'long.denominator') }} as value,
        long.numerator,
        long.denominator,
        summed.n,
        summed.n_unlabelled,
        summed.n_unpredicted
    from summed
    cross join lateral (
        values
        ('macro', summed.total, cast(summed.n_classes as {{ millwright.sql_type('float8') }})),
        (
            'weighted',
            case when summed.total_weight > 0 then summed.weighted_total else summed.total end,
            case when summed.total_weight > 0 then summed.total_weight else summed.n_classes end
        )
    ) as long (average, numerator, denominator)
{%- endmacro -%}
