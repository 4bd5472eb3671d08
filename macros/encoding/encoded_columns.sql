{#- What `apply_encodings` is asked for, checked, a dict for each feature and encoding: `feature`, `encoding`, `name`, `is_binned`, `outputs` (of
    one-hot encodings, else none) and `figure`, the column of the encodings that it takes. -#}

{%- macro encoded_columns(categories, bins, scales, outputs) -%}
    {%- set known = ['label', 'one_hot', 'ordinal', 'frequency', 'target_mean', 'weight_of_evidence'] -%}
    {%- set columns = [] -%}
    {%- set names = [] -%}
    {%- for feature in scales -%}
        {%- do names.append(feature ~ '__standard') -%}
    {%- endfor -%}
    {%- for argument, asked in {'categories': categories, 'bins': bins}.items() -%}
        {%- if asked is not mapping -%}
            {%- do exceptions.raise_compiler_error(
                'apply_encodings: ' ~ argument ~ ' is "' ~ asked ~ '"; it must map features to lists of encodings'
            ) -%}
        {%- endif -%}
        {%- for feature, encodings in asked.items() -%}
            {%- for encoding in ([encodings] if encodings is string else encodings) -%}
                {%- if encoding not in known -%}
                    {%- do exceptions.raise_compiler_error(
                        'apply_encodings: ' ~ argument ~ ' names "' ~ encoding ~ '" for ' ~ feature
                        ~ ', which is unknown; known are ' ~ known | join(', ')
                    ) -%}
                {%- endif -%}
                {%- set column = {
                    'feature': feature,
                    'encoding': encoding,
                    'name': feature ~ '__' ~ encoding,
                    'is_binned': argument == 'bins',
                    'figure': 'output' if encoding == 'one_hot' else 'value',
                    'outputs': outputs.get(feature, []) if encoding == 'one_hot' else [],
                } -%}
                {%- if execute and encoding == 'one_hot' and not column.outputs -%}
                    {%- do exceptions.raise_compiler_error(
                        'apply_encodings: outputs has no columns for the one-hot encoding of ' ~ feature
                        ~ '; list them, or take them from stored_outputs of a table that is built'
                    ) -%}
                {%- endif -%}
                {%- do columns.append(column) -%}
                {%- do names.extend(column.outputs or [column.name]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if names | unique | list | length < names | length -%}
        {%- do exceptions.raise_compiler_error('apply_encodings: two columns would have one name; asked for are ' ~ names | join(', ')) -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro -%}
