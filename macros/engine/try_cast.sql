{#- The text `expression` as `type`, or NULL where it cannot be read as one. Engines accept different spellings
    (`NaN`, `1e5`, `19970101`): check the form first where that matters, as the macros in `parsing/` do. -#}

{%- macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch('try_cast', 'millwright')(expression, type)) }}
{%- endmacro -%}

{%- macro default__try_cast(expression, type) -%}
    case when pg_input_is_valid({{ expression }}, '{{ type }}') then cast({{ expression }} as {{ type }}) end
{%- endmacro -%}

{%- macro duckdb__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro -%}

{%- macro spark__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro -%}
