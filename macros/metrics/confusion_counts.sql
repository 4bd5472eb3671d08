{#- How many rows have each pair of an actual and a predicted class: a query, one row per group and pair that there is. NULL is a class here, so
    that the counts add up to all rows; they add up over groups, too, so they can be stored by day. -#}

{%- macro confusion_counts(relation, actual, predicted, group_by=[], where=none, weight=none) -%}
    {%- do millwright.check_metrics(
        'confusion_counts', relation, {'actual': actual, 'predicted': predicted, 'where': where, 'weight': weight}, group_by
    ) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        actual_class,
        predicted_class,
        count(*) as n{{ ',' if weight is not none }}
        {%- if weight is not none %}
        sum(weight) as total_weight
        {%- endif %}
    from (
        select
            {%- for name, expression in groups.items() %}
            {{ expression if expression == name else expression ~ ' as ' ~ name }},
            {%- endfor %}
            {%- if weight is not none %}
            cast({{ weight }} as {{ millwright.sql_type('float8') }}) as weight,
            {%- endif %}
            cast({{ actual }} as {{ dbt.type_string() }}) as actual_class,
            cast({{ predicted }} as {{ dbt.type_string() }}) as predicted_class
        from {{ relation }} as examples
        {%- if where is not none %}
        where {{ where }}
        {%- endif %}
    ) as labelled
    group by {{ (groups.keys() | list + ['actual_class', 'predicted_class']) | join(', ') }}
    {%- if weight is not none %}
    having
        {{ millwright.check_weight('confusion_counts') | indent(4) }}
    {%- endif %}
{%- endmacro -%}
