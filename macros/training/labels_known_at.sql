{#- The labels of a task as they were known at a moment, an SQL expression, as a query with the columns of `train_<task>__labels`. -#}

{%- macro labels_known_at(task, moment) -%}
    select *
    from (
        {{ millwright.label_revisions(millwright.relation_of_model('train_' ~ task ~ '__labels')) | indent(4) }}
    ) as revisions
    where
        label_known_at <= {{ moment }}
        and (label_superseded_at > {{ moment }} or label_superseded_at is null)
{%- endmacro -%}
