{#- The revision of an experiment that is in force at a moment: {revision, status, known_at, definition}, the definition as people write it. Raises a
    compiler error that names what there is for one that is unknown; none if `required` is false. -#}

{%- macro experiment_in_force(procedure, experiment_id, at, required=true) -%}
    {%- set experiments = millwright.landing_table('experiments') -%}
    {%- set known = ' from ' ~ experiments ~ ' where known_at <= ' ~ at -%}
    {%- set found = run_query(
        'select *' ~ known ~ ' and experiment_id = ' ~ millwright.literal(experiment_id) ~ ' order by known_at desc, revision desc limit 1'
    ).rows -%}
    {%- if not found and not required -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if not found -%}
        {%- set others = run_query(
            'select experiment_id' ~ known ~ ' group by experiment_id order by max(known_at) desc, '
            ~ millwright.bytewise('experiment_id') ~ ' limit 5'
        ).columns[0].values() -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is no experiment "' ~ experiment_id ~ '"; '
            ~ ('the newest are ' ~ others | join(', ') if others else 'there is none; create one with create_prediction_experiment')
        ) -%}
    {%- endif -%}
    {%- set row = dict(found[0].items()) -%}
    {%- set variants = {} -%}
    {%- set controls = [] -%}
    {%- for variant in run_query(
        'select variant, is_control, model_name, model_version, traffic_share from ' ~ millwright.landing_table('experiment_variants')
        ~ ' where experiment_id = ' ~ millwright.literal(experiment_id) ~ ' and revision = ' ~ row.revision
        ~ ' order by is_control desc, ' ~ millwright.bytewise('variant')
    ).rows -%}
        {%- do variants.update({
            variant[0]: {'model_name': variant[2], 'model_version': variant[3], 'traffic_share': variant[4] | float}
        }) -%}
        {%- do controls.append(variant[0]) -%}
    {%- endfor -%}
    {%- set definition = {
        'name': row.experiment_name, 'variants': variants, 'control': controls[0], 'holdout_share': row.holdout_share | float,
        'alpha': row.alpha | float, 'min_sample_size': row.min_sample_size | int,
        'metrics': fromjson(row.metrics), 'target_segments': fromjson(row.target_segments) if row.target_segments else none,
        'starts_at': row.starts_at.isoformat(' '), 'ends_at': row.ends_at.isoformat(' ') if row.ends_at else none,
    } -%}
    {%- for key in ('description', 'salt', 'primary_metric', 'success_direction', 'method', 'covariate') -%}
        {%- do definition.update({key: row[key]}) -%}
    {%- endfor -%}
    {{ return({'revision': row.revision | int, 'status': row.status, 'known_at': row.known_at, 'definition': definition}) }}
{%- endmacro -%}
