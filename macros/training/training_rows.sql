{#- The rows of the training set that a recipe describes, as a query: customer_id, snapshot_at, data_split, the labels, the features, example_hash and
    row_hash; of a sample also n_in_stratum, n_sampled and sample_weight. What the recipe counts on is append-only: labels by when they became known,
    splits, and the versions of feature groups. -#}

{%- macro training_rows(recipe) -%}
    {%- set parts = millwright.parsed_recipe(recipe) -%}
    {%- set names = parts.features.values() | sum(start=[]) -%}
    with

    labels as (

        {{ millwright.labels_known_at(parts.model_name, parts.until) | indent(8) }}

    ),

    moments as (

        select
            customer_id as entity_id,
            snapshot_at as moment
        from labels

    ),
    {%- for group in millwright.feature_groups(parts.features | list) %}
    {%- set columns = parts.features[group.name] %}
    {%- set history = millwright.group_in_version(group, columns, parts.versions[group.name]) %}

    {{ group.name }} as (

        {{ millwright.as_of_join('moments', history, group.entity_key, columns, group.time_to_live_days, group.has_late_rows) | indent(8) }}

    ),
    {%- endfor %}

    examples as (

        select
            labels.customer_id,
            labels.snapshot_at,
            splits.data_split
            {%- for label in parts.labels %},
            labels.{{ label }}
            {%- endfor %}
            {%- for name in names %},
            cast({{ name }} as {{ millwright.sql_type('float8') }}) as {{ name }}
            {%- endfor %}
        from labels
        inner join {{ millwright.relation_of_model('train_customer__splits') }} as splits
            on labels.customer_id = splits.customer_id
        {%- for group in parts.features %}
        left join {{ group }}
            on
                labels.customer_id = {{ group }}.entity_id
                and labels.snapshot_at = {{ group }}.moment
        {%- endfor %}
        where splits.data_split in ('{{ parts.data_splits | join("', '") }}')

    ),

    chosen as (

        {{ (
            millwright.stratified_sample(
                'examples', ['data_split'] + parts.labels, ['customer_id', 'snapshot_at'], parts.sample.rows_per_class, parts.sample.salt
            ) if parts.sample else 'select * from examples'
        ) | indent(8) }}

    )

    select
        *,
        {{ millwright.training_row_hash(parts.labels + (['n_in_stratum', 'n_sampled'] if parts.sample else [])) | indent(8) }} as row_hash
    from (
        select
            *,
            {{ millwright.example_hash(names) | indent(12) }} as example_hash
        from chosen
    ) as hashed
{%- endmacro -%}
