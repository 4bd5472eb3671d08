{#- The metrics of `multilabel_metrics` that look at whole predictions, and Hamming loss, listed, as a query. `predictions` names a CTE with a row
    per group and prediction, as `binary_counts` makes them. A prediction of which not all labels can be judged is in Hamming loss only. -#}

{%- macro sample_metrics(predictions, groups) -%}
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
            sum({{ value }}) filter (where {{ is_whole }}) as sum_{{ metric }},
            count({{ value }}) filter (where {{ is_whole }}) as n_{{ metric }},
            {%- endfor %}
            count(case when {{ is_whole }} and fp + fn = 0 then 1 end) as n_exact,
            count(case when {{ is_whole }} then 1 end) as n,
            count(case when n_unlabelled > 0 then 1 end) as n_unlabelled,
            count(case when n_unlabelled = 0 and n_unpredicted > 0 then 1 end) as n_unpredicted,
            sum(fp + fn) as n_wrong_labels,
            cast(sum(n) as bigint) as n_labels,
            cast(sum(n_unlabelled) as bigint) as n_unlabelled_labels,
            cast(sum(n_unpredicted) as bigint) as n_unpredicted_labels
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
