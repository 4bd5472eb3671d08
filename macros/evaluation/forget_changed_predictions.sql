{#- Pre-hook of `eval_predictions`: takes out the predictions that it is about to put in again. The materialization's own delete would look for
    their ids in all of history. -#}

{%- macro forget_changed_predictions() -%}
    {%- if execute and is_incremental() -%}
    {%- set read_after = millwright.read_after('changed_at') -%}
    delete from {{ this }}
    where
        event_at >= {{ millwright.first_changed_prediction(read_after) }}
        and (model_name, prediction_id) in (
            {{ millwright.changed_predictions(read_after) | indent(8) }}
        )
    {%- endif -%}
{%- endmacro -%}
