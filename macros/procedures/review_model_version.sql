{#- Procedure: says that somebody looks at a version, one that was registered or rejected.

    dbt run-operation review_model_version --args '{model_name: repurchase, model_version: 1998.3.0, actor: ann}' -#}

{%- macro review_model_version(model_name, model_version, actor, reason=none, request_id=none) -%}
    {{ return(millwright.change_version_status('review_model_version', model_name, model_version, 'in_review', {
        'actor': actor, 'reason': reason, 'request_id': request_id,
    })) }}
{%- endmacro -%}
