{#- A recipe taken apart, as a dict: model_name, labels (its columns), until (an SQL literal), features (a dict of lists by group), versions (of the
    groups, a dict), data_splits (a list) and sample (a dict of rows_per_class and salt; none for all rows). -#}

{%- macro parsed_recipe(recipe) -%}
    {%- set model_name = recipe.examples[6:-10] -%}
    {%- set versions = {} -%}
    {%- for pair in recipe.feature_versions.split(', ') -%}
        {%- do versions.update({pair.split(' ')[0]: pair.split(' ')[1] | int}) -%}
    {%- endfor -%}
    {{ return({
        'model_name': model_name,
        'labels': var('task_labels')[model_name],
        'until': millwright.literal(recipe.known_until, 'timestamp'),
        'features': fromjson(recipe.features),
        'versions': versions,
        'data_splits': recipe.data_splits.split(', '),
        'sample': fromjson(recipe.sample) if recipe.sample else none,
    }) }}
{%- endmacro -%}
