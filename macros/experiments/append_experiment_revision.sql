{#- Appends a revision of an experiment and its variants to the landing tables, in the caller's transaction. -#}

{%- macro append_experiment_revision(experiment_id, revision, status, definition, signature, at) -%}
    {%- set text = {} -%}
    {%- for key in ('name', 'description', 'salt', 'primary_metric', 'success_direction', 'method', 'covariate') -%}
        {%- do text.update({key: millwright.literal(definition[key])}) -%}
    {%- endfor -%}
    {%- set segments = tojson(definition.target_segments, sort_keys=true) if definition.target_segments is not none -%}
    {%- set run = [at, at, millwright.literal(millwright.run_id())] | join(', ') -%}
    {%- do run_query(
        'insert into ' ~ millwright.landing_table('experiments') ~ ' (experiment_id, revision, status, experiment_name, description, salt, '
        ~ 'primary_metric, success_direction, method, covariate, holdout_share, target_segments, metrics, alpha, min_sample_size, starts_at, '
        ~ 'ends_at, actor, reason, event_at, known_at, run_id) values ('
        ~ [
            millwright.literal(experiment_id), revision, millwright.literal(status), text.values() | join(', '),
            definition.holdout_share, millwright.literal(segments or none), millwright.literal(tojson(definition.metrics, sort_keys=true)),
            definition.alpha, definition.min_sample_size,
            millwright.literal(definition.starts_at, 'timestamp'), millwright.literal(definition.ends_at, 'timestamp'),
            millwright.literal(signature.actor), millwright.literal(signature.reason), run,
        ] | join(', ') ~ ')'
    ) -%}
    {%- for name, variant in definition.variants.items() -%}
        {%- do run_query(
            'insert into ' ~ millwright.landing_table('experiment_variants')
            ~ ' (experiment_id, revision, variant, is_control, model_name, model_version, traffic_share, known_at, run_id) values ('
            ~ [
                millwright.literal(experiment_id), revision, millwright.literal(name), name == definition.control,
                millwright.literal(variant.model_name), millwright.literal(variant.model_version), variant.traffic_share, at,
                millwright.literal(millwright.run_id()),
            ] | join(', ') ~ ')'
        ) -%}
    {%- endfor -%}
{%- endmacro -%}
