{#- Logs in `ops.prediction_errors` that a procedure refuses its call, commits that, and raises a compiler error that names everything that is wrong.
    `fields` are columns of the error that are known. -#}

{%- macro refuse_prediction(procedure, error_type, problems, fields) -%}
    {%- set now = fields.get('known_at') or millwright.wall_clock_text() -%}
    {%- set message = problems | unique | join('; ') -%}
    {%- set error_id = local_md5(invocation_id ~ procedure ~ now ~ message) -%}
    {%- set error = dict(
        fields,
        error_id=error_id,
        error_type=error_type,
        error_code=procedure,
        message=message,
        stage='logging',
        event_at=now,
        known_at=now,
    ) -%}
    {%- do run_query('begin') -%}
    {%- do run_query(millwright.insert_into_landing('prediction_errors', error)) -%}
    {%- do run_query('commit') -%}
    {%- do exceptions.raise_compiler_error(
        procedure ~ ': nothing was logged: ' ~ message ~ ' (error ' ~ error_id ~ ' in ops.prediction_errors)'
    ) -%}
{%- endmacro -%}
