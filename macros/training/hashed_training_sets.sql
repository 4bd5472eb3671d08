{#- The rows of several training sets under one set of columns, as a query: experiment, the key, the moment, features, labels and quality, with
    `feature_hash` and `label_hash`, which are equal where all of them are nearly so, and `row_hash`, where all are equal. The arguments are those of
    `merge_training_sets`. -#}

{%- macro hashed_training_sets(sources, entity_key, moment, features, labels, quality) -%}
    {%- set names = [entity_key, moment] + features | list + labels -%}
    {%- set quality = quality or millwright.safe_divide(millwright.n_filled(features | list), features | length) -%}
    {%- set quality_column = [quality] if modules.re.fullmatch('[a-z_][a-z0-9_]*', quality) else [] -%}
    {%- set common = millwright.common_columns('merge_training_sets', sources, names + quality_column) -%}

    {%- set types, mappings = {}, {} -%}
    {%- for name in names -%}
        {%- do types.update({name: common[name].data_type}) -%}
    {%- endfor -%}
    {%- for source in sources -%}
        {%- do mappings.update({source: {'quality': quality}}) -%}
    {%- endfor -%}

    {#- Numbers with decimals are compared as what they are rounded to. -#}
    {%- set steps, rounded, exact = {}, {'features': [], 'labels': []}, [] -%}
    {%- for name in features | list + labels -%}
        {%- set step = none if common[name].is_whole else 0.000001 -%}
        {%- if features is mapping and name in features -%}
            {%- set step = features[name] -%}
            {%- if step is not none and common[name].kind != 'number' -%}
                {%- do exceptions.raise_compiler_error('merge_training_sets: ' ~ name ~ ' is no number to be rounded to ' ~ step) -%}
            {%- endif -%}
        {%- endif -%}
        {%- set is_rounded = common[name].kind == 'number' and step is not none -%}
        {%- do steps.update({name: step} if is_rounded else {}) -%}
        {%- do rounded['features' if name in features else 'labels'].append(
            {'name': 'near_' ~ name, 'data_type': 'float8'} if is_rounded else {'name': name, 'data_type': types[name]}
        ) -%}
    {%- endfor -%}
    {%- for name in names -%}
        {%- do exact.append({'name': name, 'data_type': types[name]}) -%}
    {%- endfor -%}
    select
        {{ (['experiment'] + names + ['quality']) | join(',\n        ') }},
        md5({{ millwright.row_text(rounded.features) }}) as feature_hash,
        md5({{ millwright.row_text(rounded.labels) }}) as label_hash,
        md5({{ millwright.row_text(exact) }}) as row_hash
    from (
        select
            {%- for name, step in steps.items() %}
            {{ millwright.rounded_to(name, step) | indent(12) }} as near_{{ name }},
            {%- endfor %}
            unioned.*
        from (
            {{ millwright.union_relations(sources, dict(types, quality='float8'), mappings, 'experiment') | indent(12) }}
        ) as unioned
    ) as rounded
{%- endmacro -%}
