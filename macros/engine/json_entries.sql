{#- The keys and values of a JSON object that is held as text, as a relation for a `cross join`: `entries` with `key` and `value`, both text. No row
    for NULL. -#}

{%- macro json_entries(expression) -%}
    {{ return(adapter.dispatch('json_entries', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__json_entries(expression) -%}
    lateral json_each_text(cast({{ expression }} as json)) as entries
{%- endmacro -%}

{#- json_each() would be joined with the rows; what is unnested stays beside its row. -#}
{%- macro duckdb__json_entries(expression) -%}
    lateral (
        select
            unnest(json_keys({{ expression }})) as key,
            unnest(json_extract_string({{ expression }}, '$.*')) as value
    ) as entries
{%- endmacro -%}

{%- macro spark__json_entries(expression) -%}
    lateral (
        select
            key,
            value
        from (select explode(from_json({{ expression }}, 'map<string,string>')))
    ) as entries
{%- endmacro -%}
