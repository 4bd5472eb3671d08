{#- The columns of a pivoted confusion matrix: a dict from each class to a name that every engine takes unquoted. A class that makes no plain name
    is told from others like it by a hash; so is one whose name is `taken`. -#}

{%- macro class_columns(classes, taken=[]) -%}
    {%- set columns = {} -%}
    {%- for class_name in classes -%}
        {%- set class_text = class_name | string -%}
        {%- set column = 'predicted_' ~ class_text -%}
        {%- if not modules.re.match('^[a-z0-9_]{1,50}\\Z', class_text) or column in taken + ['predicted_class'] -%}
            {%- set plain = modules.re.sub('[^a-z0-9]+', '_', class_text | lower)[:40] -%}
            {%- set column = 'predicted_' ~ plain ~ '_' ~ local_md5(class_text)[:8] -%}
        {%- endif -%}
        {%- if column in columns.values() -%}
            {%- set column = 'predicted_' ~ local_md5(class_text) -%}
        {%- endif -%}
        {%- do columns.update({class_name: column}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}
