{#- Procedure: says that a version will not be used any more. One that has traffic cannot be retired.

    dbt run-operation retire_model_version --args '{model_name: repurchase, model_version: 1997.8.0, actor: ann}' -#}

{%- macro retire_model_version(model_name, model_version, actor, reason=none, request_id=none) -%}
    {{ return(millwright.change_version_status('retire_model_version', model_name, model_version, 'retired', {
        'actor': actor, 'reason': reason, 'request_id': request_id,
    })) }}
{%- endmacro -%}
