{#- The rows in which stored encodings and those of a fit made anew differ, beyond rounding; none where the stored ones are what they claim to be. -#}

{%- macro encoding_differences(stored, refitted, by=[]) -%}
    {%- set keys = by + ['feature', 'encoding', 'bucket'] -%}
    {%- set figures = ['value', 'scale', 'information_value', 'n', 'n_positive', 'target_sum'] -%}
    select
        {%- for column in keys + ['category', 'lower_bound'] %}
        coalesce(stored.{{ column }}, refitted.{{ column }}) as {{ column }},
        {%- endfor %}
        {%- for figure in figures %}
        stored.{{ figure }} as stored_{{ figure }},
        refitted.{{ figure }} as refitted_{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ stored }} as stored
    full outer join {{ refitted }} as refitted
        on
            {%- for column in keys %}
            stored.{{ column }} = refitted.{{ column }}
            and
            {%- endfor %} coalesce(stored.category, '') = coalesce(refitted.category, '')
            and coalesce(stored.lower_bound, 0) = coalesce(refitted.lower_bound, 0)
    where
        stored.feature is null
        or refitted.feature is null
        {%- for figure in figures %}
        or (stored.{{ figure }} is null) <> (refitted.{{ figure }} is null)
        or abs(stored.{{ figure }} - refitted.{{ figure }}) > 1e-9 * (1 + abs(refitted.{{ figure }}))
        {%- endfor %}
        or coalesce(stored.upper_bound, 0) <> coalesce(refitted.upper_bound, 0)
        or stored.output <> refitted.output
{%- endmacro -%}
