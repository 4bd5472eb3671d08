{#- The rows of standardisations, in the form of `fit_encodings`: a feature's mean and population standard deviation. What does not vary has the
    scale 1, so that it becomes 0. -#}

{%- macro fit_scales(relation, features, by=[]) -%}
    {%- do millwright.check_features('fit_scales', relation, features) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- for feature in features %}
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ millwright.literal(feature) }} as feature,
        {{ millwright.literal('standard') }} as encoding,
        {{ millwright.literal('value') }} as bucket,
        {{ millwright.literal(none) }} as category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        {{ millwright.literal(feature ~ '__standard') }} as output,
        avg(value) as value,
        case when min(value) = max(value) then 1 else stddev_pop(value) end as scale,
        cast(null as {{ float8 }}) as information_value,
        cast(count(value) as bigint) as n,
        cast(null as bigint) as n_positive,
        cast(null as {{ float8 }}) as target_sum
    from (
        {#- One NaN would be the mean of all; squares of what is larger overflow. #}
        select
            {%- for column in by %}
            {{ column }},
            {%- endfor %}
            case when abs(cast({{ feature }} as {{ float8 }})) < 1e150 then cast({{ feature }} as {{ float8 }}) end as value
        from {{ relation }}
    ) as observed
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
    having count(*) > 0
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro -%}
