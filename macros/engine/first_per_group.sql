{#- The query behind `deduplicate`: the first row per `partition_by` in `order_by`. -#}

{%- macro first_per_group(relation, partition_by, order_by, null_keys) -%}
    {{ return(adapter.dispatch('first_per_group', 'millwright')(relation, partition_by, order_by, null_keys)) }}
{%- endmacro -%}

{%- macro default__first_per_group(relation, partition_by, order_by, null_keys) -%}
    select *
    from (
        select
            candidates.*,
            {%- if null_keys == 'kept' %}
            case
                when {{ partition_by | join(' is null or ') }} is null then 1
                else row_number() over (
                    partition by {{ partition_by | join(', ') }}
                    order by {{ order_by | join(', ') }}
                )
            end as candidate_rank
            {%- else %}
            row_number() over (
                partition by {{ partition_by | join(', ') }}
                order by {{ order_by | join(', ') }}
            ) as candidate_rank
            {%- endif %}
        from {{ relation }} as candidates
        {%- if null_keys == 'dropped' %}
        where
            {{ partition_by | join(' is not null\n            and ') }} is not null
        {%- endif %}
    ) as ranked
    where candidate_rank = 1
{%- endmacro -%}

{#- PostgreSQL expects one row in 200 to pass a filter on row_number(), and then joins the result by nested loops; from `distinct on` it
    expects a row per group. Rows without a key are told apart by a number: a second branch for them would read the relation twice. -#}
{%- macro postgres__first_per_group(relation, partition_by, order_by, null_keys) -%}
    {%- set groups = partition_by | list -%}
    {%- if null_keys == 'kept' -%}
        {%- do groups.append('case when ' ~ partition_by | join(' is null or ') ~ ' is null then row_number() over () end') -%}
    {%- endif -%}
    select distinct on ({{ groups | join(', ') }})
        candidates.*,
        1 as candidate_rank
    from {{ relation }} as candidates
    {%- if null_keys == 'dropped' %}
    where
        {{ partition_by | join(' is not null\n        and ') }} is not null
    {%- endif %}
    order by {{ (groups + order_by) | join(', ') }}
{%- endmacro -%}
