{#- The bins between edges, as a query: the columns of `by`, bin_number, lower_bound and upper_bound. The first and the last are open and hold nothing
    of what the edges were fitted on: what is below its smallest number, and what is above its largest. One edge has a bin of its own between them;
    a feature without edges has one bin for all numbers. `features` names a CTE with the features, `edges` one with edge_number (from 0) and edge. -#}

{%- macro open_bins(features, edges, by) -%}
    {%- set infinity = "cast('Infinity' as " ~ millwright.sql_type('float8') ~ ')' -%}
    {%- set of_feature = 'partition by features.' ~ by | join(', features.') -%}
    select
        {{ by | join(',\n        ') }},
        case place
            when 'below' then 1
            when 'between' then edge_number + 2
            else greatest(last_edge_number, 1) + 2
        end as bin_number,
        case when place = 'below' then -{{ infinity }} else edge end as lower_bound,
        case place
            when 'below' then coalesce(edge, {{ infinity }})
            when 'between' then coalesce(next_edge, edge)
            else {{ infinity }}
        end as upper_bound
    from (
        select
            {{ 'features.' ~ by | join(',\n            features.') }},
            edges.edge_number,
            edges.edge,
            lead(edges.edge) over ({{ of_feature }} order by edges.edge_number) as next_edge,
            max(edges.edge_number) over ({{ of_feature }}) as last_edge_number
        from {{ features }} as features
        left join {{ edges }} as edges
            on
                {%- for column in by %}
                {{ 'and ' if not loop.first }}features.{{ column }} = edges.{{ column }}
                {%- endfor %}
    ) as numbered
    cross join (values ('below'), ('between'), ('above')) as places (place)
    where
        (place = 'below' and coalesce(edge_number, 0) = 0)
        or (place = 'between' and (next_edge is not null or last_edge_number = 0))
        or (place = 'above' and edge_number = last_edge_number)
{%- endmacro -%}
