{#- The CTEs of `matrix_from_counts` that lead from `seen`, cells with their groups, to `filled`: a row per group and pair of classes, zeros
    included. -#}

{%- macro matrix_frame(groups, classes_by, weighs) -%}
    classes as (

        {%- for class_name, other in [('actual_class', 'predicted_class'), ('predicted_class', 'actual_class')] %}

        select {{ (classes_by + [class_name ~ ' as class_name']) | join(', ') }}
        from seen
        where
            {{ class_name }} is not null
            and {{ other }} is not null
        {%- if loop.first %}

        union
        {%- endif %}
        {%- endfor %}

    ),

    totals as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            sum(case when actual_class is null then n else 0 end) as n_unlabelled,
            sum(case when actual_class is not null and predicted_class is null then n else 0 end) as n_unpredicted
        from seen
        {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}

    ),

    -- Zeros for all pairs beside the cells that there are: added up, they need no join, in which a NULL among the groups would be lost.
    filled as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            actual_class,
            predicted_class,
            cast(sum(n) as bigint) as n,
            {%- if weighs %}
            sum(total_weight) as total_weight,
            {%- endif %}
            cast(sum(n_unlabelled) as bigint) as n_unlabelled,
            cast(sum(n_unpredicted) as bigint) as n_unpredicted
        from (
            select
                {%- for name in groups %}
                totals.{{ name }},
                {%- endfor %}
                actual.class_name as actual_class,
                predicted.class_name as predicted_class,
                0 as n,
                {%- if weighs %}
                0 as total_weight,
                {%- endif %}
                totals.n_unlabelled,
                totals.n_unpredicted
            from totals
            {%- for side in ['actual', 'predicted'] %}
            inner join classes as {{ side }}
                on
                    true
                    {%- for name in classes_by %}
                    and totals.{{ name }} is not distinct from {{ side }}.{{ name }}
                    {%- endfor %}
            {%- endfor %}

            union all

            select {{ (groups + ['actual_class', 'predicted_class', 'n'] + (['total_weight'] if weighs else [])) | join(', ') }}, 0, 0
            from seen
            where actual_class is not null and predicted_class is not null
        ) as added
        group by {{ (groups + ['actual_class', 'predicted_class']) | join(', ') }}

    )
{%- endmacro -%}
