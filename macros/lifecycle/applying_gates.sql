{#- A query of the active quality gates that apply to a model version in an environment, each with what it measures of the version and of the
    incumbent (a dict with model_name and model_version, or none), how many decisions there were, and whether somebody has overridden it. -#}

{%- macro applying_gates(version, environment, incumbent) -%}
{%- set decisions = millwright.landing_table('gate_decisions') -%}
{%- set slot = {'model_name': version.model_name, 'model_version': version.model_version, 'environment': environment} -%}
with

decided as (

    select
        gate_id,
        max(revision) as n_decisions,
        max(case when status = 'overridden' then 1 else 0 end) as n_overridden
    from {{ decisions }}
    where {{ millwright.is_key(slot) }}
    group by gate_id

)

select
    gates.*,
    candidate.value,
    candidate.n,
    incumbent.value as incumbent_value,
    incumbent.n as incumbent_n,
    coalesce(decided.n_decisions, 0) as n_decisions,
    coalesce(decided.n_overridden, 0) as n_overridden
from {{ ref('quality_gates') }} as gates
left join {{ ref('life_gate_measures') }} as candidate
    on
        gates.metric = candidate.metric
        and gates.average = candidate.average
        and gates.segment = candidate.segment
        and candidate.model_name = {{ millwright.literal(version.model_name) }}
        and candidate.model_version = {{ millwright.literal(version.model_version) }}
left join {{ ref('life_gate_measures') }} as incumbent
    on
        gates.metric = incumbent.metric
        and gates.average = incumbent.average
        and gates.segment = incumbent.segment
        and incumbent.model_name = {{ millwright.literal((incumbent or {}).model_name) }}
        and incumbent.model_version = {{ millwright.literal((incumbent or {}).model_version) }}
left join decided
    on gates.gate_id = decided.gate_id
where
    gates.is_active
    and gates.environment in ('*', {{ millwright.literal(environment) }})
    and gates.model_name in ('*', {{ millwright.literal(version.model_name) }})
order by gates.gate_id
{%- endmacro -%}
