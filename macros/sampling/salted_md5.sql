{#- The md5 of a value with a salt before it, as 32 hexadecimal digits. -#}

{%- macro salted_md5(expression, salt) -%}
    md5({{ dbt.string_literal(dbt.escape_single_quotes(salt ~ ':')) }} || cast({{ expression }} as {{ dbt.type_string() }}))
{%- endmacro -%}
