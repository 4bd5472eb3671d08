{#- A condition for a `where`: true where `condition` is, else the query fails and says `message`. `message` must not be a constant: an engine
    may evaluate that before it looks at the condition. -#}

{%- macro require(condition, message) -%}
    {{ return(adapter.dispatch('require', 'millwright')(condition, message)) }}
{%- endmacro -%}

{#- SQL cannot raise an error, but says what it could not read. -#}
{%- macro default__require(condition, message) -%}
    case
        when {{ condition }} then true
        else cast({{ message }} as boolean)
    end
{%- endmacro -%}

{%- macro duckdb__require(condition, message) -%}
    case
        when {{ condition }} then true
        else error({{ message }})
    end
{%- endmacro -%}

{%- macro spark__require(condition, message) -%}
    case
        when {{ condition }} then true
        else cast(raise_error({{ message }}) as boolean)
    end
{%- endmacro -%}
