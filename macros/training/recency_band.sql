{#- The months of thirty days that have passed since the last purchase, as a number from 0 to 12: what the rule knows that looks at recency only. -#}

{%- macro recency_band(recency_days) -%}
    least(cast(floor({{ recency_days }} / 30) as integer), 12)
{%- endmacro -%}
