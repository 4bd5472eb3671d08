{#- The shares of an experiment by variant, with the holdout, that were in force one after the other up to a moment, the oldest first: what
    `assign_variants` takes. Drafts assigned nobody. -#}

{%- macro experiment_allocations(experiment_id, at) -%}
    {%- set by_revision = {} -%}
    {%- for row in run_query(
        'select revisions.revision, variants.variant, variants.traffic_share, revisions.holdout_share from '
        ~ millwright.landing_table('experiments') ~ ' as revisions inner join ' ~ millwright.landing_table('experiment_variants') ~ ' as variants'
        ~ ' on revisions.experiment_id = variants.experiment_id and revisions.revision = variants.revision'
        ~ ' where revisions.experiment_id = ' ~ millwright.literal(experiment_id) ~ " and revisions.status <> 'draft' and revisions.known_at <= " ~ at
        ~ ' order by revisions.known_at, revisions.revision, variants.is_control desc, ' ~ millwright.bytewise('variants.variant')
    ).rows -%}
        {%- set allocation = by_revision.setdefault(row[0], {}) -%}
        {%- do allocation.pop('holdout', none) -%}
        {%- do allocation.update({row[1]: row[2] | float, 'holdout': row[3] | float}) -%}
    {%- endfor -%}
    {{ return(by_revision.values() | list) }}
{%- endmacro -%}
