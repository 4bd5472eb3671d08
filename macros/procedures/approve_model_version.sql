{#- Procedure: says how the review of a version ended: it may be deployed, or, with `is_approved: false` and a reason, it may not.

    dbt run-operation approve_model_version --args '{model_name: repurchase, model_version: 1998.3.0, actor: bob}' -#}

{%- macro approve_model_version(model_name, model_version, actor, is_approved=true, reason=none, request_id=none) -%}
    {%- set procedure = 'approve_model_version' -%}
    {%- if is_approved is not boolean -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': is_approved is "' ~ is_approved ~ '"; it must be true or false') -%}
    {%- elif not is_approved and not millwright.checked_text(procedure, 'reason', reason, false) -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': reason is empty; say why the version is rejected') -%}
    {%- endif -%}
    {{ return(millwright.change_version_status(procedure, model_name, model_version, 'approved' if is_approved else 'rejected', {
        'actor': actor, 'reason': reason, 'request_id': request_id,
    })) }}
{%- endmacro -%}
