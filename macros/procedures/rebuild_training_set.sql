{#- Procedure: builds a training set again from its recipe, as a table in the schema of the training models, and makes sure that it has the same rows.

    dbt run-operation rebuild_training_set --args '{recipe_hash: 9f86d081884c7d65}'

    Prints, and returns to a caller, one row: recipe_hash, relation, n_rows. The table is called `rebuilt_` and the first digits of the hash, or
    `into`. -#}

{%- macro rebuild_training_set(recipe_hash, into=none) -%}
    {%- set procedure = 'rebuild_training_set' -%}
    {%- set recipes = millwright.landing_table('training_recipes') -%}
    {%- set found = run_query(
        'select recipe_hash, recipe, n_rows, rows_hash from ' ~ recipes ~ ' where recipe_hash like '
        ~ millwright.literal((recipe_hash | string | replace('%', '') | replace('_', '')) ~ '%') ~ ' and known_at <= ' ~ millwright.as_of()
    ).rows -%}
    {%- if found | length != 1 -%}
        {%- set newest = run_query(
            'select model_name, model_version, recipe_hash from ' ~ recipes ~ ' where known_at <= ' ~ millwright.as_of()
            ~ ' order by known_at desc, model_name limit 4'
        ).rows -%}
        {%- set known = [] -%}
        {%- for row in newest -%}
            {%- do known.append(row[2] ~ ' (' ~ row[0] ~ ' ' ~ row[1] ~ ')') -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ ('there is no recipe "' if not found else 'there are several recipes that begin with "') ~ recipe_hash
            ~ '"; ops.training_recipes has ' ~ ('no recipes' if not known else known | join(', ') ~ ' and others')
        ) -%}
    {%- endif -%}
    {%- set name = into or 'rebuilt_' ~ found[0][0][:12] -%}
    {%- if not modules.re.match('^[a-z_][a-z0-9_]{0,62}$', name) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': "' ~ name ~ '" cannot be the name of a table; use lower-case letters, digits and underscores'
        ) -%}
    {%- endif -%}
    {%- set of_splits = millwright.relation_of_model('train_customer__splits') -%}
    {%- set relation = api.Relation.create(database=of_splits.database, schema=of_splits.schema, identifier=name, type='table') -%}
    {%- if name in graph.nodes.values() | map(attribute='alias') | list -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ name ~ ' is a dbt model; choose another name') -%}
    {%- endif -%}
    {%- do run_query('begin') -%}
    {%- do run_query('drop table if exists ' ~ relation) -%}
    {%- do run_query('create table ' ~ relation ~ ' as ' ~ millwright.training_rows(fromjson(found[0][1]))) -%}
    {%- set rebuilt = run_query('select count(*), cast(sum(row_hash) as bigint) from ' ~ relation).rows[0] -%}
    {%- if rebuilt[0] != found[0][2] or (rebuilt[0] and rebuilt[1] != found[0][3]) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the rows are not those of the recipe: ' ~ rebuilt[0] ~ ' rows with the hash ' ~ rebuilt[1] ~ ', where there were '
            ~ found[0][2] ~ ' with ' ~ found[0][3] ~ '. Labels, splits or feature values that the recipe counts on were changed; nothing was written'
        ) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {{ return(millwright.printed(run_query(
        'select ' ~ millwright.literal(found[0][0]) ~ ' as recipe_hash, ' ~ millwright.literal(relation.schema ~ '.' ~ name) ~ ' as relation, '
        ~ rebuilt[0] ~ ' as n_rows'
    ))) }}
{%- endmacro -%}
