{#- The query behind `deduplicate`: the first row per `partition_by` in `order_by`. -#}

{%- macro first_per_group(relation, partition_by, order_by) -%}
    {{ return(adapter.dispatch('first_per_group', 'millwright')(relation, partition_by, order_by)) }}
{%- endmacro -%}

{%- macro default__first_per_group(relation, partition_by, order_by) -%}
    select *
    from (
        select
            candidates.*,
            row_number() over (
                partition by {{ partition_by | join(', ') }}
                order by {{ order_by | join(', ') }}
            ) as candidate_rank
        from {{ relation }} as candidates
    ) as ranked
    where candidate_rank = 1
{%- endmacro -%}

{#- PostgreSQL expects one row in 200 to pass a filter on row_number(), and then joins the result by nested loops; from `distinct on` it
    expects a row per group. -#}
{%- macro postgres__first_per_group(relation, partition_by, order_by) -%}
    select distinct on ({{ partition_by | join(', ') }})
        candidates.*,
        1 as candidate_rank
    from {{ relation }} as candidates
    order by {{ (partition_by + order_by) | join(', ') }}
{%- endmacro -%}
