{#- The value of an argument for a column of a landing table of this data type; appends what is wrong with it to `problems` and then returns none.
    JSON may come as text, or as what it stands for. -#}

{%- macro checked_field(name, value, data_type, problems) -%}
    {%- set re = modules.re -%}
    {%- if value is none or value is undefined -%}
        {{ return(none) }}
    {%- elif data_type == 'float8' -%}
        {%- if value is boolean or not re.match('^[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?$|^[+-]?inf$|^nan$', value | string | lower) -%}
            {%- do problems.append(name ~ ' is no number') -%}
            {{ return(none) }}
        {%- endif -%}
        {{ return(value | float) }}
    {%- elif data_type == 'timestamp' -%}
        {%- set text = re.sub('(Z|[+]00:00)$', '', value | string) -%}
        {%- set is_written_so = re.match('^\\d{4}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d:\\d\\d([.]\\d{1,6})?)?$', text) -%}
        {#- The fence keeps the engine from casting the text before it has looked at it. -#}
        {%- if not is_written_so or run_query(
            'select ' ~ millwright.try_cast('written', 'timestamp') ~ ' as moment from (select ' ~ millwright.literal(text) ~ ' as written '
            ~ millwright.fence() ~ ') as given'
        ).columns[0].values()[0] is none -%}
            {%- do problems.append(name ~ ' is no ISO date or timestamp in UTC, such as 1998-07-01 or 1998-07-01 06:00:00') -%}
            {{ return(none) }}
        {%- endif -%}
        {{ return(text) }}
    {%- elif value is mapping -%}
        {%- set written = {} -%}
        {%- for key, item in value.items() -%}
            {%- set is_json = item is none or item is string or item is number or item is boolean or item is mapping or item is sequence -%}
            {%- do written.update({key: item if is_json else item | string}) -%}
        {%- endfor -%}
        {{ return(tojson(written, sort_keys=true)) }}
    {%- elif value is sequence and value is not string -%}
        {{ return(tojson(value)) }}
    {%- endif -%}
    {{ return(millwright.text_of_field(name, value, problems)) }}
{%- endmacro -%}
