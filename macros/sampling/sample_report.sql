{#- What a sample made of a relation, as a query with a row per combination of the columns `strata`: rows before and after, also those without a key,
    their shares, and whether there were fewer rows than the `cap` asked for. Strata of which nothing was sampled are there, too. -#}

{%- macro sample_report(relation, sample, strata, key, cap) -%}
    {%- do millwright.check_sampling('sample_report', relation, {'strata': strata, 'key': key}, {'cap': cap}, []) -%}
    {%- set columns = ([strata] if strata is string else strata) | join(', ') -%}
    select
        found.*,
        coalesce(drawn.n_sampled, 0) as n_sampled,
        {{ millwright.safe_divide('found.n_in_stratum', 'sum(found.n_in_stratum) over ()') }} as before_rate,
        {{ millwright.safe_divide('coalesce(drawn.n_sampled, 0)', 'sum(drawn.n_sampled) over ()') }} as after_rate,
        found.n_in_stratum - found.n_without_key < {{ cap }} as is_short,
        coalesce(drawn.n_sampled, 0) = found.n_in_stratum as is_whole
    from (
        select
            {{ columns }},
            count(*) as n_in_stratum,
            count(*) - count({{ millwright.key_text(key, 'examples') }}) as n_without_key
        from {{ relation }} as examples
        group by {{ columns }}
    ) as found
    left join (
        select
            {{ millwright.stratum_of(strata, 'sampled') }} as stratum,
            count(*) as n_sampled
        from {{ sample }} as sampled
        group by {{ columns }}
    ) as drawn
        on {{ millwright.stratum_of(strata, 'found') }} = drawn.stratum
{%- endmacro -%}
