{#- At most `cap` rows of each combination of the columns `strata`, those with the smallest salted hashes of their keys, ties in the order of the
    keys' bytes; NULL is a value like others. All columns of the relation, and n_in_stratum, n_sampled and sample_weight, by which the sampled rows of
    a stratum stand for all of it.

    Rows with the same key are taken together, or, where they would be more than `cap`, left out together. A row without a key has no place among
    the hashes and is left out; it counts in n_in_stratum. So the sample depends on nothing but the rows, and one that is added can push out only
    rows whose keys come after its own. -#}

{%- macro stratified_sample(relation, strata, key, cap=50000, salt='sample') -%}
    {%- do millwright.check_sampling(
        'stratified_sample', relation, {'strata': strata, 'key': key}, {'cap': cap}, ['n_in_stratum', 'n_sampled', 'sample_weight']
    ) -%}
    with

    sample_ends as (

        {{ millwright.sample_ends(relation, strata, key, cap, salt) | indent(4) }}

    )

    select
        examples.*,
        ends.n_in_stratum,
        ends.n_sampled,
        {{ millwright.safe_divide('ends.n_in_stratum', 'ends.n_sampled') }} as sample_weight
    from {{ relation }} as examples
    inner join sample_ends as ends
        on
            {{ millwright.stratum_of(strata, 'examples') }} = ends.stratum
            and {{ millwright.bytewise('(' ~ millwright.hash_order(key, salt, 'examples') ~ ')') }} < ends.ends_before
{%- endmacro -%}
