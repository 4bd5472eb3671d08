{#- For each entity and moment the newest row of a history whose clocks both lie at or before the moment, as a query: entity_id, moment, event_at,
    known_at and `columns`; no row where there is none or it is more than `max_age_days` old (none: any age). Newest means by event_at, then by
    known_at. `moments` has entity_id and moment, each pair once; `history` has `entity_key`, event_at and known_at, each triple once. With
    `has_late_rows` false the history has one row for an entity and event_at, and it is known by then. -#}

{%- macro as_of_join(moments, history, entity_key, columns, max_age_days, has_late_rows) -%}
    {{ return(adapter.dispatch('as_of_join', 'millwright')(moments, history, entity_key, columns, max_age_days, has_late_rows)) }}
{%- endmacro -%}

{#- One pass over both, sorted: each moment is told when the newest row that is known became so, and rows are fetched by that. -#}
{%- macro default__as_of_join(moments, history, entity_key, columns, max_age_days, has_late_rows) -%}
    with

    visible as (

        {{ millwright.visible_history(history, entity_key, moments) | indent(4) }}

    ),

    told as (

        select
            entity_id,
            moment,
            true as is_moment
        from {{ moments }}

        union all

        select
            entity_id,
            visible_from as moment,
            false as is_moment
        from visible

    ),

    seen as (

        select
            entity_id,
            moment,
            is_moment,
            max(case when not is_moment then moment end) over (
                partition by entity_id
                order by moment, is_moment
                rows between unbounded preceding and current row
            ) as visible_from
        from told

    )

    select
        seen.entity_id,
        seen.moment,
        history.event_at,
        history.known_at
        {%- for column in columns %},
        history.{{ column }}
        {%- endfor %}
    from seen
    inner join visible
        on
            seen.entity_id = visible.entity_id
            and seen.visible_from = visible.visible_from
    inner join {{ history }} as history
        on
            visible.entity_id = history.{{ entity_key }}
            and visible.event_at = history.event_at
            and visible.known_at = history.known_at
    where
        seen.is_moment
        {%- if max_age_days is not none %}
        and history.event_at >= seen.moment - interval '{{ max_age_days }}' day
        {%- endif %}
{%- endmacro -%}

{#- DuckDB's own join for this knows one inequality: where rows may be late, it looks at when they showed, else at event_at. The columns are fetched
    afterwards: to sort them all would cost more than the join. -#}
{%- macro duckdb__as_of_join(moments, history, entity_key, columns, max_age_days, has_late_rows) -%}
    with

    visible as (
        {%- if has_late_rows %}

        {{ millwright.visible_history(history, entity_key, moments) | indent(4) }}
        {%- else %}

        select
            {{ entity_key }} as entity_id,
            event_at,
            known_at,
            event_at as visible_from
        from {{ history }}
        where known_at is not null
        {%- endif %}

    ),

    newest as (

        select
            moments.entity_id,
            moments.moment,
            visible.event_at,
            visible.known_at
        from {{ moments }} as moments
        asof join visible
            on
                moments.entity_id = visible.entity_id
                and moments.moment >= visible.visible_from

    )

    select
        newest.entity_id,
        newest.moment,
        history.event_at,
        history.known_at
        {%- for column in columns %},
        history.{{ column }}
        {%- endfor %}
    from newest
    inner join {{ history }} as history
        on
            newest.entity_id = history.{{ entity_key }}
            and newest.event_at = history.event_at
            and newest.known_at = history.known_at
    {%- if max_age_days is not none %}
    where newest.event_at >= newest.moment - interval '{{ max_age_days }}' day
    {%- endif %}
{%- endmacro -%}

{#- PostgreSQL walks the index of the history, on its key and event_at, back from the moment; from the first row that is known it needs no other. -#}
{%- macro postgres__as_of_join(moments, history, entity_key, columns, max_age_days, has_late_rows) -%}
    select
        moments.entity_id,
        moments.moment,
        newest.event_at,
        newest.known_at
        {%- for column in columns %},
        newest.{{ column }}
        {%- endfor %}
    from {{ moments }} as moments
    cross join lateral (
        select *
        from {{ history }} as history
        where
            history.{{ entity_key }} = moments.entity_id
            and history.event_at <= moments.moment
            and history.known_at <= moments.moment
            {%- if max_age_days is not none %}
            and history.event_at >= moments.moment - interval '{{ max_age_days }}' day
            {%- endif %}
        order by history.event_at desc, history.known_at desc
        limit 1
    ) as newest
{%- endmacro -%}
