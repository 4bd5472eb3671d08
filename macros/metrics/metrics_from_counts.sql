{#- The metrics of classifications from cells of `confusion_counts`, also stored ones and those of finer groups: they are added up. -#}

{%- macro metrics_from_counts(cells, group_by=[], weight='n', beta=1) -%}
    {%- do millwright.check_metrics(
        'metrics_from_counts', cells, {'cells': ['actual_class', 'predicted_class', 'n'], 'weight': weight}, group_by
    ) -%}
    {%- if beta is not number or beta is boolean or not beta > 0 -%}
        {%- do exceptions.raise_compiler_error('metrics_from_counts: beta is "' ~ beta ~ '"; it must be a number above 0') -%}
    {%- endif -%}
    {%- set groups = millwright.metric_groups(group_by).keys() | list -%}
    with

    classes as (

        {{ millwright.classes_of_cells(cells, millwright.metric_groups(group_by), weight) | indent(4) }}

    ),

    by_class as (

        {{ millwright.class_metrics('classes', groups, beta) | indent(4) }}

    ),

    -- What is left of products of counts without taking large numbers from each other.
    summed as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            sum(tp) as correct,
            sum(tp + fn) as total,
            sum({{ millwright.safe_divide('tp', 'tp + fn') }}) as recalls,
            count(nullif(tp + fn, 0)) as n_recalls,
            sum(tp * tn - fp * fn) as agreement,
            sum((tp + fn) * (tn + fn)) as chance,
            sqrt(sum((tp + fp) * (tn + fn))) * sqrt(sum((tp + fn) * (tn + fp))) as deviations,
            max(n) as n,
            max(n_unlabelled) as n_unlabelled,
            max(n_unpredicted) as n_unpredicted
        from classes
        {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}

    )

    select *
    from by_class

    union all

    {{ millwright.listed_metrics('summed', groups, [
        ('accuracy', 'correct', 'total'),
        ('balanced_accuracy', 'recalls', 'n_recalls'),
        ('matthews_correlation', 'agreement', 'deviations'),
        ('cohen_kappa', 'agreement', 'chance'),
    ]) }}
{%- endmacro -%}
