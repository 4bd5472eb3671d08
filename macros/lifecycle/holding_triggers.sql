{#- The rows of `life_retraining_triggers`, those that weigh most first, as dicts; `said` tells each in words. -#}

{%- macro holding_triggers(project_name=none) -%}
    {%- set found = [] -%}
    {%- for row in run_query(
        'select * from ' ~ ref('life_retraining_triggers')
        ~ (' where ' ~ millwright.is_key({'project_name': project_name}) if project_name is not none else '')
        ~ " order by project_name, case severity when 'high' then 1 when 'medium' then 2 else 3 end, model_name, model_version, trigger_type"
    ).rows -%}
        {%- do found.append(dict(
            row.dict(),
            said=row.trigger_type ~ ' of ' ~ row.model_name ~ ' ' ~ row.model_version ~ ': ' ~ row.measure ~ ' is ' ~ row.value | float | round(4)
                ~ ', ' ~ row.limit_kind ~ ' ' ~ row.limit_value | float ~ ' (' ~ row.severity ~ ', ' ~ row.recommendation ~ ')'
        )) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}
