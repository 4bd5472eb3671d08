{#- What a metric is computed for, as a dict from the name of each column to its expression: `group_by` is a column, a list of columns, or a
    mapping from names to expressions. -#}

{%- macro metric_groups(group_by) -%}
    {%- if group_by is mapping -%}
        {{ return(group_by) }}
    {%- endif -%}
    {%- set groups = {} -%}
    {%- for column in ([group_by] if group_by is string else group_by) -%}
        {%- do groups.update({column: column}) -%}
    {%- endfor -%}
    {{ return(groups) }}
{%- endmacro -%}
