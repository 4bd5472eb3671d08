{#- The entities and moments of a spine that features can be looked up for, as a query: entity_id, moment. It fails and says why where the spine has
    NULL moments, moments after as_of or several rows for an entity and moment; rows without an entity are left out. -#}

{%- macro spine_moments(spine, entity_key, as_of) -%}
    select
        {{ entity_key }} as entity_id,
        cast({{ as_of }} as timestamp) as moment
    from {{ spine }}
    where
        {{ entity_key }} is not null
        and (
            select
                {{ millwright.require(
                    'count(moment) = count(*)',
                    "'The spine has ' || sum(n_rows) filter (where moment is null) || ' rows without "
                    ~ as_of ~ ", the moment to look up features for'"
                ) | indent(12) }}
                and {{ millwright.require(
                    'max(n_rows) = 1 or count(*) = 0',
                    "'The spine has several rows for " ~ entity_key ~ " ' || min(case when n_rows > 1 then entity_id || ' at ' || moment end)"
                ) | indent(12) }}
                and {{ millwright.require(
                    'max(moment) <= ' ~ millwright.as_of() ~ ' or count(moment) = 0',
                    "'The spine looks at ' || max(moment) || ', which lies after as_of, " ~ var('as_of') ~ "'"
                ) | indent(12) }}
            from (
                select
                    cast({{ entity_key }} as {{ dbt.type_string() }}) as entity_id,
                    cast({{ as_of }} as timestamp) as moment,
                    count(*) as n_rows
                from {{ spine }}
                where {{ entity_key }} is not null
                group by
                    {{ entity_key }},
                    {{ as_of }}
            ) as counted
        )
{%- endmacro -%}
