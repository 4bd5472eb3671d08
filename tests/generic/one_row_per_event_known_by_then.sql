{#- Entities and events with several rows, or with one that became known after the event: a feature group that says `has_late_rows: false` has
    neither. -#}

{% test one_row_per_event_known_by_then(model, entity_key) %}

select
    {{ entity_key }},
    event_at,
    count(*) as n_rows,
    max(known_at) as known_at
from {{ model }}
group by
    {{ entity_key }},
    event_at
having
    count(*) > 1
    or max(known_at) > event_at

{% endtest %}
