{#- Procedure: says which variant of an experiment entities get, and keeps it.

    dbt run-operation assign_variant --args '{experiment_id: trees, entity_ids: [shop-00001, shop-00002]}'

    Prints, and returns to a caller, a row per entity: entity_id, variant, model_name, model_version, is_new. An entity that was assigned before keeps
    its variant; `holdout` takes no part. An experiment with target segments wants those of the entities, e.g. `segments: {country: FR}`. Refuses an
    experiment that is not active, or not now. -#}

{%- macro assign_variant(experiment_id, entity_ids, segments=none, moment=none) -%}
    {%- set procedure = 'assign_variant' -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- set ids = millwright.checked_entity_ids(procedure, entity_ids) -%}
    {%- if ids | select('in', [none, '']) | list -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': an entity has no id') -%}
    {%- endif -%}
    {%- set assignments = millwright.landing_table('experiment_assignments') -%}
    {%- set experiment = millwright.experiment_in_force(procedure, experiment_id, at) -%}
    {%- if experiment.status != 'active' -%}
        {%- set active = run_query(
            'select distinct experiment_id from ' ~ millwright.landing_table('experiments') ~ " where status = 'active' and known_at <= " ~ at
        ).columns[0].values() -%}
        {%- set others = [] -%}
        {%- for other in active if millwright.experiment_in_force(procedure, other, at).status == 'active' -%}
            {%- do others.append(other) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the experiment ' ~ experiment_id ~ ' is ' ~ experiment.status ~ '; active '
            ~ ('are ' ~ others | sort | join(', ') if others else 'is none')
        ) -%}
    {%- endif -%}
    {%- set now = (moment or var('as_of')) | string | replace('T', ' ') -%}
    {%- set definition = experiment.definition -%}
    {%- if now < definition.starts_at[:now | length] or (definition.ends_at is not none and now >= definition.ends_at[:now | length]) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the experiment ' ~ experiment_id ~ ' goes from ' ~ definition.starts_at ~ ' to ' ~ (definition.ends_at or 'no planned end')
            ~ ', and it is ' ~ now
        ) -%}
    {%- endif -%}
    {%- for segment, wanted in (definition.target_segments or {}).items() -%}
        {%- if (segments or {}).get(segment) not in wanted -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': the experiment ' ~ experiment_id ~ ' is for entities whose ' ~ segment ~ ' is ' ~ wanted | join(' or ')
                ~ ', not "' ~ (segments or {}).get(segment) ~ '"'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(assignments) -%}
        {%- do run_query(millwright.lock_table(assignments)) -%}
    {%- endif -%}
    {%- set held = '(select * from ' ~ assignments ~ ' where experiment_id = ' ~ millwright.literal(experiment_id) ~ ')' -%}
    {%- set asked = millwright.assign_variants(
        '(' ~ millwright.entities_of_list(ids) ~ ')', 'entity_id', millwright.experiment_allocations(experiment_id, at), definition.salt, held
    ) -%}
    {%- set results = run_query(
        'select asked.entity_id, asked.variant, variants.model_name, variants.model_version, not asked.is_assigned_before as is_new from ('
        ~ asked ~ ') as asked left join ' ~ millwright.landing_table('experiment_variants') ~ ' as variants on asked.variant = variants.variant'
        ~ ' and variants.experiment_id = ' ~ millwright.literal(experiment_id) ~ ' and variants.revision = ' ~ experiment.revision
        ~ ' order by ' ~ millwright.bytewise('asked.entity_id')
    ) -%}
    {%- set new = [] -%}
    {%- for row in results.rows if row[4] -%}
        {%- set key = millwright.literal(experiment_id) ~ " || '|' || " ~ millwright.literal(row[0]) -%}
        {%- do new.append('(' ~ [
            'md5(' ~ key ~ ')', millwright.literal(experiment_id), millwright.literal(row[0]), millwright.literal(row[1]), at, at,
            millwright.literal(millwright.run_id()),
        ] | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- if new -%}
        {%- do run_query(
            'insert into ' ~ assignments ~ ' (assignment_id, experiment_id, entity_id, variant, event_at, known_at, run_id) values '
            ~ new | join(', ')
        ) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {{ return(millwright.printed(results)) }}
{%- endmacro -%}
