{#- A hash of a JSON object that is held as text, the same for the same content on every engine, whatever the order of its keys, its spacing, and
    how its numbers are spelled: these are compared as floats. NULL for NULL, and where a value is an object or an array itself. -#}

{%- macro json_hash(expression) -%}
    {{ return(adapter.dispatch('json_hash', 'millwright')(expression)) }}
{%- endmacro -%}

{#- A number that no float can hold is as good as 0 or infinite, as other engines read it. -#}
{%- macro default__json_hash(expression) -%}
    {%- set text = "(value #>> '{}')" -%}
    (
        select
            case
                when count(*) = count(entry)
                    then md5(coalesce(string_agg(entry, '' order by entry collate "C"), ''))
            end
        from (
            select
                case
                    when json_typeof(value) in ('object', 'array') then null
                    else md5(md5(key) || json_typeof(value) || ':' || coalesce(
                        case
                            when json_typeof(value) <> 'number' then {{ text }}
                            when pg_input_is_valid({{ text }}, 'double precision')
                                then {{ millwright.float_text('cast(' ~ text ~ ' as double precision)') }}
                            when abs(cast({{ text }} as numeric)) < 1 then '0'
                            when {{ text }} like '-%' then '-Infinity'
                            else 'Infinity'
                        end,
                        ''
                    ))
                end as entry
            from json_each(cast({{ expression }} as json))
        ) as entries
    )
{%- endmacro -%}

{%- macro duckdb__json_hash(expression) -%}
    {%- set kind -%}
        case entry[2]
            when 'VARCHAR' then 'string'
            when 'BOOLEAN' then 'boolean'
            when 'NULL' then 'null'
            else 'number'
        end
    {%- endset -%}
    case
        when not list_has_any(json_type({{ expression }}, '$.*'), ['OBJECT', 'ARRAY'])
            then md5(array_to_string(
                list_sort(list_transform(
                    list_zip(json_keys({{ expression }}), json_type({{ expression }}, '$.*'), json_extract_string({{ expression }}, '$.*')),
                    lambda entry: md5(md5(entry[1]) || {{ kind }} || ':' || coalesce(
                        case
                            when entry[2] in ('VARCHAR', 'BOOLEAN', 'NULL') then entry[3]
                            else {{ millwright.float_text('try_cast(entry[3] as double)') }}
                        end,
                        ''
                    ))
                )),
                ''
            ))
    end
{%- endmacro -%}

{%- macro spark__json_hash(expression) -%}
    {%- do exceptions.raise_compiler_error('json_hash: Spark does not tell what kinds of values a JSON object has') -%}
{%- endmacro -%}
