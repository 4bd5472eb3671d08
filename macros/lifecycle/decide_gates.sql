{#- Evaluates the quality gates for a version in an environment and appends a decision a gate. Returns a dict: `decisions`, and `problem`, why the
    version may not be deployed there, or none. -#}

{%- macro decide_gates(call, version, environment, incumbent) -%}
    {%- set decisions = [] -%}
    {%- set rows = [] -%}
    {%- for gate in run_query(millwright.applying_gates(version, environment, incumbent)).rows -%}
        {%- set decision = millwright.gate_decision(gate, incumbent) -%}
        {%- do decisions.append(dict(decision, gate_id=gate.gate_id)) -%}
        {%- do rows.append(dict(millwright.gate_columns(version, environment, gate, incumbent), **{
            'status': millwright.literal(decision.status), 'message': millwright.literal(decision.message),
        })) -%}
    {%- endfor -%}
    {%- do millwright.insert_lifecycle_rows(call, 'gate_decisions', rows) -%}
    {%- set refusing = [] -%}
    {%- for decision in decisions if decision.status in ('fail', 'insufficient') -%}
        {%- do refusing.append(decision.gate_id ~ ': ' ~ decision.message) -%}
    {%- endfor -%}
    {%- set problem = namespace(text=none) -%}
    {%- if refusing -%}
        {%- set problem.text = version.model_name ~ ' ' ~ version.model_version ~ ' does not pass the quality gates of ' ~ environment ~ ': '
            ~ refusing | join('; ') -%}
    {%- elif not decisions and run_query(
        'select 1 from ' ~ ref('quality_gates') ~ " where is_active and environment in ('*', " ~ millwright.literal(environment) ~ ') limit 1'
    ).rows -%}
        {%- set problem.text = 'no quality gate of ' ~ environment ~ ' applies to the model ' ~ version.model_name
            ~ '; add one to seeds/config/quality_gates.csv' -%}
    {%- endif -%}
    {{ return({'decisions': decisions, 'problem': problem.text}) }}
{%- endmacro -%}
