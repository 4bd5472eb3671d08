{#- Rows that became known after their event_at: a feature group that says `has_late_rows: false` has none. -#}

{% test rows_are_known_by_their_event(model) %}

select
    event_at,
    known_at
from {{ model }}
where known_at > event_at

{% endtest %}
