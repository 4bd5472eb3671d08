{#- The metrics of probabilities from rows of `score_counts`, also stored ones and those of finer groups: they are added up. -#}

{%- macro metrics_from_scores(scores, group_by=[], n_bins=10) -%}
    {%- set figures = ['n', 'positives', 'negatives', 'n_unlabelled', 'n_unpredicted'] -%}
    {%- do millwright.check_metrics('metrics_from_scores', scores, {'scores': ['score'] + figures}, group_by) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    with

    scores as (

        select
            {%- for name, expression in groups.items() %}
            {{ expression if expression == name else expression ~ ' as ' ~ name }},
            {%- endfor %}
            score,
            {%- for figure in figures %}
            sum({{ figure }}) as {{ figure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ scores }} as counted
        group by {{ range(1, groups | length + 2) | join(', ') }}

    )

    select *
    from (
        {{ millwright.score_metrics('scores', groups.keys() | list, n_bins) | indent(4) }}
    ) as metrics
{%- endmacro -%}
