{#- Raises a compiler error for arguments that no encoding can be fitted with. -#}

{%- macro check_encodings(encodings, smoothing, min_count) -%}
    {%- set known = ['label', 'one_hot', 'frequency', 'target_mean', 'weight_of_evidence'] -%}
    {%- if encodings is string or encodings is not iterable or not encodings -%}
        {%- do exceptions.raise_compiler_error(
            'fit_encodings: encodings is "' ~ encodings ~ '"; it must be a list of ' ~ known | join(', ')
        ) -%}
    {%- endif -%}
    {%- for encoding in encodings if encoding not in known -%}
        {%- do exceptions.raise_compiler_error(
            'fit_encodings: encodings names "' ~ encoding ~ '", which is unknown; known are ' ~ known | join(', ')
        ) -%}
    {%- endfor -%}
    {%- if smoothing is not number or smoothing < 0 -%}
        {%- do exceptions.raise_compiler_error('fit_encodings: smoothing is "' ~ smoothing ~ '"; it must be a number from 0 on') -%}
    {%- endif -%}
    {%- if min_count is not integer or min_count < 1 -%}
        {%- do exceptions.raise_compiler_error('fit_encodings: min_count is "' ~ min_count ~ '"; it must be a whole number from 1 on') -%}
    {%- endif -%}
{%- endmacro -%}
