{#- What `checked_predictions` says of one prediction, given as a dict of columns of `ops.predictions`: a row with `rejection_reason` and what
    follows from a prediction. It sees the landing tables as they are now. -#}

{%- macro judged_prediction(fields) -%}
    {%- set query -%}
        select
            feature_hash,
            confidence_level,
            validation_status,
            validation_warnings,
            registered_at,
            rejection_reason
        from (
            {{ millwright.checked_predictions(
                '(' ~ millwright.row_of_landing('predictions', fields) ~ ')',
                millwright.registered_model_versions(),
                millwright.landing_table('model_features'),
                millwright.landing_table('model_version_revisions'),
                millwright.relation_of_model('model_tasks'),
                millwright.relation_of_model('label_aliases')
            ) }}
        ) as checked
    {%- endset -%}
    {{ return(run_query(query).rows[0]) }}
{%- endmacro -%}
