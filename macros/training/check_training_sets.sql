{#- Raises a compiler error for arguments of `merge_training_sets` that nothing can be merged by. -#}

{%- macro check_training_sets(sources, entity_key, moment, features, labels, min_quality) -%}
    {%- if sources is not mapping or not sources -%}
        {%- do exceptions.raise_compiler_error('merge_training_sets: sources must map at least one experiment to its relation') -%}
    {%- endif -%}
    {%- for argument, given in {'features': features, 'labels': labels}.items() if given is string or given is not iterable or not given -%}
        {%- do exceptions.raise_compiler_error(
            'merge_training_sets: ' ~ argument ~ ' must be a list with at least one column; given is "' ~ given ~ '"'
        ) -%}
    {%- endfor -%}
    {%- for feature, step in (features if features is mapping else {}).items() -%}
        {%- if step is not none and (step is not number or step is boolean or step <= 0) -%}
            {%- do exceptions.raise_compiler_error(
                'merge_training_sets: ' ~ feature ~ ' is to be rounded to "' ~ step ~ '"; it must be a number above 0, or none for equal values'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if min_quality is not number or min_quality is boolean or min_quality < 0 or min_quality > 1 -%}
        {%- do exceptions.raise_compiler_error('merge_training_sets: min_quality is "' ~ min_quality ~ '"; it must be a number from 0 to 1') -%}
    {%- endif -%}
    {%- set added = [
        'experiment', 'quality', 'feature_hash', 'is_kept', 'reason', 'n_near_duplicates', 'has_other_labels', 'n_experiments', 'experiments'
    ] -%}
    {%- set columns = [entity_key, moment] + features | list + labels | list -%}
    {%- for column in columns if (columns + added).count(column) > 1 -%}
        {%- do exceptions.raise_compiler_error('merge_training_sets: two columns of the result would be called ' ~ column) -%}
    {%- endfor -%}
{%- endmacro -%}
