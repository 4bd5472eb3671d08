{#- Ends a call of a lifecycle procedure: logs it in `ops.lifecycle_calls`, commits, prints the message and returns the answer. A call that is refused
    ends so only if something that it wrote must survive; it raises its message after the commit. -#}

{%- macro end_call(call, message, answer={}, is_refused=false) -%}
    {%- set said = {'procedure': call.procedure, 'message': call.procedure ~ ': ' ~ message} -%}
    {%- do said.update(answer) -%}
    {%- do millwright.insert_lifecycle_rows(call, 'lifecycle_calls', [{
        'procedure': millwright.literal(call.procedure),
        'arguments': millwright.literal(call.arguments),
        'outcome': millwright.literal('refused' if is_refused else 'done'),
        'answer': millwright.literal(tojson(said)),
    }]) -%}
    {%- do run_query('commit') -%}
    {%- if is_refused -%}
        {%- do exceptions.raise_compiler_error(said.message) -%}
    {%- endif -%}
    {%- do log(said.message, info=true) -%}
    {{ return(said) }}
{%- endmacro -%}
