{#- Raises a compiler error unless the seed `lifecycle_transitions` lets the procedure take a thing from one status (none at first) to another; it
    says what may become of the thing, and how. -#}

{%- macro check_transition(call, entity, thing, from_status, to_status) -%}
    {%- set onward = [] -%}
    {%- set allowed = [] -%}
    {%- for step in millwright.transitions_from(entity, from_status) -%}
        {%- if step.to_status == to_status and step.procedure == call.procedure -%}
            {%- do allowed.append(step) -%}
        {%- endif -%}
        {%- do onward.append(step.to_status ~ ' (' ~ step.procedure ~ ')') -%}
    {%- endfor -%}
    {%- if not allowed -%}
        {%- do exceptions.raise_compiler_error(
            call.procedure ~ ': the ' ~ thing ~ (' is ' ~ from_status if from_status else ' is new') ~ ' and cannot become ' ~ to_status ~ '; '
            ~ ('it can become ' ~ onward | join(', ') if onward else 'nothing can become of it any more')
        ) -%}
    {%- endif -%}
{%- endmacro -%}
