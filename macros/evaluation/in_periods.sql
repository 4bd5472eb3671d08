{#- Rows of a relation with the periods that they count in, as a query: their columns, and the period_id of `changed_periods`, a CTE. -#}

{%- macro in_periods(partials, starts_at, columns) -%}
    select
        periods.period_id,
        partials.data_split,
        partials.segments,
        {%- for column in columns %}
        partials.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ partials }} as partials
    cross join (select distinct grain from periods where is_first) as grains
    inner join periods
        on
            partials.model_name = periods.model_name
            and partials.model_version = periods.model_version
            and grains.grain = periods.grain
            and {{ millwright.period_of('grains.grain', 'partials.' ~ starts_at) }} = periods.period_start_at
            and periods.is_first
{%- endmacro -%}
