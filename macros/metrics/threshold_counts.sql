{#- The CTEs of `threshold_metrics` that lead from `scores`, rows of `score_counts`, to `outcomes`: a row per group and threshold with tp, fp, fn,
    tn. -#}

{%- macro threshold_counts(scores, groups, thresholds) -%}
    {%- set steps = millwright.threshold_steps(thresholds) -%}
    {%- set totals = ['n', 'n_unlabelled', 'n_unpredicted'] -%}
    -- Each score counts from the highest threshold on that it reaches, if it reaches any; thresholds that no score is next to are there, too.
    placed as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            {%- if thresholds is none %}
            score as threshold,
            {%- else %}
            case
                {%- for step in steps %}
                when score >= {{ step }} then {{ step }}
                {%- endfor %}
            end as threshold,
            {%- endif %}
            positives,
            negatives,
            {{ totals | join(',\n            ') }}
        from {{ scores }}

        union all

        select
            {%- for name in groups %}
            groups.{{ name }},
            {%- endfor %}
            steps.threshold,
            0 as positives,
            0 as negatives,
            0 as n,
            0 as n_unlabelled,
            0 as n_unpredicted
        from (
            select {{ groups | join(', ') or 'count(*) as n_scores' }}
            from {{ scores }}
            {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}
        ) as groups
        cross join (values {% for step in steps %}({{ step }}){{ ', ' if not loop.last }}{% endfor %}) as steps (threshold)

    ),

    cumulated as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            threshold,
            {%- for figure, through in [('positives', 'tp'), ('negatives', 'fp')] %}
            sum(sum({{ figure }})) over descending as {{ through }},
            sum(sum({{ figure }})) over of_group as {{ figure }},
            {%- endfor %}
            {%- for figure in totals %}
            cast(sum(sum({{ figure }})) over of_group as bigint) as {{ figure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from placed
        group by {{ (groups + ['threshold']) | join(', ') }}
        {%- set partition = 'partition by ' ~ groups | join(', ') if groups else '' %}
        window
            of_group as ({{ partition }}),
            descending as ({{ partition }} order by threshold desc nulls last rows between unbounded preceding and current row)

    ),

    outcomes as (

        select
            *,
            positives - tp as fn,
            negatives - fp as tn
        from cumulated
        where threshold is not null

    )
{%- endmacro -%}
