{#- The examples of a task, as a query: its labels over the CTEs `labels` (of `label_revisions`), `examples` and `splits`. -#}

{%- macro examples_of_task(task) -%}
    select
        labels.customer_id,
        labels.snapshot_at,
        labels.label_revision,
        splits.data_split,
        {%- for label in var('task_labels')[task] %}
        labels.{{ label }},
        {%- endfor %}
        labels.label_known_at,
        labels.label_superseded_at,
        examples.example_hash,
        {%- for name in var('example_features').values() | sum(start=[]) %}
        examples.{{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from labels
    inner join examples
        on
            labels.customer_id = examples.customer_id
            and labels.snapshot_at = examples.snapshot_at
    inner join splits
        on labels.customer_id = splits.customer_id
{%- endmacro -%}
