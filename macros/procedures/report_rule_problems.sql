{#- Procedure of `millwright nightly`: says of each of these rows of the seed `data_quality_rules`, which may not be loaded yet, why it cannot be
    evaluated. Rules on what is not built yet are left for the run itself.

    Logs, as a JSON list, the number of each rule with a problem, from 0, and the problem. -#}

{%- macro report_rule_problems(rules) -%}
    {%- set columns = millwright.columns_of_relations(millwright.ruled_relations()) -%}
    {%- set found = [] -%}
    {%- for rule in rules -%}
        {%- set referenced = (rule['referenced_column'] or '').split('.')[0] -%}
        {%- if columns.get(rule['relation_name'], true) and columns.get(referenced, true) -%}
            {%- set problem = millwright.rule_problem(rule, columns) -%}
            {%- if problem is not none -%}
                {%- do found.append([loop.index0, problem]) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do log(tojson(found), info=true) -%}
{%- endmacro -%}
