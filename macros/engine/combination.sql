{#- Several columns as one value to group and to join by, which is never NULL: NULLs in it are values like others. -#}

{%- macro combination(columns) -%}
    {{ return(adapter.dispatch('combination', 'millwright')(columns)) }}
{%- endmacro -%}

{%- macro default__combination(columns) -%}
    row({{ columns | join(', ') }})
{%- endmacro -%}

{#- PostgreSQL finds no row with NULLs in it equal to another, and cannot hash `is not distinct from`. -#}
{%- macro postgres__combination(columns) -%}
    array[
        {%- for column in columns -%}
        cast({{ column }} as text){{ ', ' if not loop.last }}
        {%- endfor -%}
    ]
{%- endmacro -%}

{#- A struct with NULLs in it equals another, but for the operator `=` only if all of the fields do. -#}
{%- macro spark__combination(columns) -%}
    to_json(struct({{ columns | join(', ') }}))
{%- endmacro -%}
