{#- True where the text `expression` contains a match of the regular expression; anchor it with ^ and $ for the whole text.
    Keep to what POSIX and RE2 share: classes, repetition, groups, anchors. -#}

{%- macro matches_pattern(expression, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern', 'millwright')(expression, pattern)) }}
{%- endmacro -%}

{%- macro default__matches_pattern(expression, pattern) -%}
    {{ expression }} ~ '{{ pattern }}'
{%- endmacro -%}

{#- With `s` a dot is any character, the end of a line included, as on PostgreSQL. -#}
{%- macro duckdb__matches_pattern(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}', 's')
{%- endmacro -%}

{%- macro spark__matches_pattern(expression, pattern) -%}
    {{ expression }} rlike '{{ pattern }}'
{%- endmacro -%}
