{#- The fitted values of a linear model side by side, a row per version, as a query, so that scoring is one join: `<feature>_mean`,
    `<feature>_scale`, `feature_limit` and, of each output, `<output>_intercept` and `<output>_<feature>`. A model with one output has it as
    none, without a prefix. -#}

{%- macro fitted_linear(parameters, features, outputs) -%}
    select
        model_version,
        max(case when parameter = 'feature_limit' then value end) as feature_limit
        {%- for feature in features %},
        max(case when feature = '{{ feature }}' and parameter = 'mean' then value end) as {{ feature }}_mean,
        max(case when feature = '{{ feature }}' and parameter = 'scale' then value end) as {{ feature }}_scale
        {%- endfor %}
        {%- for output in outputs %}
        {%- set prefix = output ~ '_' if output else '' %}
        {%- set of_output = "output = '" ~ output ~ "'" if output else 'output is null' %},
        max(case when {{ of_output }} and parameter = 'intercept' then value end) as {{ prefix }}intercept
        {%- for feature in features %},
        max(case when {{ of_output }} and feature = '{{ feature }}' and parameter = 'coefficient' then value end) as {{ prefix }}{{ feature }}
        {%- endfor %}
        {%- endfor %}
    from {{ parameters }}
    group by model_version
{%- endmacro -%}
