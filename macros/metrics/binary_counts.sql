{#- How often is_actual and is_predicted agree and differ, for each group of rows of a CTE, as a query: tp, fp, fn, tn as floats, and the numbers
    of rows with both, without the first, and without the second only. -#}

{%- macro binary_counts(examples, groups) -%}
    {%- set outcomes = {
        'tp': 'is_actual and is_predicted',
        'fp': 'not is_actual and is_predicted',
        'fn': 'is_actual and not is_predicted',
        'tn': 'not is_actual and not is_predicted',
    } -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        {%- for outcome, condition in outcomes.items() %}
        cast(count(case when {{ condition }} then 1 end) as {{ millwright.sql_type('float8') }}) as {{ outcome }},
        {%- endfor %}
        count(case when is_actual is not null then is_predicted end) as n,
        count(*) - count(is_actual) as n_unlabelled,
        count(case when is_predicted is null then is_actual end) as n_unpredicted
    from {{ examples }}
    group by {{ groups | join(', ') }}
{%- endmacro -%}
