{#- What each class has of each group, as a query over cells of `confusion_counts`: tp, fp, fn and tn as floats, and the numbers of rows of its
    group. A row without class_name stands for what cannot be judged. `groups` maps names to expressions. -#}

{%- macro classes_of_cells(cells, groups, weight) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        *,
        {%- if weight == 'n' %}
        case when class_name is null then 0 else sum(tp + fn) over of_group - tp - fp - fn end as tn,
        {%- else %}
        -- What remains of a sum of floats may be a rounding error; whether any weight is left is counted.
        case
            when class_name is null or sum(n_weighty) over of_group = n_weighty_own then 0
            else greatest(sum(tp + fn) over of_group - tp - fp - fn, 0)
        end as tn,
        {%- endif %}
        cast(sum(n_own) over of_group as bigint) as n,
        cast(sum(n_own_unlabelled) over of_group as bigint) as n_unlabelled,
        cast(sum(n_own_unpredicted) over of_group as bigint) as n_unpredicted
    from (
        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            class_name,
            cast(sum(case when is_actual and actual_class = predicted_class then weight else 0 end) as {{ float8 }}) as tp,
            cast(sum(case when not is_actual and actual_class <> predicted_class then weight else 0 end) as {{ float8 }}) as fp,
            cast(sum(case when is_actual and actual_class <> predicted_class then weight else 0 end) as {{ float8 }}) as fn,
            {%- if weight != 'n' %}
            count(case when is_actual and class_name is not null and weight > 0 then 1 end) as n_weighty,
            count(case when (is_actual or actual_class <> predicted_class) and class_name is not null and weight > 0 then 1 end) as n_weighty_own,
            {%- endif %}
            sum(case when is_actual and class_name is not null then n else 0 end) as n_own,
            sum(case when is_actual and actual_class is null then n else 0 end) as n_own_unlabelled,
            sum(case when is_actual and actual_class is not null and predicted_class is null then n else 0 end) as n_own_unpredicted
        from (
            select
                {%- for name, expression in groups.items() %}
                {{ expression if expression == name else expression ~ ' as ' ~ name }},
                {%- endfor %}
                cells.actual_class,
                cells.predicted_class,
                cells.n,
                cells.{{ weight }} as weight,
                sides.is_actual,
                sides.class_name
            from {{ cells }} as cells
            cross join lateral (
                values
                (true, case when cells.predicted_class is not null then cells.actual_class end),
                (false, case when cells.actual_class is not null then cells.predicted_class end)
            ) as sides (is_actual, class_name)
        ) as seen
        group by {{ (groups.keys() | list + ['class_name']) | join(', ') }}
    ) as summed
    window of_group as ({{ 'partition by ' ~ groups.keys() | join(', ') if groups }})
{%- endmacro -%}
