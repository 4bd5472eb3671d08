{#- A query with one row per column of the relation: what it holds, from one scan. Exact; for a table too large for that, let `rows` pick some,
    e.g. `millwright.hash_fraction('transaction_id', salt='profile') ~ ' < 0.01'`. -#}

{%- macro profile_relation(relation, columns=none, rows=none) -%}
    {%- set profiled = millwright.profiled_columns(relation, columns) -%}
    {%- set types = {
        'n_values': 'bigint', 'n_distinct': 'bigint', 'n_not_finite': 'bigint', 'min_value': 'text', 'max_value': 'text',
        'mean': 'float8', 'standard_deviation': 'float8', 'percentiles': 'float8[]', 'percentiles_at': 'timestamp[]',
    } -%}
    select
        long.column_name,
        long.column_kind,
        scanned.n_rows,
        scanned.n_rows - long.n_values as n_nulls,
        long.n_distinct,
        long.n_not_finite,
        long.min_value,
        long.max_value,
        long.mean,
        long.standard_deviation,
        {%- for name in ('percentiles', 'percentiles_at') %}
        {%- set suffix = '_at' if name == 'percentiles_at' else '' %}
        long.{{ name }}[1] as percentile_05{{ suffix }},
        long.{{ name }}[2] as percentile_25{{ suffix }},
        long.{{ name }}[3] as percentile_50{{ suffix }},
        long.{{ name }}[4] as percentile_75{{ suffix }},
        long.{{ name }}[5] as percentile_95{{ suffix }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in profiled %}
            {%- set column_number = loop.index %}
            {%- for figure, expression in millwright.column_figures(column).items() %}
            {{ expression }} as {{ figure }}_{{ column_number }},
            {%- endfor %}
            {%- endfor %}
            count(*) as n_rows
        {%- if profiled %}
        from {{ relation }}
        {%- if rows %}
        where {{ rows }}
        {%- endif %}
        {%- endif %}
    ) as scanned
    cross join lateral (
        values
        {%- for column in profiled or [{'name': '', 'kind': 'other'}] %}
        {%- set figures = millwright.column_figures(column) if profiled else {} %}
        {%- set column_number = loop.index %}
        (
            {{ millwright.literal(column.name) }},
            '{{ column.kind }}',
            {%- for figure, data_type in types.items() %}
            {{ 'scanned.' ~ figure ~ '_' ~ column_number if figure in figures else millwright.literal(none, data_type) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as long (column_name, column_kind, {{ types | join(', ') }})
    {%- if not profiled %}
    where 1 = 0
    {%- endif %}
{%- endmacro -%}
