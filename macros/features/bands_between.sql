{#- The bands between ascending `edges`, as `bands_of_set` returns them; `closes_last` shows in the label of the last one only. One edge is a band
    of that one value. -#}

{%- macro bands_between(edges, closes_last=false) -%}
    {%- for edge in edges -%}
        {%- if not modules.re.match('^-?\\d+(\\.\\d+)?(e[-+]?\\d+)?$', edge | string) -%}
            {%- do exceptions.raise_compiler_error('bin_values: the edge "' ~ edge ~ '" is not a number') -%}
        {%- endif -%}
        {%- if not loop.first and loop.previtem | float >= edge | float -%}
            {%- do exceptions.raise_compiler_error('bin_values: the edge ' ~ edge ~ ' does not lie above ' ~ loop.previtem) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set bands = [] -%}
    {%- for lower_bound in (edges[:-1] or edges) -%}
        {%- set upper_bound = edges[[loop.index, edges | length - 1] | min] -%}
        {%- do bands.append({
            'lower_bound': lower_bound,
            'upper_bound': upper_bound,
            'label': '[' ~ lower_bound ~ ', ' ~ upper_bound ~ (']' if closes_last and loop.last else ')'),
        }) -%}
    {%- endfor -%}
    {{ return(bands) }}
{%- endmacro -%}
