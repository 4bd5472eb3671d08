{#- Whether a text of a rule can be compared with columns of a kind: digits with sign and decimal point for number, a date or timestamp in ISO form
    for date and timestamp, true or false for boolean. -#}

{%- macro is_rule_value(text, kind) -%}
    {%- if kind == 'number' -%}
        {{ return(modules.re.fullmatch('-?[0-9]+([.][0-9]+)?', text) is not none) }}
    {%- elif kind == 'boolean' -%}
        {{ return(text in ('true', 'false')) }}
    {%- elif kind in ('date', 'timestamp') -%}
        {{ return(run_query('select ' ~ millwright.parse_moment(millwright.literal(text)) ~ ' is not null').columns[0].values()[0]) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro -%}
