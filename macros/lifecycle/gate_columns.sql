{#- The columns of a row of `ops.gate_decisions` that say what was looked at, as SQL literals, given a row of `applying_gates`. -#}

{%- macro gate_columns(version, environment, gate, incumbent) -%}
    {%- set columns = {
        'environment': millwright.literal(environment),
        'revision': gate.n_decisions | int + 1,
        'incumbent_model_name': millwright.literal((incumbent or {}).model_name),
        'incumbent_model_version': millwright.literal((incumbent or {}).model_version),
    } -%}
    {%- for column in ['project_name', 'model_name', 'model_version'] -%}
        {%- do columns.update({column: millwright.literal(version[column])}) -%}
    {%- endfor -%}
    {%- for column in ['gate_id', 'metric', 'average', 'segment', 'limit_kind', 'compared_with'] -%}
        {%- do columns.update({column: millwright.literal(gate[column])}) -%}
    {%- endfor -%}
    {%- for column in ['limit_value', 'value', 'incumbent_value'] -%}
        {%- do columns.update({column: millwright.literal(gate[column], 'float8')}) -%}
    {%- endfor -%}
    {%- for column in ['n', 'incumbent_n', 'min_n'] -%}
        {%- do columns.update({column: millwright.literal(gate[column], 'bigint')}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}
