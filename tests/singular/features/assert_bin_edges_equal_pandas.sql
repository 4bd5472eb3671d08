-- Expected are the edges of numpy.linspace(min, max, 5) and pandas.qcut(values, 4, duplicates='drop'); NULL, NaN and infinity do not count.
{%- set cases = ['mixed', 'tied', 'one', 'missing', 'empty'] %}

with

listed as (

    select
        case_name,
        cast(value_text as {{ millwright.sql_type('float8') }}) as value
    from (
        values
        ('mixed', '-4'), ('mixed', '-1'), ('mixed', '0'), ('mixed', '0'), ('mixed', '0.5'), ('mixed', '2'), ('mixed', '2'), ('mixed', '3'),
        ('mixed', '8.25'), ('mixed', '16'), ('mixed', null), ('mixed', 'NaN'), ('mixed', 'Infinity'), ('mixed', '-Infinity'),
        ('tied', '1'), ('tied', '1'), ('tied', '1'), ('tied', '1'), ('tied', '1'), ('tied', '2'), ('tied', '2'), ('tied', '3'), ('tied', '7'),
        ('tied', '9'),
        ('one', '5'), ('one', '5'), ('one', '5'),
        ('missing', null), ('missing', null)
    ) as listed (case_name, value_text)

),

{% for case in cases -%}
{{ case }} as (

    select * from listed
    where case_name = '{{ case }}'

),

{% for method in ('equal_width', 'quantile') -%}
{{ case }}_{{ method }} as (

    {{ millwright.bin_edges(case, 'value', n_bins=4, method=method) }}

),

{% endfor -%}
{% endfor -%}
found as (
    {% for case in cases %}
    {%- set outer_loop = loop %}
    {%- for method in ('equal_width', 'quantile') %}
    select
        '{{ case }} {{ method }}' as bins,
        edge_number,
        edge
    from {{ case }}_{{ method }}
    {%- if not (loop.last and outer_loop.last) %}

    union all
    {% endif -%}
    {%- endfor %}
    {%- endfor %}

),

expected as (

    select
        bins,
        row_number() over (partition by bins order by edge) - 1 as edge_number,
        edge
    from (
        values
        ('mixed equal_width', -4), ('mixed equal_width', 1), ('mixed equal_width', 6), ('mixed equal_width', 11), ('mixed equal_width', 16),
        ('mixed quantile', -4), ('mixed quantile', 0), ('mixed quantile', 1.25), ('mixed quantile', 2.75), ('mixed quantile', 16),
        ('tied equal_width', 1), ('tied equal_width', 3), ('tied equal_width', 5), ('tied equal_width', 7), ('tied equal_width', 9),
        ('tied quantile', 1), ('tied quantile', 1.5), ('tied quantile', 2.75), ('tied quantile', 9),
        ('one equal_width', 5),
        ('one quantile', 5)
    ) as listed_edges (bins, edge)

)

select
    coalesce(found.bins, expected.bins) as bins,
    found.edge_number,
    found.edge,
    expected.edge as expected_edge
from found
full outer join expected
    on
        found.bins = expected.bins
        and found.edge_number = expected.edge_number
where
    found.edge is null
    or expected.edge is null
    or abs(found.edge - expected.edge) > 1e-12
