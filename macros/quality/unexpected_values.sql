{#- A query with one row per value of the column that is not one of `accepted`: how often it occurs, and when first and last. A value that differs
    from an accepted one in case and blanks only names it as `variant_of`. -#}

{%- macro unexpected_values(relation, column, accepted, event_at=none, include_null=false) -%}
    {%- if not accepted -%}
        {%- do exceptions.raise_compiler_error('unexpected_values: no value is accepted for "' ~ column ~ '" of ' ~ relation) -%}
    {%- endif -%}
    select
        held.value,
        accepted.accepted_value as variant_of,
        held.n_rows,
        {{ millwright.safe_divide('held.n_rows', 'held.n_rows_in_all') }} as value_rate,
        held.first_seen_at,
        held.last_seen_at
    from (
        select
            value,
            {{ millwright.folded_text('value') }} as folded_value,
            count(*) as n_rows,
            sum(count(*)) over () as n_rows_in_all,
            min(seen_at) as first_seen_at,
            max(seen_at) as last_seen_at
        from (
            select
                cast({{ adapter.quote(column) }} as {{ dbt.type_string() }}) as value,
                {{ event_at or millwright.literal(none, 'timestamp') }} as seen_at
            from {{ relation }}
        ) as observed
        group by value
    ) as held
    left join (
        select
            {{ millwright.folded_text('accepted_value') }} as folded_value,
            min({{ millwright.bytewise('accepted_value') }}) as accepted_value
        from (
            values
            {%- for value in accepted %}
            ({{ millwright.literal(value) }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as listed (accepted_value)
        group by {{ millwright.folded_text('accepted_value') }}
    ) as accepted
        on held.folded_value = accepted.folded_value
    where
        held.value not in (
            {%- for value in accepted %}
            {{ millwright.literal(value) }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- if include_null %}
        or held.value is null
        {%- endif %}
{%- endmacro -%}
