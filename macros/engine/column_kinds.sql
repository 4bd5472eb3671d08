{#- What a relation's columns hold, in their order: a list of dicts with `name`, `kind` (number, date, timestamp, text, boolean, other) and
    `is_float`. Engines name the same types differently. Empty while the project is being parsed and where the relation does not exist. -#}

{%- macro column_kinds(relation) -%}
    {%- set kinds_of_types = {
        'number': [
            'tinyint', 'smallint', 'integer', 'int', 'bigint', 'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint',
            'numeric', 'decimal', 'real', 'float', 'float4', 'float8', 'double', 'double precision',
        ],
        'date': ['date'],
        'timestamp': ['timestamp', 'timestamp without time zone', 'timestamp_s', 'timestamp_ms', 'timestamp_ns'],
        'text': ['text', 'varchar', 'character varying', 'character', 'char', 'bpchar', 'string', 'uuid'],
        'boolean': ['boolean', 'bool'],
    } -%}
    {%- set found = [] -%}
    {%- if execute and load_relation(relation) -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- set data_type = column.dtype.split('(')[0] | lower | trim -%}
            {%- set kinds = [] -%}
            {%- for kind, data_types in kinds_of_types.items() if data_type in data_types -%}
                {%- do kinds.append(kind) -%}
            {%- endfor -%}
            {%- do found.append({
                'name': column.name,
                'kind': (kinds + ['other'])[0],
                'is_float': data_type in ['real', 'float', 'float4', 'float8', 'double', 'double precision'],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro -%}
