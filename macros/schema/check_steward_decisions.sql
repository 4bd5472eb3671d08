{#- Pre-hook: stops the run before customers are merged by decisions that cannot be followed, and names them. -#}

{%- macro check_steward_decisions(decisions, records) -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
        {%- set problems = run_query(millwright.steward_decision_problems(decisions, records)).rows -%}
        {%- if problems | length -%}
            {%- do exceptions.raise_compiler_error(
                'seeds/config/steward_decisions.csv: ' ~ problems | map(attribute='problem') | join('; ')
                ~ '. Correct or remove these rows, then run again; nothing was merged.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
