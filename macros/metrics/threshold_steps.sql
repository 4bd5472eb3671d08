{#- The thresholds that `threshold_metrics` has in every group, as SQL literals, the highest first. -#}

{%- macro threshold_steps(thresholds) -%}
    {%- set steps = ['Infinity'] if thresholds is none else thresholds if thresholds is sequence else [] -%}
    {%- if thresholds is integer -%}
        {%- for number in range(thresholds + 1) -%}
            {%- do steps.append(number / thresholds) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for step in steps | unique | sort(reverse=true) -%}
        {%- do literals.append(millwright.literal(step, 'float8')) -%}
    {%- endfor -%}
    {{ return(literals) }}
{%- endmacro -%}
