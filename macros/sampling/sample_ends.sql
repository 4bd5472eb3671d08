{#- Where the sample of each stratum ends, as a query with a row per stratum: stratum, n_in_stratum, n_sampled, ends_before. In are the rows
    whose `hash_order` comes before ends_before, the first that would make them more than `cap`.

    Nothing large is sorted: rows are counted by stratum and 256th of the hashes, and only in the one 256th in which a stratum reaches `cap`
    are its keys put in order. -#}

{%- macro sample_ends(relation, strata, key, cap, salt) -%}
    {%- set placed -%}
        (
            select
                {{ millwright.stratum_of(strata, 'examples') }} as stratum,
                {{ millwright.hash_order(key, salt, 'examples') }} as place,
                substr({{ millwright.salted_md5(millwright.key_text(key, 'examples'), salt) }}, 1, 2) as bucket
            from {{ relation }} as examples
            {{ millwright.fence() }}
        ) as placed
    {%- endset -%}
    with

    sizes as (

        select
            stratum,
            cast(sum(n_rows) as bigint) as n_in_stratum,
            coalesce(sum(n_rows) filter (where bucket is not null), 0) as n_with_key,
            coalesce(max(n_through) filter (where n_through <= {{ cap }}), 0) as n_before,
            min({{ millwright.bytewise('bucket') }}) filter (where n_through > {{ cap }}) as end_bucket
        from (
            select
                *,
                sum(n_rows) over (partition by stratum order by {{ millwright.bytewise('bucket') }} nulls last) as n_through
            from (
                select
                    stratum,
                    bucket,
                    count(*) as n_rows
                from {{ placed }}
                group by stratum, bucket
            ) as counted
        ) as summed
        group by stratum

    ),

    ends as (

        select
            stratum,
            place,
            n_through - n_rows as n_sampled
        from (
            select
                *,
                n_before + sum(n_rows) over (partition by stratum order by {{ millwright.bytewise('place') }}) as n_through
            from (
                select
                    sizes.stratum,
                    sizes.n_before,
                    placed.place,
                    count(*) as n_rows
                from {{ placed }}
                inner join sizes
                    on
                        placed.stratum = sizes.stratum
                        and placed.bucket = sizes.end_bucket
                group by sizes.stratum, sizes.n_before, placed.place
            ) as counted
        ) as summed
        where
            n_through > {{ cap }}
            and n_through - n_rows <= {{ cap }}

    )

    select
        sizes.stratum,
        sizes.n_in_stratum,
        cast(coalesce(ends.n_sampled, sizes.n_with_key) as bigint) as n_sampled,
        {#- After all hexadecimal digits. #}
        coalesce(ends.place, 'g') as ends_before
    from sizes
    left join ends
        on sizes.stratum = ends.stratum
{%- endmacro -%}
