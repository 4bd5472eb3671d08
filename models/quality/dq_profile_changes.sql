with

profiles as (

    select * from {{ ref('dq_column_profiles') }}

),

runs as (

    select
        relation_name,
        profiled_at,
        lag(profiled_at) over (partition by relation_name order by profiled_at) as previous_profiled_at
    from (
        select distinct
            relation_name,
            profiled_at
        from profiles
    ) as distinct_runs

),

-- A column of either of the two runs: one that was dropped is a change, too.
compared as (

    select distinct
        runs.relation_name,
        runs.profiled_at,
        runs.previous_profiled_at,
        profiles.column_name
    from runs
    inner join profiles
        on
            runs.relation_name = profiles.relation_name
            and profiles.profiled_at in (runs.profiled_at, runs.previous_profiled_at)
    where runs.previous_profiled_at is not null

),

-- Sums of floats depend on the order of rows: a billionth of the figure is no change.
final as (

    select
        compared.profiled_at,
        compared.previous_profiled_at,
        compared.relation_name,
        compared.column_name,
        case
            when previous.column_name is null then 'added'
            when present.column_name is null then 'dropped'
            when present.column_kind <> previous.column_kind then 'retyped'
            else 'kept'
        end as column_change,
        present.n_rows,
        previous.n_rows as previous_n_rows,
        present.n_rows - previous.n_rows as n_rows_change,
        present.null_rate,
        previous.null_rate as previous_null_rate,
        present.null_rate - previous.null_rate as null_rate_change,
        present.n_distinct,
        previous.n_distinct as previous_n_distinct,
        present.n_distinct - previous.n_distinct as n_distinct_change,
        present.min_value,
        previous.min_value as previous_min_value,
        present.max_value,
        previous.max_value as previous_max_value,
        present.mean,
        previous.mean as previous_mean,
        case
            when abs(present.mean - previous.mean) <= 1e-9 * abs(previous.mean) then 0
            else present.mean - previous.mean
        end as mean_change,
        present.standard_deviation,
        previous.standard_deviation as previous_standard_deviation,
        case
            when abs(present.standard_deviation - previous.standard_deviation) <= 1e-9 * abs(previous.standard_deviation) then 0
            else present.standard_deviation - previous.standard_deviation
        end as standard_deviation_change,
        present.percentile_50,
        previous.percentile_50 as previous_percentile_50,
        present.percentile_50 - previous.percentile_50 as percentile_50_change
    from compared
    left join profiles as present
        on
            compared.relation_name = present.relation_name
            and compared.column_name = present.column_name
            and compared.profiled_at = present.profiled_at
    left join profiles as previous
        on
            compared.relation_name = previous.relation_name
            and compared.column_name = previous.column_name
            and compared.previous_profiled_at = previous.profiled_at

)

select * from final
