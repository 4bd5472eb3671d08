{#- `confusion_matrix` from cells of `confusion_counts`, also stored ones and those of finer groups: they are added up. -#}

{%- macro matrix_from_counts(cells, group_by=[], weight='n', classes_by=[]) -%}
    {%- do millwright.check_metrics(
        'matrix_from_counts', cells, {'cells': ['actual_class', 'predicted_class', 'n'], 'weight': weight}, group_by
    ) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set sharing = [classes_by] if classes_by is string else classes_by -%}
    {%- for column in sharing if column not in groups -%}
        {%- do exceptions.raise_compiler_error(
            'matrix_from_counts: classes_by names "' ~ column ~ '", which is none of group_by: ' ~ groups.keys() | join(', ')
        ) -%}
    {%- endfor -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set weighs = weight != 'n' -%}
    with

    seen as (

        select
            {%- for name, expression in groups.items() %}
            {{ expression if expression == name else expression ~ ' as ' ~ name }},
            {%- endfor %}
            actual_class,
            predicted_class,
            n{{ ',' if weighs }}
            {%- if weighs %}
            {{ weight }} as total_weight
            {%- endif %}
        from {{ cells }} as cells

    ),

    {{ millwright.matrix_frame(groups.keys() | list, sharing, weighs) }}

    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        actual_class,
        predicted_class,
        n,
        {%- if weighs %}
        total_weight,
        {%- endif %}
        cast(sum(n) over of_actual as bigint) as n_actual,
        cast(sum(n) over of_predicted as bigint) as n_predicted,
        cast(sum(n) over of_group as bigint) as n_total,
        {%- set figure = 'total_weight' if weighs else 'n' %}
        {{ millwright.safe_divide(figure, 'sum(' ~ figure ~ ') over of_actual') }} as actual_rate,
        {{ millwright.safe_divide(figure, 'sum(' ~ figure ~ ') over of_predicted') }} as predicted_rate,
        {{ millwright.safe_divide(figure, 'sum(' ~ figure ~ ') over of_group') }} as total_rate,
        n_unlabelled,
        n_unpredicted
    from filled
    {%- set partition = groups.keys() | list %}
    window
        of_actual as (partition by {{ (partition + ['actual_class']) | join(', ') }}),
        of_predicted as (partition by {{ (partition + ['predicted_class']) | join(', ') }}),
        of_group as ({{ 'partition by ' ~ partition | join(', ') if partition }})
{%- endmacro -%}
