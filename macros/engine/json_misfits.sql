{#- The keys of a JSON object that do not fit a schema, joined by `, ` in the order of their bytes; NULL if all fit. The schema is a JSON object
    from key to `number`, `text`, `boolean` or `any`, with a `?` behind it for a key that may be missing; both are held as text and not NULL.
    `misfit` chooses: `missing` (no value where one must be), `mistyped` (a value of another type) or `unknown` (a key that the schema does not
    have). -#}

{%- macro json_misfits(expression, schema, misfit) -%}
    {{ return(adapter.dispatch('json_misfits', 'millwright')(expression, schema, misfit)) }}
{%- endmacro -%}

{%- macro default__json_misfits(expression, schema, misfit) -%}
    {%- set given_type = "replace(json_typeof(given.value), 'string', 'text')" -%}
    {%- set conditions = {
        'missing': "wanted.value not like '%?' and coalesce(" ~ given_type ~ ", 'null') = 'null'",
        'mistyped': given_type ~ " <> 'null' and rtrim(wanted.value, '?') not in ('any', " ~ given_type ~ ')',
        'unknown': 'wanted.key is null',
    } -%}
    (
        select string_agg(coalesce(wanted.key, given.key), ', ' order by coalesce(wanted.key, given.key) collate "C")
        from json_each(cast({{ expression }} as json)) as given
        full outer join json_each_text(cast({{ schema }} as json)) as wanted
            on given.key = wanted.key
        where {{ conditions[misfit] }}
    )
{%- endmacro -%}

{%- macro duckdb__json_misfits(expression, schema, misfit) -%}
    {%- set given_keys = 'json_keys(' ~ expression ~ ')' -%}
    {%- set given_types = 'json_type(' ~ expression ~ ", '$.*')" -%}
    {%- set wanted_keys = 'json_keys(' ~ schema ~ ')' -%}
    {%- set wanted_types = 'json_extract_string(' ~ schema ~ ", '$.*')" -%}
    {%- if misfit == 'missing' -%}
        {%- set entries -%}
            list_filter(
                list_zip({{ wanted_keys }}, {{ wanted_types }}),
                lambda wanted: wanted[2] not like '%?'
                and coalesce({{ given_types }}[list_position({{ given_keys }}, wanted[1])], 'NULL') = 'NULL'
            )
        {%- endset -%}
    {%- elif misfit == 'mistyped' -%}
        {%- set type_of_value -%}
            case given[2]
                when 'VARCHAR' then 'text'
                when 'BOOLEAN' then 'boolean'
                when 'OBJECT' then 'object'
                when 'ARRAY' then 'array'
                else 'number'
            end
        {%- endset -%}
        {%- set entries -%}
            list_filter(
                list_zip({{ given_keys }}, {{ given_types }}),
                lambda given: given[2] <> 'NULL' and coalesce(
                    rtrim({{ wanted_types }}[list_position({{ wanted_keys }}, given[1])], '?') not in ('any', {{ type_of_value }}),
                    false
                )
            )
        {%- endset -%}
    {%- else -%}
        {%- set entries -%}
            list_filter(
                list_zip({{ given_keys }}, {{ given_types }}),
                lambda given: not list_contains({{ wanted_keys }}, given[1])
            )
        {%- endset -%}
    {%- endif -%}
    nullif(array_to_string(list_sort(list_transform({{ entries }}, lambda entry: entry[1])), ', '), '')
{%- endmacro -%}

{%- macro spark__json_misfits(expression, schema, misfit) -%}
    {%- do exceptions.raise_compiler_error('json_misfits: Spark does not tell what kinds of values a JSON object has') -%}
{%- endmacro -%}
