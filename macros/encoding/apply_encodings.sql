{#- The rows of a relation with encoded columns beside their own. An encoding by category or bin is a join with its rows, on the category or the
    bounds; what NULL and unknown categories are encoded as, and means and scales, come from one more join, with a row per fit. -#}

{%- macro apply_encodings(relation, encodings, categories={}, bins={}, scales=[], versions={}, outputs={}) -%}
    {%- set joined = millwright.encoded_columns(categories, bins, scales, outputs) -%}
    {%- do millwright.check_features('apply_encodings', relation, joined | map(attribute='feature') | list + scales) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        unencoded.*
        {%- for column in joined %}
        {%- set value = millwright.encoded_value(column) -%}
        {%- for output in column.outputs %},
        cast({{ value }} = '{{ output }}' as integer) as {{ output }}
        {%- else %},
        {{ 'cast(' ~ value ~ ' as bigint)' if column.encoding in ('label', 'ordinal') else value }} as {{ column.name }}
        {%- endfor %}
        {%- endfor %}
        {%- for feature in scales %},
        (cast(unencoded.{{ feature }} as {{ float8 }}) - fits.{{ feature }}__mean) / fits.{{ feature }}__scale as {{ feature }}__standard
        {%- endfor %}
    from {{ relation }} as unencoded
    left join (
        {{ millwright.encodings_of_fits(encodings, joined, scales, versions.keys() | list) | indent(4) }}
    ) as fits
        on {{ millwright.fit_condition('fits', versions) }}
    {%- for column in joined %}
    left join (
        select
            {%- for version in versions %}
            {{ version }},
            {%- endfor %}
            {%- if column.is_binned %}
            lower_bound,
            -- Only NaN lies above infinity, which is in the last bin.
            case when upper_bound = cast('Infinity' as {{ float8 }}) then cast('NaN' as {{ float8 }}) else upper_bound end as upper_bound,
            {%- else %}
            category,
            {%- endif %}
            {{ column.figure }}
        from {{ encodings }}
        where
            feature = {{ millwright.literal(column.feature) }}
            and encoding = '{{ column.encoding }}'
            and bucket in ({{ "'bin'" if column.is_binned else "'value', 'rare'" }})
    ) as {{ column.name }}
        on
            {{ millwright.fit_condition(column.name, versions) }}
            {%- if column.is_binned %}
            and cast(unencoded.{{ column.feature }} as {{ float8 }}) >= {{ column.name }}.lower_bound
            and cast(unencoded.{{ column.feature }} as {{ float8 }}) < {{ column.name }}.upper_bound
            {%- else %}
            and cast(unencoded.{{ column.feature }} as {{ dbt.type_string() }}) = {{ column.name }}.category
            {%- endif %}
    {%- endfor %}
{%- endmacro -%}
