{#- The metrics of probabilities of several classes, listed, from a relation with a row per prediction and class: a query, one row per group,
    average, class and metric. -#}

{%- macro multiclass_probability_metrics(relation, class_name, is_actual, score, group_by=[], where=none, weight=none) -%}
    {%- set columns = {'class_name': class_name, 'is_actual': is_actual, 'score': score, 'where': where, 'weight': weight} -%}
    {%- do millwright.check_metrics('multiclass_probability_metrics', relation, columns, group_by) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set names = groups.keys() | list -%}
    {%- set numbers = ['n', 'n_unlabelled', 'n_unpredicted'] -%}
    {%- set by_class = dict(groups, scored_class='cast(' ~ class_name ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    with

    scores as (

        {{ millwright.score_counts(relation, is_actual, score, by_class, where, weight) | indent(4) }}

    ),

    bins as (

        {{ millwright.score_sums('scores', names + ['scored_class'], 1) | indent(4) }}

    ),

    rates as (

        {{ millwright.multiclass_rates('bins', names) | indent(4) }}

    ),

    summed as (

        select
            {%- for name in names %}
            {{ name }},
            {%- endfor %}
            {%- for number in numbers %}
            cast(sum({{ number }}) as bigint) as {{ number }},
            {%- endfor %}
            sum(positives) as positives,
            sum(log_loss) as log_loss,
            sum(squared_error) as squared_error,
            sum(roc_auc) as areas,
            cast(count(roc_auc) as {{ millwright.sql_type('float8') }}) as n_areas,
            sum(roc_auc * positives) as weighted_areas,
            sum(case when roc_auc is not null then positives end) as areas_weight
        from rates
        {{ 'group by ' ~ names | join(', ') if names else 'having count(*) > 0' }}

    ),

    listed as (

        select {{ (names + numbers) | join(', ') }}, long.*
        from summed
        cross join lateral (
            values
            ('all', cast(null as {{ dbt.type_string() }}), 'log_loss', log_loss, positives),
            ('all', null, 'brier_score', squared_error, positives),
            ('macro', null, 'roc_auc', areas, n_areas),
            ('weighted', null, 'roc_auc', weighted_areas, areas_weight)
        ) as long (average, class_name, metric, numerator, denominator)

        union all

        select {{ (names + numbers) | join(', ') }}, 'class', scored_class, 'roc_auc', ordered_pairs, pairs
        from rates

    )

    select
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        average,
        class_name,
        metric,
        {{ millwright.safe_divide('numerator', 'denominator') }} as value,
        numerator,
        denominator,
        {{ numbers | join(',\n        ') }}
    from listed
{%- endmacro -%}
