{%- set edges = millwright.edges_of_steps(millwright.feature_steps(millwright.feature_groups(var('feature_groups')))) -%}
{{ millwright.depends_on_feature_groups() }}

with

edges as (
    {%- for edge in edges %}

    select
        {{ millwright.literal(edge.source) }} as source_id,
        {{ millwright.literal(millwright.names_of_nodes([edge.source]) | first) }} as source_name,
        {{ millwright.literal(edge.target) }} as target_id,
        {{ millwright.literal(millwright.names_of_nodes([edge.target]) | first) }} as target_name,
        {{ millwright.literal(edge.step_type) }} as step_type
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

executions as (

    select * from {{ ref('stg_ops__run_steps') }}
    where completed_at is not null

),

final as (

    select
        executions.run_id,
        edges.source_name,
        edges.target_name,
        edges.step_type,
        executions.status,
        executions.n_rows,
        executions.completed_at
    from executions
    inner join edges
        on executions.node_id = edges.target_id

)

select * from final
