{#- Procedure: evaluates the rules of the seed `data_quality_rules` on what is built, all of them or those on a relation.

    dbt run-operation validate_data_quality --args '{relation_name: fct_transactions}'

    Prints, and returns to a caller, a row per rule with its verdict. Nothing is written: the log is what runs found. Raises a compiler error, once
    everything is printed, when a rule cannot be evaluated or one fails that is to block. -#}

{%- macro validate_data_quality(relation_name=none) -%}
    {%- set procedure = 'validate_data_quality' -%}
    {%- set seed = ref('data_quality_rules') -%}
    {%- set rules = millwright.active_rules(seed) -%}
    {%- set ruled = rules | map(attribute='relation_name') | unique | list -%}
    {%- if not rules -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': there is no active rule in ' ~ seed ~ '; run `dbt seed`') -%}
    {%- elif relation_name is not none and relation_name not in ruled -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': no active rule checks "' ~ relation_name ~ '"; there are rules on ' ~ ruled | join(', ')
        ) -%}
    {%- endif -%}
    {%- if relation_name is not none -%}
        {%- set rules = rules | selectattr('relation_name', 'equalto', relation_name) | list -%}
    {%- endif -%}
    {%- set results = millwright.printed(run_query(
        'select rule_id, relation_name, action, n_rows, n_failed, failed_rate, verdict, problem from ('
        ~ millwright.rated_rules(seed, rules, millwright.ruled_relations()) ~ ') as rated order by rule_id'
    )) -%}
    {%- set stopping = [] -%}
    {%- for row in results.rows if row['verdict'] == 'error' or (row['verdict'] == 'fail' and row['action'] == 'block') -%}
        {%- do stopping.append(row['rule_id'] ~ ' (' ~ (row['problem'] or row['n_failed'] ~ ' of ' ~ row['n_rows'] ~ ' fail') ~ ')') -%}
    {%- endfor -%}
    {%- if stopping -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ stopping | join('; ')) -%}
    {%- endif -%}
    {{ return(results) }}
{%- endmacro -%}
