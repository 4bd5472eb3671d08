-- A band begins where the one before it ends, holds something, and only the outermost are open.
with

bands as (

    select
        band_set,
        band_order,
        lower_bound,
        upper_bound,
        lag(upper_bound) over (partition by band_set order by band_order) as previous_upper_bound,
        row_number() over (partition by band_set order by band_order) as place,
        count(*) over (partition by band_set) as n_bands
    from {{ ref('value_bands') }}

)

select * from bands
where
    band_order <> place
    or lower_bound >= upper_bound
    or (place > 1 and (lower_bound is null or previous_upper_bound is null or lower_bound <> previous_upper_bound))
    or (place < n_bands and upper_bound is null)
