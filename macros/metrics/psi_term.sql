{#- What one bin adds to the population stability index: the difference of its two shares times the logarithm of their ratio; an SQL expression.
    Shares must not be zero. Summed over the bins it is the symmetric divergence of Kullback and Leibler, On information and sufficiency (1951).
    -#}

{%- macro psi_term(reference_share, current_share) -%}
    ({{ current_share }} - {{ reference_share }}) * ln({{ current_share }} / {{ reference_share }})
{%- endmacro -%}
