{#- What each threshold of a score leads to: a query, one row per group and threshold. A row is predicted positive from the threshold on. -#}

{%- macro threshold_metrics(relation, is_actual, score, group_by=[], where=none, thresholds=none, costs=none) -%}
    {%- do millwright.check_metrics('threshold_metrics', relation, {'is_actual': is_actual, 'score': score, 'where': where}, group_by) -%}
    {%- do millwright.check_thresholds(thresholds, costs) -%}
    {%- set groups = millwright.metric_groups(group_by).keys() | list -%}
    {%- set partition = 'partition by ' ~ groups | join(', ') ~ ' ' if groups -%}
    {%- set costs_of_counts = [] -%}
    {%- for outcome, cost in (costs or {}).items() -%}
        {%- do costs_of_counts.append(cost ~ ' * ' ~ outcome) -%}
    {%- endfor -%}
    with

    scores as (

        {{ millwright.score_counts(relation, is_actual, score, group_by, where) | indent(4) }}

    ),

    {{ millwright.threshold_counts('scores', groups, thresholds) }},

    rated as (

        select
            *,
            {{ millwright.safe_divide('tp', 'tp + fp') }} as precision_value,
            {{ millwright.safe_divide('tp', 'tp + fn') }} as recall,
            {{ millwright.safe_divide('fp', 'fp + tn') }} as false_positive_rate,
            {{ millwright.safe_divide('2 * tp', '2 * tp + fp + fn') }} as f1,
            {{ millwright.safe_divide('tp', 'tp + fn') }} - {{ millwright.safe_divide('fp', 'fp + tn') }} as youden_index,
            cast({{ costs_of_counts | join(' + ') or 'null' }} as {{ millwright.sql_type('float8') }}) as total_cost
        from outcomes

    )

    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        threshold,
        {%- for outcome in ['tp', 'fp', 'fn', 'tn'] %}
        cast({{ outcome }} as bigint) as {{ outcome }},
        {%- endfor %}
        precision_value,
        recall,
        false_positive_rate,
        f1,
        youden_index,
        total_cost,
        {%- for figure, direction in [('f1', 'desc'), ('youden_index', 'desc'), ('total_cost', 'asc')] %}
        {{ figure }} is not null
        and row_number() over ({{ partition }}order by {{ figure }} {{ direction }} nulls last, threshold desc) = 1 as is_best_{{ figure }},
        {%- endfor %}
        n,
        n_unlabelled,
        n_unpredicted
    from rated
{%- endmacro -%}
