{#- The bands of a set of the seed `value_bands`, in their order: dicts with lower_bound, upper_bound (numbers as text, none where open) and label.
    Empty while the project is being parsed and before the seed was loaded for the first time. -#}

{%- macro bands_of_set(band_set) -%}
    {%- set value_bands = ref('millwright', 'value_bands') -%}
    {%- set bands = [] -%}
    {%- if execute and load_relation(value_bands) -%}
        {%- set query -%}
            select
                {{ millwright.float_text('lower_bound') }} as lower_bound,
                {{ millwright.float_text('upper_bound') }} as upper_bound,
                label
            from {{ value_bands }}
            where band_set = {{ millwright.literal(band_set) }}
            order by band_order
        {%- endset -%}
        {%- for band in run_query(query).rows -%}
            {%- if not loop.first and (band['lower_bound'] is none or band['lower_bound'] != bands[-1].upper_bound) -%}
                {%- do exceptions.raise_compiler_error(
                    'value_bands: the band "' ~ band['label'] ~ '" of ' ~ band_set ~ ' does not begin where the one before it ends'
                ) -%}
            {%- endif -%}
            {%- do bands.append({'lower_bound': band['lower_bound'], 'upper_bound': band['upper_bound'], 'label': band['label']}) -%}
        {%- else -%}
            {%- do exceptions.raise_compiler_error('value_bands: there is no band_set "' ~ band_set ~ '"') -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(bands) }}
{%- endmacro -%}
