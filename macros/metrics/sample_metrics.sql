{#- The metrics of `multilabel_metrics` that look at whole predictions, and Hamming loss, listed, as a query. `predictions` names a CTE with a row
    per group and prediction, as `binary_counts` makes them, or stands for `times` predictions that are alike. A prediction of which not all labels
    can be judged is in Hamming loss only. -#}

{%- macro sample_metrics(predictions, groups, times='1') -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set rates = millwright.binary_rates() -%}
    {%- set is_whole = 'n_unlabelled + n_unpredicted = 0' -%}
    with

    summed as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            {%- for metric, numerator, denominator in rates %}
            {%- set value = millwright.safe_divide(numerator, denominator) %}
            sum({{ value }} * {{ times }}) filter (where {{ is_whole }}) as sum_{{ metric }},
            sum(case when {{ value }} is not null then {{ times }} end) filter (where {{ is_whole }}) as n_{{ metric }},
            {%- endfor %}
            cast(sum(case when {{ is_whole }} and fp + fn = 0 then {{ times }} else 0 end) as {{ float8 }}) as n_exact,
            cast(sum(case when {{ is_whole }} then {{ times }} else 0 end) as bigint) as n,
            cast(sum(case when n_unlabelled > 0 then {{ times }} else 0 end) as bigint) as n_unlabelled,
            cast(sum(case when n_unlabelled = 0 and n_unpredicted > 0 then {{ times }} else 0 end) as bigint) as n_unpredicted,
            cast(sum((fp + fn) * {{ times }}) as {{ float8 }}) as n_wrong_labels,
            cast(sum(n * {{ times }}) as bigint) as n_labels,
            cast(sum(n_unlabelled * {{ times }}) as bigint) as n_unlabelled_labels,
            cast(sum(n_unpredicted * {{ times }}) as bigint) as n_unpredicted_labels
        from {{ predictions }}
        {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}

    )

    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        long.average,
        cast(null as {{ dbt.type_string() }}) as class_name,
        long.metric,
        {{ millwright.safe_divide('long.numerator', 'long.denominator') }} as value,
        long.numerator,
        cast(long.denominator as {{ float8 }}) as denominator,
        long.n,
        long.n_unlabelled,
        long.n_unpredicted
    from summed
    cross join lateral (
        values
        ('all', 'hamming_loss', n_wrong_labels, n_labels, n_labels, n_unlabelled_labels, n_unpredicted_labels),
        ('all', 'subset_accuracy', n_exact, n, n, n_unlabelled, n_unpredicted)
        {%- for metric, numerator, denominator in rates %},
        ('samples', '{{ metric }}', sum_{{ metric }}, n_{{ metric }}, n, n_unlabelled, n_unpredicted)
        {%- endfor %}
    ) as long (average, metric, numerator, denominator, n, n_unlabelled, n_unpredicted)
{%- endmacro -%}
