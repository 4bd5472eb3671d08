{#- Begins a call of a lifecycle procedure: opens its transaction, waits for all other callers, and looks whether the request was answered before.
    Returns what the rest of the procedure needs to know of the call; its `answer` is that of the earlier call if there was one, then nothing is open.

    One lock for all: what becomes of a project, its versions and their traffic hangs together, and calls are rare. -#}

{%- macro begin_call(procedure, arguments) -%}
    {%- set calls = millwright.landing_table('lifecycle_calls') -%}
    {%- if not millwright.column_names(calls) or not millwright.column_names(ref('lifecycle_transitions')) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ calls ~ ' or the seed lifecycle_transitions is not there yet; a run makes them, e.g. millwright nightly'
        ) -%}
    {%- endif -%}
    {%- set call = {
        'procedure': procedure,
        'arguments': tojson(millwright.plain_value(arguments), sort_keys=true),
        'actor': millwright.checked_text(procedure, 'actor', arguments.actor),
        'reason': millwright.checked_text(procedure, 'reason', arguments.reason, false),
        'request_id': millwright.checked_text(procedure, 'request_id', arguments.request_id, false),
        'answer': none,
    } -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(calls) -%}
        {%- do run_query(millwright.lock_table(calls)) -%}
    {%- endif -%}
    {%- if call.request_id is not none -%}
        {%- for earlier in run_query(
            'select procedure, arguments, outcome, answer from ' ~ calls ~ ' where request_id = ' ~ millwright.literal(call.request_id)
        ).rows -%}
            {%- do run_query('rollback') -%}
            {%- if (earlier.procedure, earlier.arguments) != (procedure, call.arguments) -%}
                {%- do exceptions.raise_compiler_error(
                    procedure ~ ': the request_id "' ~ call.request_id ~ '" was that of another call, ' ~ earlier.procedure ~ ' with '
                    ~ earlier.arguments ~ '; give each call its own'
                ) -%}
            {%- elif earlier.outcome == 'refused' -%}
                {%- do exceptions.raise_compiler_error(fromjson(earlier.answer).message) -%}
            {%- endif -%}
            {%- do call.update({'answer': fromjson(earlier.answer)}) -%}
            {%- do log(call.answer.message, info=true) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(call) }}
{%- endmacro -%}
