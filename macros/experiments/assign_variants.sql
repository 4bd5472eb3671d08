{#- All rows of a relation with the variant of an experiment that each entity gets: a query. The columns `variant`, one of the names in the shares,
    and `is_assigned_before` are added.

    An entity that `assignments` knows keeps its variant. Another's depends on its key, the salt and the shares only, so every engine and every run
    gives the same. `shares` maps variants, and `holdout` for those that take no part, to numbers that add up to 1; or is a list of such mappings that
    were in force one after the other, so that as few entities as possible get another variant than the shares before gave them. -#}

{%- macro assign_variants(relation, entity_key, shares, salt, assignments=none) -%}
    {%- set allocations = [shares] if shares is mapping else shares -%}
    {%- if allocations is string or allocations is not sequence or not allocations -%}
        {%- do millwright.check_allocation('assign_variants', allocations) -%}
    {%- endif -%}
    {%- for allocation in allocations -%}
        {%- do millwright.check_allocation('assign_variants', allocation) -%}
    {%- endfor -%}
    {%- do millwright.check_sampling('assign_variants', relation, {'entity_key': entity_key}, {}, ['variant', 'is_assigned_before']) -%}
    {%- set fraction = millwright.hash_fraction('entities.' ~ entity_key, salt) -%}
    {%- set by_hash -%}
        case
            {%- for range in millwright.variant_ranges(allocations) %}
            when {{ fraction }} {{ 'is not null' if loop.last else '< ' ~ range.end }} then {{ millwright.literal(range.variant) }}
            {%- endfor %}
        end
    {%- endset -%}
    select
        entities.*,
        {{ 'coalesce(held.variant, ' ~ by_hash ~ ')' if assignments else by_hash }} as variant,
        {{ 'held.variant is not null' if assignments else 'false' }} as is_assigned_before
    from {{ relation }} as entities
    {%- if assignments %}
    left join ({{ millwright.deduplicate(
        assignments, partition_by=['entity_id'], order_by=['event_at', 'known_at', millwright.bytewise('variant')], null_keys='dropped'
    ) | indent(8) }}) as held
        on cast(entities.{{ entity_key }} as {{ dbt.type_string() }}) = held.entity_id
    {%- endif %}
{%- endmacro -%}
