{#- The rows of `model_tasks` with all names of the positive class, as a query: `positive_names`, a JSON array; NULL without such a class. -#}

{%- macro tasks_with_names(tasks, aliases) -%}
    select
        tasks.model_name,
        tasks.task,
        '[' || {{ millwright.json_string('tasks.positive_class') }}
        || coalesce(string_agg(',' || {{ millwright.json_string('aliases.alias') }}, ''), '') || ']' as positive_names
    from {{ tasks }} as tasks
    left join {{ aliases }} as aliases
        on
            tasks.model_name = aliases.model_name
            and tasks.positive_class = aliases.class_name
    group by
        tasks.model_name,
        tasks.task,
        tasks.positive_class
{%- endmacro -%}
