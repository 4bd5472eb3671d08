{#- The active rows of a seed of rules as a list, in the order of rule_id; empty while the project is being parsed or
    before the seed was loaded for the first time. -#}

{%- macro active_rules(rules) -%}
    {%- if execute and load_relation(rules) -%}
        {{ return(run_query('select * from ' ~ rules ~ ' where is_active order by rule_id').rows) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro -%}
