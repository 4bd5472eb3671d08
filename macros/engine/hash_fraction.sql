{#- A number in [0, 1) that depends only on `expression` and `salt`: the same row gets the same number on every engine
    and every run, so a sample or a split never moves. The first 8 hexadecimal digits of md5, over 16^8. -#}

{%- macro hash_fraction(expression, salt) -%}
    {{ return(adapter.dispatch('hash_fraction', 'millwright')(expression, salt)) }}
{%- endmacro -%}

{%- macro default__hash_fraction(expression, salt) -%}
    (
        ('x' || substr(md5({{ dbt.string_literal(salt) }} || ':' || cast({{ expression }} as {{ dbt.type_string() }})), 1, 8))::bit(32)::bigint
        / 4294967296.0
    )
{%- endmacro -%}

{#- Spark has no bit strings; conv reads the hexadecimal digits. -#}
{%- macro spark__hash_fraction(expression, salt) -%}
    (cast(conv(substr(md5({{ dbt.string_literal(salt) }} || ':' || cast({{ expression }} as string)), 1, 8), 16, 10) as bigint) / 4294967296.0)
{%- endmacro -%}
