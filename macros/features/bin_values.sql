{#- A case expression: the label of the bin that a value lies in. Bins are half-open, [lower, upper): those of a set of the seed `value_bands`, or
    those between `edges`, ascending numbers, labelled `[0, 10)`. What lies in none is `(missing)`, `(below)` or `(above)`. -#}

{%- macro bin_values(expression, band_set=none, edges=none, closes_last=false) -%}
    {%- if (band_set is none) == (edges is none) -%}
        {%- do exceptions.raise_compiler_error('bin_values(' ~ expression ~ '): give either band_set or edges') -%}
    {%- endif -%}
    {%- set bins = millwright.bands_between(edges, closes_last) if band_set is none else millwright.bands_of_set(band_set) -%}
    case
        when {{ expression }} is null then '(missing)'
        {%- if bins and bins[0].lower_bound is not none %}
        when {{ expression }} < {{ bins[0].lower_bound }} then '(below)'
        {%- endif %}
        {%- for bin in bins if bin.upper_bound is not none %}
        {%- set label = dbt.string_literal(dbt.escape_single_quotes(bin.label)) %}
        when {{ expression }} {{ '<=' if closes_last and loop.last else '<' }} {{ bin.upper_bound }} then {{ label }}
        {%- endfor %}
        {%- if bins and bins[-1].upper_bound is none %}
        else {{ dbt.string_literal(dbt.escape_single_quotes(bins[-1].label)) }}
        {%- else %}
        else '(above)'
        {%- endif %}
    end
{%- endmacro -%}
