{#- Raises a compiler error if as_of lies before the newest word about a thing: its event_at and whether that `is_after_as_of`. -#}

{%- macro check_history(call, thing, held) -%}
    {%- if held.is_after_as_of -%}
        {%- do exceptions.raise_compiler_error(
            call.procedure ~ ': the newest word about the ' ~ thing ~ ' is of ' ~ held.event_at ~ ', after as_of, ' ~ var('as_of')
            ~ "; history only grows: pass that moment or a later one, e.g. --vars '{as_of: \"" ~ held.event_at ~ "\"}'"
        ) -%}
    {%- endif -%}
{%- endmacro -%}
