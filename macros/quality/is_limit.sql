{#- Whether the text is a number, or, with `is_time`, a moment in ISO form, as the limits of rules are written. -#}

{%- macro is_limit(text, is_time) -%}
    {%- if not is_time -%}
        {{ return(modules.re.fullmatch('-?[0-9]+([.][0-9]+)?', text) is not none) }}
    {%- endif -%}
    {{ return(run_query('select ' ~ millwright.parse_moment(millwright.literal(text)) ~ ' is not null').columns[0].values()[0]) }}
{%- endmacro -%}
