{#- Labels that are none of the task's classes or, for a task without `classes`, no amount: missing, negative, infinite or not a number. A row per
    column of `labels` and value, which says what is wrong; the test's figure is the number of labels. -#}

{% test labels_are_classes_of_the_task(model, task, labels, classes=none) %}

{{ config(fail_calc='coalesce(sum(n_labels), 0)') }}

with

refused as (
    {%- for label in labels %}
    {%- set amount = 'cast(' ~ label ~ ' as ' ~ millwright.sql_type('float8') ~ ')' %}
    {%- set value = 'cast(' ~ label ~ ' as ' ~ dbt.type_string() ~ ')' %}

    select
        '{{ label }}' as label,
        case
            when {{ label }} is null then 'missing'
            {%- if classes is none %}
            when {{ amount }} = {{ millwright.literal('NaN', 'float8') }} then 'not a number'
            when {{ amount }} = {{ millwright.literal('Infinity', 'float8') }} then 'infinite'
            else 'negative'
            {%- else %}
            else '"' || {{ value }} || '"'
            {%- endif %}
        end as label_value
    from {{ model }}
    where
        {{ label }} is null
        {%- if classes is none %}
        or not ({{ amount }} >= 0 and {{ amount }} < {{ millwright.literal('Infinity', 'float8') }})
        {%- else %}
        or {{ value }} not in ({% for class in classes %}{{ millwright.literal(class) }}{% if not loop.last %}, {% endif %}{% endfor %})
        {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    '{{ task }}' as task,
    label,
    label_value,
    count(*) as n_labels,
    '{{ task }}: ' || label || ' is ' || label_value || ', not '
    || {{ millwright.literal('an amount from 0 on' if classes is none else 'one of ' ~ classes | join(', ')) }}
    || '; rows: ' || cast(count(*) as {{ dbt.type_string() }}) as message
from refused
group by
    label,
    label_value

{% endtest %}
