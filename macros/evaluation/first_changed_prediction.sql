{#- The earliest event_at of a prediction of which something became known after `read_after`, as a literal: of those that came, and of those in
    `eval_predictions` to which an outcome came. Only the ids of the var `outcome_window_days` are looked through for it. -#}

{%- macro first_changed_prediction(read_after) -%}
    {%- set query -%}
        with

        outcomes as (

            select
                model_name,
                prediction_id,
                event_at
            from {{ ref('stg_ops__outcomes') }}
            where known_at > {{ read_after }}

        ),

        new_predictions as (

            select min(event_at) as event_at
            from {{ ref('stg_ops__predictions') }}
            where {{ millwright.counted_since(read_after) }}

        ),

        known_predictions as (

            select min(predictions.event_at) as event_at
            from {{ this }} as predictions
            inner join outcomes
                on
                    predictions.model_name = outcomes.model_name
                    and predictions.prediction_id = outcomes.prediction_id
            where
                predictions.event_at >= (select min(event_at) - interval '{{ var("outcome_window_days") }}' day from outcomes)

        )

        select min(event_at) as first_at
        from (
            select event_at from new_predictions
            union all
            select event_at from known_predictions
        ) as changed
    {%- endset -%}
    {%- set first_at = run_query(query).columns[0].values()[0] -%}
    {{ return('cast(' ~ dbt.string_literal(first_at or '9999-12-31') ~ ' as timestamp)') }}
{%- endmacro -%}
