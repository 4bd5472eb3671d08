-- Per way with NULL keys: the names of the rows that stay, in order; ties of the first sort expression are broken by the second.
with

candidates as (

    select
        part,
        number,
        name,
        version
    from (
        values
        ('a', 1, 'a1 old', 1),
        ('a', 1, 'a1 new', 2),
        ('a', 2, 'a2 tied first', 1),
        ('a', 2, 'a2 tied last', 1),
        ('a', null, 'half a key', 1),
        ('a', null, 'half a key again', 1),
        (null, null, 'no key', 2),
        (null, null, 'no key again', 1)
    ) as listed (part, number, name, version)

),

nothing as (

    select * from candidates
    where version > 9

),

by_default as (

    {{ millwright.deduplicate('candidates', ['part', 'number'], ['version desc', millwright.bytewise('name')]) }}

),

by_default_of_nothing as (

    {{ millwright.deduplicate('nothing', ['part', 'number'], ['version desc', millwright.bytewise('name')]) }}

),

{%- set sorted = 'order by ' ~ millwright.bytewise('name') %}

{%- for null_keys in ['kept', 'dropped', 'grouped'] %}

{{ null_keys }} as (

    {{ millwright.deduplicate('candidates', ['part', 'number'], ['version desc', millwright.bytewise('name')], null_keys=null_keys) }}

),
{%- endfor %}

results as (

    select
        'default' as null_keys,
        'a1 new, a2 tied first, half a key, half a key again, no key, no key again' as expected,
        string_agg(name, ', ' {{ sorted }}) as kept_names,
        min(candidate_rank) + max(candidate_rank) as n_ranks
    from by_default

    union all

    select
        'kept' as null_keys,
        'a1 new, a2 tied first, half a key, half a key again, no key, no key again' as expected,
        string_agg(name, ', ' {{ sorted }}) as kept_names,
        min(candidate_rank) + max(candidate_rank) as n_ranks
    from kept

    union all

    select
        'dropped' as null_keys,
        'a1 new, a2 tied first' as expected,
        string_agg(name, ', ' {{ sorted }}) as kept_names,
        min(candidate_rank) + max(candidate_rank) as n_ranks
    from dropped

    union all

    select
        'grouped' as null_keys,
        'a1 new, a2 tied first, half a key, no key' as expected,
        string_agg(name, ', ' {{ sorted }}) as kept_names,
        min(candidate_rank) + max(candidate_rank) as n_ranks
    from grouped

    union all

    select
        'default, of nothing' as null_keys,
        'nothing' as expected,
        coalesce(max(name), 'nothing') as kept_names,
        2 as n_ranks
    from by_default_of_nothing

)

select * from results
where
    kept_names <> expected
    or n_ranks <> 2
