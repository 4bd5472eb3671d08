{#- The `sum`, `min` or `max` of the values of a JSON object that is held as text; NULL for NULL, for an object without keys, and where a value is
    no number. -#}

{%- macro json_numbers(expression, aggregate) -%}
    {{ return(adapter.dispatch('json_numbers', 'millwright')(expression, aggregate)) }}
{%- endmacro -%}

{#- A condition around an aggregate is looked at after it: what is no number must not reach the cast. -#}
{%- macro default__json_numbers(expression, aggregate) -%}
    (
        select case when count(number) = count(*) then {{ aggregate }}(number) end
        from (
            select
                case
                    when json_typeof(value) = 'number' and pg_input_is_valid(value #>> '{}', 'double precision')
                        then cast(value #>> '{}' as double precision)
                end as number
            from json_each(cast({{ expression }} as json))
        ) as numbers
    )
{%- endmacro -%}

{%- macro duckdb__json_numbers(expression, aggregate) -%}
    case
        when list_has_all(['BIGINT', 'UBIGINT', 'DOUBLE'], json_type({{ expression }}, '$.*'))
            then list_{{ aggregate }}(try_cast(json_extract({{ expression }}, '$.*') as double[]))
    end
{%- endmacro -%}

{%- macro spark__json_numbers(expression, aggregate) -%}
    {%- set numbers = 'map_values(from_json(' ~ expression ~ ", 'map<string,double>'))" -%}
    {%- if aggregate == 'sum' -%}
    aggregate({{ numbers }}, cast(0 as double), (total, number) -> total + number)
    {%- else -%}
    array_{{ aggregate }}({{ numbers }})
    {%- endif -%}
{%- endmacro -%}
