{#- How many positives and negatives each score has: a query, one row per group and distinct score, from which `probability_metrics` and
    `threshold_metrics` are made. A row without score holds what cannot be judged. The counts add up over groups, so they can be stored by day. -#}

{%- macro score_counts(relation, is_actual, score, group_by=[], where=none, weight=none) -%}
    {%- do millwright.check_metrics(
        'score_counts', relation, {'is_actual': is_actual, 'score': score, 'where': where, 'weight': weight}, group_by
    ) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set weight_of_row = '1' if weight is none else 'weight' -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        score,
        count(score) as n,
        cast(sum(case when is_actual and score is not null then {{ weight_of_row }} else 0 end) as {{ float8 }}) as positives,
        cast(sum(case when not is_actual and score is not null then {{ weight_of_row }} else 0 end) as {{ float8 }}) as negatives,
        count(*) - count(is_actual) as n_unlabelled,
        count(is_actual) - count(score) as n_unpredicted
    from (
        select
            {%- for name, expression in groups.items() %}
            {{ expression if expression == name else expression ~ ' as ' ~ name }},
            {%- endfor %}
            {%- if weight is not none %}
            cast({{ weight }} as {{ float8 }}) as weight,
            {%- endif %}
            cast({{ is_actual }} as boolean) as is_actual,
            case when ({{ is_actual }}) is not null then cast({{ score }} as {{ float8 }}) end as score
        from {{ relation }} as examples
        {%- if where is not none %}
        where {{ where }}
        {%- endif %}
    ) as labelled
    group by {{ (groups.keys() | list + ['score']) | join(', ') }}
    having
        {{ millwright.require(
            'score is null or score between 0 and 1',
            "'score_counts: a score is ' || score || '; it must be a probability from 0 to 1'"
        ) | indent(4) }}
        {%- if weight is not none %}
        and {{ millwright.check_weight('score_counts') | indent(4) }}
        {%- endif %}
{%- endmacro -%}
