{#- What each step of `feature_steps` reads: a list of dicts with source and target (dbt's unique ids) and the target's step_type. -#}

{%- macro edges_of_steps(steps) -%}
    {%- set edges = [] -%}
    {%- for step in steps -%}
        {%- for source in step.node.depends_on.nodes -%}
            {%- do edges.append({'source': source, 'target': step.node.unique_id, 'step_type': step.step_type}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(edges) }}
{%- endmacro -%}
