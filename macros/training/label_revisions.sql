{#- The labels of a task, as a query, each with when its next revision became known: from then on it does not count any more. -#}

{%- macro label_revisions(labels) -%}
    select
        *,
        lead(label_known_at) over (
            partition by customer_id, snapshot_at
            order by label_revision
        ) as label_superseded_at
    from {{ labels }}
{%- endmacro -%}
