{#- Counts for fits that leave out a fold each, made of counts per fold: those of fold k are the sums over all other folds, those of fold -1 the
    sums over all. Nothing is read again but the counts. -#}

{%- macro held_out_counts(counts, by=[]) -%}
    {%- set bucket = ['feature', 'category', 'lower_bound', 'upper_bound'] -%}
    select
        {%- for column in by %}
        counts.{{ column }},
        {%- endfor %}
        folds.fold,
        {%- for column in bucket %}
        counts.{{ column }},
        {%- endfor %}
        {%- for figure, data_type in {'n': 'bigint', 'n_positive': 'bigint', 'n_negative': 'bigint', 'target_sum': 'float8'}.items() %}
        cast(sum(counts.{{ figure }} * case when counts.fold = folds.fold then 0 else 1 end) as {{ millwright.sql_type(data_type) }}) as {{ figure }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ counts }} as counts
    inner join (
        select distinct {{ (by + ['fold']) | join(', ') }}
        from {{ counts }}

        union

        select distinct {{ (by + ['-1 as fold']) | join(', ') }}
        from {{ counts }}
    ) as folds
        on {% for column in by %}{{ ' and ' if not loop.first }}counts.{{ column }} = folds.{{ column }}{% else %}true{% endfor %}
    group by
        {%- for column in by %}
        counts.{{ column }},
        {%- endfor %}
        folds.fold,
        counts.{{ bucket | join(',\n        counts.') }}
{%- endmacro -%}
