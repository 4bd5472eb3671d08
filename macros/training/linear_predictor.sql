{#- The linear predictor of an output, as an expression over `examples`, with features, and `fitted`, a row of `fitted_linear`. Of a model that is
    `limited`, features count no further from their mean than the version's `feature_limit` in standard deviations. -#}

{%- macro linear_predictor(features, output=none, limited=false) -%}
    {%- set prefix = output ~ '_' if output else '' -%}
    fitted.{{ prefix }}intercept
        {%- for feature in features %}
        {%- set standard = '(examples.' ~ feature ~ ' - fitted.' ~ feature ~ '_mean) / fitted.' ~ feature ~ '_scale' %}
        {%- if limited %}
        + fitted.{{ prefix }}{{ feature }} * least(greatest({{ standard }}, -fitted.feature_limit), fitted.feature_limit)
        {%- else %}
        + fitted.{{ prefix }}{{ feature }} * {{ standard }}
        {%- endif %}
        {%- endfor %}
{%- endmacro -%}
