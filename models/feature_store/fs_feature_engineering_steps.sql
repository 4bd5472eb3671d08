{%- set steps = millwright.feature_steps(millwright.feature_groups(var('feature_groups'))) -%}
{{ millwright.depends_on_feature_groups() }}

with

steps as (
    {%- for step in steps %}

    select
        {{ millwright.literal(step.node.unique_id) }} as step_id,
        {{ step.step_order }} as step_order,
        {{ millwright.literal(step.step_type) }} as step_type,
        {{ millwright.literal(step.node.name) }} as built_model,
        {{ millwright.literal(millwright.names_of_nodes(step.node.depends_on.nodes) | join('|')) }} as sources,
        {{ millwright.literal(step.node.raw_code) }} as logic,
        {{ millwright.literal(step.node.description | trim) }} as description
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

executions as (

    select
        run_id,
        node_id,
        status,
        execution_seconds,
        n_rows,
        completed_at,
        row_number() over (
            partition by node_id
            order by completed_at desc
        ) as recency
    from {{ ref('stg_ops__run_steps') }}
    where completed_at is not null

),

final as (

    select
        steps.step_id,
        steps.step_order,
        steps.step_type,
        steps.built_model,
        steps.sources,
        steps.description,
        steps.logic,
        executions.run_id as last_run_id,
        executions.status as last_status,
        executions.execution_seconds as last_execution_seconds,
        executions.n_rows as last_n_rows,
        executions.completed_at as last_completed_at
    from steps
    left join executions
        on
            steps.step_id = executions.node_id
            and executions.recency = 1

)

select * from final
