{#- The metrics of each class and of all classes together, their average 'micro', as a query: what `class_metrics` averages. The arguments are
    those of `class_metrics`. -#}

{%- macro class_rates(classes, groups, beta, total) -%}
    select
        counted.*,
        long.metric,
        {{ millwright.safe_divide('long.numerator', 'long.denominator') }} as value,
        long.numerator,
        long.denominator
    from (
        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            'class' as average,
            class_name,
            tp,
            fp,
            fn,
            tn,
            n,
            n_unlabelled,
            n_unpredicted
        from {{ classes }}
        where class_name is not null

        union all

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            'micro' as average,
            cast(null as {{ dbt.type_string() }}) as class_name,
            sum(tp) as tp,
            sum(fp) as fp,
            sum(fn) as fn,
            sum(tn) as tn,
            cast({{ total }}(n) as bigint) as n,
            cast({{ total }}(n_unlabelled) as bigint) as n_unlabelled,
            cast({{ total }}(n_unpredicted) as bigint) as n_unpredicted
        from {{ classes }}
        {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}
    ) as counted
    cross join lateral (
        values
        {%- for metric, numerator, denominator in millwright.binary_rates(beta) %}
        ('{{ metric }}', {{ numerator }}, {{ denominator }}),
        {%- endfor %}
        ('prevalence', tp + fn, tp + fp + fn + tn),
        ('selection_rate', tp + fp, tp + fp + fn + tn),
        ('support', tp + fn, 1)
    ) as long (metric, numerator, denominator)
    where
        counted.average = 'class'
        or long.metric not in ('prevalence', 'selection_rate', 'support')
{%- endmacro -%}
