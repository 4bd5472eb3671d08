{#- From when on a row of a history was the newest known one, as a query: entity_id, event_at, known_at, visible_from; for the entities of
    `moments`. Rows that became known when a newer one already was never showed and are left out. So at any moment the newest known row is the
    last by visible_from. -#}

{%- macro visible_history(history, entity_key, moments) -%}
    select
        entity_id,
        event_at,
        known_at,
        visible_from
    from (
        select
            {{ entity_key }} as entity_id,
            event_at,
            known_at,
            greatest(event_at, known_at) as visible_from,
            min(greatest(event_at, known_at)) over (
                partition by {{ entity_key }}
                order by event_at desc, known_at desc
                rows between unbounded preceding and 1 preceding
            ) as hidden_from
        from {{ history }}
        where
            {{ entity_key }} in (select entity_id from {{ moments }})
            and event_at is not null
            and known_at is not null
    ) as shown
    where
        visible_from < hidden_from
        or hidden_from is null
{%- endmacro -%}
