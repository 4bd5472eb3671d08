{#- The scores of each group from the highest down, as a query: group_id, score, positives and negatives, and of either how many have a higher score
    (positives_above) and how many do not have a lower one (positives_through). A row is all predictions of a group with the same score; or one
    prediction, where `are_distinct` says that few have the same score and the engine ranks rows faster than it groups them.
    `relation` has group_id, a number, score and is_actual. -#}

{%- macro ranked_by_score(relation, are_distinct) -%}
    {{ return(adapter.dispatch('ranked_by_score', 'millwright')(relation, are_distinct)) }}
{%- endmacro -%}

{#- By the negative score, because PostgreSQL groups upwards: so ordered, it ranks without sorting again. -#}
{%- macro default__ranked_by_score(relation, are_distinct) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        group_id,
        -negative_score as score,
        positives,
        negatives,
        positives_through - positives as positives_above,
        positives_through,
        negatives_through - negatives as negatives_above,
        negatives_through
    from (
        select
            *,
            sum(positives) over descending as positives_through,
            sum(negatives) over descending as negatives_through
        from (
            select
                group_id,
                -score as negative_score,
                cast(count(case when is_actual then 1 end) as {{ float8 }}) as positives,
                cast(count(case when not is_actual then 1 end) as {{ float8 }}) as negatives
            from {{ relation }}
            group by
                group_id,
                -score
        ) as by_score
        window descending as (partition by group_id order by negative_score rows between unbounded preceding and current row)
    ) as summed
{%- endmacro -%}

{#- The place among all of the group and among those of the row's own kind say how many there are of the other kind. -#}
{%- macro duckdb__ranked_by_score(relation, are_distinct) -%}
    {%- if not are_distinct -%}
    {{ return(millwright.default__ranked_by_score(relation, are_distinct)) }}
    {%- endif -%}
    select
        group_id,
        score,
        if(is_actual, 1.0, 0.0)::double as positives,
        if(is_actual, 0.0, 1.0)::double as negatives,
        if(is_actual, first_of_kind, first_of_all - first_of_kind + 1)::double - 1 as positives_above,
        if(is_actual, last_of_kind, last_of_all - last_of_kind)::double as positives_through,
        if(is_actual, first_of_all - first_of_kind + 1, first_of_kind)::double - 1 as negatives_above,
        if(is_actual, last_of_all - last_of_kind, last_of_kind)::double as negatives_through
    from (
        select
            *,
            rank() over of_all as first_of_all,
            count(*) over of_all as last_of_all,
            rank() over of_kind as first_of_kind,
            count(*) over of_kind as last_of_kind
        from {{ relation }}
        window
            of_all as (partition by group_id order by score desc),
            of_kind as (partition by group_id, is_actual order by score desc)
    ) as placed
{%- endmacro -%}
