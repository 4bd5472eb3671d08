{#- Rows of `regression_sums` added up for each group, as a query. `groups` maps names to expressions. The spread of a whole is that within its
    parts and that of their means, which may be far from zero, so that their distances are taken from the lowest of them. -#}

{%- macro sums_of_parts(sums, groups, added) -%}
    {%- set names = groups.keys() | list -%}
    {%- set partition = 'partition by ' ~ names | join(', ') if names else '' -%}
    {%- set figures = ['actual', 'error'] -%}
    with

    parts as (

        select
            *,
            {%- for figure in figures %}
            mean_{{ figure }} - min(mean_{{ figure }}) over of_group + mean_rest_{{ figure }} as offset_{{ figure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                {%- for name, expression in groups.items() %}
                {{ expression if expression == name else expression ~ ' as ' ~ name }},
                {%- endfor %}
                {%- for figure in figures %}
                min_{{ figure }},
                max_{{ figure }},
                mean_{{ figure }},
                mean_rest_{{ figure }},
                spread_{{ figure }},
                {%- endfor %}
                {{ added | join(',\n                ') }},
                max_absolute_error,
                median_absolute_error
            from {{ sums }} as sums
        ) as named
        window of_group as ({{ partition }})

    ),

    centred as (

        select
            *,
            {%- for figure in figures %}
            offset_{{ figure }} - {{ millwright.safe_divide(
                'sum(n * offset_' ~ figure ~ ') over of_group', 'sum(n) over of_group'
            ) }} as distance_{{ figure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from parts
        window of_group as ({{ partition }})

    )

    -- The square of a distance below 1e-150 is no float any more, which PostgreSQL makes an error.
    select
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        {%- for figure in added %}
        {{ 'cast(sum(' ~ figure ~ ') as bigint)' if figure.startswith('n') else 'sum(' ~ figure ~ ')' }} as {{ figure }},
        {%- endfor %}
        max(max_absolute_error) as max_absolute_error,
        case when count(*) = 1 then max(median_absolute_error) end as median_absolute_error,
        {%- for figure in figures %}
        {%- set distance = 'distance_' ~ figure %}
        case
            when min(min_{{ figure }}) = max(max_{{ figure }}) then 0
            else sum(spread_{{ figure }} + case when abs({{ distance }}) < 1e-150 then 0 else n * {{ distance }} * {{ distance }} end)
        end as spread_{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from centred
    {{ 'group by ' ~ names | join(', ') if names else 'having count(*) > 0' }}
{%- endmacro -%}
