{#- Where versions may not predict, as a query: a row per version and rectangle of the two clocks in which the newest of its revisions that hold by
    then rejects or retires it. `ends_at` (event_at) and `known_until` are NULL where the rectangle is open. Rectangles of a version do not
    overlap. -#}

{%- macro version_bans(revisions) -%}
    with

    events as (

        select
            model_name,
            model_version,
            event_at as starts_at,
            lead(event_at) over (partition by model_name, model_version order by event_at) as ends_at
        from (select distinct model_name, model_version, event_at from {{ revisions }} as revisions) as moments

    ),

    knowledge as (

        select
            model_name,
            model_version,
            known_at as known_from,
            lead(known_at) over (partition by model_name, model_version order by known_at) as known_until
        from (select distinct model_name, model_version, known_at from {{ revisions }} as revisions) as moments

    ),

    held as (

        select
            events.*,
            knowledge.known_from,
            knowledge.known_until,
            revisions.status,
            revisions.revision,
            revisions.event_at,
            revisions.known_at
        from events
        inner join knowledge
            on
                events.model_name = knowledge.model_name
                and events.model_version = knowledge.model_version
        inner join {{ revisions }} as revisions
            on
                events.model_name = revisions.model_name
                and events.model_version = revisions.model_version
                and events.starts_at >= revisions.event_at
                and knowledge.known_from >= revisions.known_at

    )

    select
        model_name,
        model_version,
        starts_at,
        ends_at,
        known_from,
        known_until,
        status
    from ({{ millwright.deduplicate(
        'held',
        partition_by=['model_name', 'model_version', 'starts_at', 'known_from'],
        order_by=['revision desc', 'event_at desc', 'known_at desc', millwright.bytewise('status')],
    ) }}) as in_force
    where status in ('rejected', 'retired')
{%- endmacro -%}
