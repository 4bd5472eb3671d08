{#- Procedure: drafts an experiment on model versions. Nobody is assigned before `change_prediction_experiment` makes it active.

    dbt run-operation create_prediction_experiment --args '{experiment_id: trees, actor: ann, definition: {
      name: Boosted trees or not, ends_at: 1998-10-01, metrics: {accuracy: mean}, primary_metric: accuracy, success_direction: increase,
      variants: {
        control: {model_name: repurchase, model_version: 1998.6.0, traffic_share: 0.5},
        treatment: {model_name: repurchase_challenger, model_version: 1998.6.0, traffic_share: 0.5}}}}'

    Called again with the same definition, it changes nothing and says so. -#}

{%- macro create_prediction_experiment(experiment_id, definition, actor, moment=none) -%}
    {%- set procedure = 'create_prediction_experiment' -%}
    {%- for argument, given in {'experiment_id': experiment_id, 'actor': actor}.items() if not (given or '') | string | trim -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ argument ~ ' is empty') -%}
    {%- endfor -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- set experiments = millwright.landing_table('experiments') -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(experiments) -%}
        {%- do run_query(millwright.lock_table(experiments)) -%}
    {%- endif -%}
    {%- set held = millwright.experiment_in_force(procedure, experiment_id, "cast('9999-12-31' as timestamp)", required=false) -%}
    {%- set defaults = {'salt': experiment_id | string, 'starts_at': held.definition.starts_at if held else moment or var('as_of')} -%}
    {%- if definition is mapping -%}
        {%- do defaults.update(definition) -%}
    {%- endif -%}
    {%- set checked = millwright.checked_experiment(procedure, defaults if definition is mapping else definition, at) -%}
    {%- if held and held.definition != checked -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is another experiment "' ~ experiment_id ~ '", "' ~ held.definition.name ~ '", which is ' ~ held.status
            ~ '; choose another experiment_id, or change it with change_prediction_experiment'
        ) -%}
    {%- endif -%}
    {%- if not held -%}
        {%- do millwright.append_experiment_revision(experiment_id, 1, 'draft', checked, {'actor': actor | string | trim}, at) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {%- do log(procedure ~ ': the experiment ' ~ experiment_id ~ (' is there already' if held else ' is drafted'), info=true) -%}
{%- endmacro -%}
