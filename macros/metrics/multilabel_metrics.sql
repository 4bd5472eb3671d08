{#- The metrics of several yes-or-no labels, listed, from a relation with a row per prediction and label: a query, one row per group, average,
    label and metric. `actual` and `predicted` are booleans, `key` tells predictions apart. -#}

{%- macro multilabel_metrics(relation, key, label, actual, predicted, group_by=[], where=none) -%}
    {%- set columns = {'key': key, 'label': label, 'actual': actual, 'predicted': predicted, 'where': where} -%}
    {%- do millwright.check_metrics('multilabel_metrics', relation, columns, group_by) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set names = groups.keys() | list -%}
    {%- set keys = [key] if key is string else key -%}
    {%- set key_columns = [] -%}
    {%- for expression in keys -%}
        {%- do key_columns.append('key_' ~ loop.index) -%}
    {%- endfor -%}
    with

    examples as (

        select
            {%- for name, expression in groups.items() %}
            {{ expression if expression == name else expression ~ ' as ' ~ name }},
            {%- endfor %}
            {%- for column in key_columns %}
            {{ keys[loop.index0] }} as {{ column }},
            {%- endfor %}
            case
                when {{ millwright.require(
                    '(' ~ label ~ ') is not null',
                    "'multilabel_metrics: label is NULL in a row of ' || coalesce(cast(" ~ keys[0] ~ " as " ~ dbt.type_string() ~ "), 'NULL')"
                ) | indent(12) }} then cast({{ label }} as {{ dbt.type_string() }})
            end as class_name,
            cast({{ actual }} as boolean) as is_actual,
            cast({{ predicted }} as boolean) as is_predicted
        from {{ relation }} as examples
        {%- if where is not none %}
        where {{ where }}
        {%- endif %}

    ),

    labels as (

        {{ millwright.binary_counts('examples', names + ['class_name']) | indent(4) }}

    ),

    by_label as (

        {{ millwright.class_metrics('labels', names, total='sum') | indent(4) }}

    ),

    predictions as (

        {{ millwright.binary_counts('examples', names + key_columns) | indent(4) }}

    ),

    by_prediction as (

        {{ millwright.sample_metrics('predictions', names) | indent(4) }}

    )

    select *
    from by_label

    union all

    select *
    from by_prediction
{%- endmacro -%}
