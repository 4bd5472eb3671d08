{#- The linear predictor of an output, as an expression over `examples`, with features, and `fitted`, a row of `fitted_linear`. -#}

{%- macro linear_predictor(features, output=none) -%}
    {%- set prefix = output ~ '_' if output else '' -%}
    fitted.{{ prefix }}intercept
        {%- for feature in features %}
        + fitted.{{ prefix }}{{ feature }} * (examples.{{ feature }} - fitted.{{ feature }}_mean) / fitted.{{ feature }}_scale
        {%- endfor %}
{%- endmacro -%}
