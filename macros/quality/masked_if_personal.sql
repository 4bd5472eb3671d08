{#- The text `value` of a column of one of the dbt models `model_names`, in its shape only where that column holds personal data. `model_name` and
    `column_name` are expressions that name the column. -#}

{%- macro masked_if_personal(value, model_name, column_name, model_names) -%}
    {%- set personal = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.name in model_names -%}
        {%- for column in millwright.personal_columns(node) -%}
            {%- do personal.append('(' ~ millwright.literal(node.name) ~ ', ' ~ millwright.literal(column) ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if personal -%}
    case
        when ({{ model_name }}, {{ column_name }}) in ({{ personal | join(', ') }}) then {{ millwright.masked_text(value) }}
        else {{ value }}
    end
    {%- else -%}
    {{ value }}
    {%- endif -%}
{%- endmacro -%}
