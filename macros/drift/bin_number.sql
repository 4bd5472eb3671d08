{#- The bin that a number lies in, as an SQL expression: 0 for NULL, 1 below the reference, then half-open bins, of which the last holds the largest
    number of the reference, and one above it. `edges` names a row of `edges_side_by_side`. A case stops at the first edge above the number, which
    takes half of the time of counting the edges at or below it. -#}

{%- macro bin_number(number, edges, n_bins) -%}
    case
        when {{ number }} is null then 0
        {%- for bin in range(1, n_bins + 1) %}
        when {{ number }} < {{ edges }}.edge_{{ bin + 1 }} then {{ bin }}
        {%- endfor %}
        when {{ number }} > {{ edges }}.max_value then {{ edges }}.last_bin_number + 1
        else {{ edges }}.last_bin_number
    end
{%- endmacro -%}
