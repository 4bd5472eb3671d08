{#- The argument `details` of a procedure as SQL literals by column of a landing table, whose YAML (`config.meta.lifecycle.details`) says which may
    be told and of what kind: `text`, `object` and `array` (JSON), `amount` (0 or more), `whole` (a whole number), `date`, or a list of what it may
    be. -#}

{%- macro checked_details(procedure, table, details) -%}
    {%- set kinds = millwright.landing_source(table).config.meta['lifecycle']['details'] -%}
    {%- if details is not none and details is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': details is "' ~ details ~ '"; write {name: value, …} with ' ~ kinds.keys() | join(', ')
        ) -%}
    {%- endif -%}
    {%- set literals = {} -%}
    {%- for name, value in (details or {}).items() -%}
        {%- set kind = kinds.get(name) -%}
        {%- if kind is none -%}
            {%- do exceptions.raise_compiler_error(procedure ~ ': there is no detail "' ~ name ~ '"; there are ' ~ kinds.keys() | join(', ')) -%}
        {%- endif -%}
        {%- set plain = millwright.plain_value(value) -%}
        {%- set is_number = plain is number and plain is not boolean and plain == plain and plain | string not in ('inf', '-inf') -%}
        {%- set is_date = plain is string and millwright.is_iso_date(plain) -%}
        {%- if plain is none
            or (kind is not string and plain in kind)
            or (kind == 'text' and plain is string and '\0' not in plain)
            or (kind == 'object' and plain is mapping)
            or (kind == 'array' and plain is sequence and plain is not string and plain is not mapping)
            or (kind == 'amount' and is_number and plain >= 0)
            or (kind == 'whole' and is_number and plain is integer)
            or (kind == 'date' and is_date) -%}
            {%- set data_type = millwright.landing_source(table).columns[name].data_type -%}
            {%- set text = tojson(plain) if kind in ('object', 'array') and plain is not none else plain -%}
            {%- do literals.update({name: millwright.literal(text, data_type)}) -%}
        {%- else -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': the detail ' ~ name ~ ' is ' ~ tojson(plain) ~ '; it must be '
                ~ ('one of ' ~ kind | join(', ') if kind is not string else {
                    'text': 'a text', 'object': 'a JSON object', 'array': 'a JSON array', 'amount': 'a number, 0 or more', 'whole': 'a whole number',
                    'date': 'an ISO date, such as 1998-07-01',
                }[kind])
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(literals) }}
{%- endmacro -%}
