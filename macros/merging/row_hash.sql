{#- The md5 of these columns of a row, as text: equal rows have equal hashes on every engine. NULL counts as the empty string, and the
    separator keeps values from running into their neighbours. -#}

{%- macro row_hash(columns) -%}
    md5(
        {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), ''){{ " || '|' ||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}
