{#- Procedure: changes an experiment by appending a revision: its status, its shares, its end; while it is a draft, all of its definition.

    dbt run-operation change_prediction_experiment --args '{experiment_id: trees, changes: {status: active}, actor: ann}'
    dbt run-operation change_prediction_experiment --args '{experiment_id: trees, changes: {shares: {control: 0.2, treatment: 0.8}}, actor: ann}'

    A draft becomes active, an active experiment is paused and goes on, and any can be completed, which is for good. What changes nothing appends
    nothing. -#}

{%- macro change_prediction_experiment(experiment_id, changes, actor, reason=none, moment=none) -%}
    {%- set procedure = 'change_prediction_experiment' -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- if not (actor or '') | string | trim -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': actor is empty; say who you are') -%}
    {%- endif -%}
    {%- if changes is not mapping or not changes -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': changes is "' ~ changes ~ '"; it must map what to change, e.g. {status: active}') -%}
    {%- endif -%}
    {%- set experiments = millwright.landing_table('experiments') -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(experiments) -%}
        {%- do run_query(millwright.lock_table(experiments)) -%}
    {%- endif -%}
    {%- set newest = millwright.experiment_in_force(procedure, experiment_id, "cast('9999-12-31' as timestamp)") -%}
    {%- set held = millwright.experiment_in_force(procedure, experiment_id, at, required=false) -%}
    {%- if not held or held.revision != newest.revision -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the experiment ' ~ experiment_id ~ ' was changed later, at ' ~ newest.known_at ~ '; a change cannot come before that'
        ) -%}
    {%- endif -%}
    {%- set status = changes.get('status', held.status) -%}
    {%- set follows = {
        'draft': ['draft', 'active', 'completed'], 'active': ['active', 'paused', 'completed'], 'paused': ['paused', 'active', 'completed'],
        'completed': ['completed'],
    }[held.status] -%}
    {%- if status not in follows -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the experiment ' ~ experiment_id ~ ' is ' ~ held.status ~ '; its status can be ' ~ follows | join(' or ')
            ~ ', not "' ~ status ~ '"'
        ) -%}
    {%- endif -%}
    {%- set changeable = {'active': ['name', 'description', 'holdout_share', 'ends_at', 'shares'], 'completed': []} -%}
    {%- do changeable.update({'paused': changeable.active}) -%}
    {%- for key in changes if key != 'status' and key not in changeable.get(held.status, [key]) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ key ~ ' cannot be changed, since the experiment ' ~ experiment_id ~ ' is ' ~ held.status
            ~ (', only ' ~ changeable[held.status] | join(', ') if changeable[held.status] else '') ~ '; create another experiment'
        ) -%}
    {%- endfor -%}
    {%- set shares = changes.get('shares', {}) -%}
    {%- if shares is not mapping or shares.keys() | reject('in', held.definition.variants) | list -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': shares is "' ~ shares ~ '"; it must map variants to numbers, and there are ' ~ held.definition.variants.keys() | join(', ')
        ) -%}
    {%- endif -%}
    {%- set definition = dict(held.definition, variants={}) -%}
    {%- for name, variant in held.definition.variants.items() -%}
        {%- do definition.variants.update({name: dict(variant, traffic_share=shares.get(name, variant.traffic_share))}) -%}
    {%- endfor -%}
    {%- for key, value in changes.items() if key not in ('status', 'shares') -%}
        {%- do definition.update({key: value}) -%}
    {%- endfor -%}
    {%- set checked = millwright.checked_experiment(procedure, definition, at) -%}
    {%- set is_changed = checked != held.definition or status != held.status -%}
    {%- if is_changed -%}
        {%- do millwright.append_experiment_revision(
            experiment_id, held.revision + 1, status, checked, {'actor': actor | string | trim, 'reason': reason}, at
        ) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {%- do log(
        procedure ~ ': the experiment ' ~ experiment_id ~ (' is changed' if is_changed else ' is so already') ~ ', and ' ~ status, info=true
    ) -%}
{%- endmacro -%}
