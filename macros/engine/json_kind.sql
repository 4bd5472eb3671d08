{#- What a text is as JSON: `object`, `array`, `other`, or `none` where it cannot be read; NULL for NULL. -#}

{%- macro json_kind(expression) -%}
    {{ return(adapter.dispatch('json_kind', 'millwright')(expression)) }}
{%- endmacro -%}

{#- `is json` holds for texts that cannot be read, e.g. with \u0000. -#}
{%- macro default__json_kind(expression) -%}
    case
        when not pg_input_is_valid({{ expression }}, 'jsonb') then 'none'
        when {{ expression }} is json object then 'object'
        when {{ expression }} is json array then 'array'
        when {{ expression }} is not null then 'other'
    end
{%- endmacro -%}

{#- No text of PostgreSQL has \u0000, and no JSON but DuckDB's has the numbers NaN and Infinity, in whatever spelling. -#}
{%- macro duckdb__json_kind(expression) -%}
    case
        when not json_valid({{ expression }}) or {{ expression }} like '%\u0000%' then 'none'
        when
            regexp_matches({{ expression }}, '(?i)nan|inf')
            and regexp_matches(regexp_replace({{ expression }}, '"([^"\\]|\\.)*"', '', 'g'), '(?i)nan|inf')
            then 'none'
        when json_type({{ expression }}) = 'OBJECT' then 'object'
        when json_type({{ expression }}) = 'ARRAY' then 'array'
        when {{ expression }} is not null then 'other'
    end
{%- endmacro -%}

{%- macro spark__json_kind(expression) -%}
    case
        when {{ expression }} is null then null
        when get_json_object({{ expression }}, '$') is null then 'none'
        when ltrim({{ expression }}) like '{{ '{%' }}' then 'object'
        when ltrim({{ expression }}) like '[%' then 'array'
        else 'other'
    end
{%- endmacro -%}
