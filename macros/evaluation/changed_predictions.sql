{#- The ids of predictions of which something became known after `read_after`, as a query: they came, their version was registered, or an outcome of
    theirs came. -#}

{%- macro changed_predictions(read_after) -%}
    select
        model_name,
        prediction_id
    from {{ ref('stg_ops__predictions') }}
    where {{ millwright.counted_since(read_after) }}

    union

    select
        model_name,
        prediction_id
    from {{ ref('stg_ops__outcomes') }}
    where known_at > {{ read_after }}
{%- endmacro -%}
