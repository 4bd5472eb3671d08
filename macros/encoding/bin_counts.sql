{#- How many rows lie in each bin of each feature, and what is their target: what `fit_encodings` fits from. The edges are those of `bin_edges`,
    but the outermost bins are open, so that every number lies in one; NULL and NaN have a row without bounds. -#}

{%- macro bin_counts(relation, features, n_bins, method, target=none, by=[]) -%}
    {%- do millwright.check_features('bin_counts', relation, features) -%}
    {%- if n_bins is not integer or n_bins < 2 -%}
        {%- do exceptions.raise_compiler_error('bin_counts: n_bins is "' ~ n_bins ~ '"; it must be a whole number from 2 on') -%}
    {%- endif -%}
    with

    fits as (

        select {{ (by + ['count(*) as n_rows']) | join(', ') }}
        from {{ relation }}
        {%- if by %}
        group by {{ by | join(', ') }}
        {%- endif %}
        having
            count(*) > 0
            {%- if target is not none %}
            and {{ millwright.require(
                'count(' ~ target ~ ') = count(*)',
                "'bin_counts: target is NULL in ' || (count(*) - count(" ~ target ~ ")) || ' rows; leave them out of the relation'"
            ) | indent(8) }}
            {%- endif %}

    ),
    {%- for feature in features %}

    {{ feature }}_edges as (

        {{ millwright.inner_edges(millwright.bin_edges(relation, feature, n_bins, method, by), n_bins, by) | indent(4) }}

    ),

    {{ feature }}_bins as (

        {{ millwright.counts_between_edges(relation, feature, n_bins, target, by) | indent(4) }}

    ){{ ',' if not loop.last }}
    {%- endfor %}
    {%- for feature in features %}

    select * from {{ feature }}_bins
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro -%}
