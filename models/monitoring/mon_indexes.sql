with

indexes as (

    {{ millwright.index_statistics() }}

),

tables as (

    {{ millwright.scan_statistics() }}

),

project_schemas as (

    {% for schema in millwright.project_schemas() or [none] -%}
    {{ 'union all ' if not loop.first }}select {{ millwright.literal(schema) }} as schema_name
    {% endfor %}
),

declared as (

    {% for index in millwright.declared_indexes() or [{}] -%}
    {{ 'union ' if not loop.first -}}
    select
        {{ millwright.literal(index.schema_name) }} as schema_name,
        {{ millwright.literal(index.table_name) }} as table_name,
        {{ millwright.literal(index.column_names) }} as column_names
    {% endfor %}
),

judged as (

    select
        indexes.schema_name,
        indexes.table_name,
        indexes.index_name,
        indexes.column_names,
        indexes.size_mb,
        indexes.n_scans,
        tables.n_rows as n_table_rows,
        tables.n_sequential_scans as n_table_sequential_scans,
        declared.table_name is not null as is_declared,
        case
            when indexes.is_of_constraint then 'needed by a constraint'
            when indexes.n_scans > 0 then 'used'
            else 'unused'
        end as verdict
    from indexes
    left join tables
        on
            indexes.schema_name = tables.schema_name
            and indexes.table_name = tables.table_name
    left join declared
        on
            indexes.schema_name = declared.schema_name
            and indexes.table_name = declared.table_name
            and indexes.column_names = declared.column_names

),

missing as (

    select
        schema_name,
        table_name,
        cast(null as {{ dbt.type_string() }}) as index_name,
        cast(null as {{ dbt.type_string() }}) as column_names,
        size_mb,
        n_index_scans as n_scans,
        n_rows as n_table_rows,
        n_sequential_scans as n_table_sequential_scans,
        false as is_declared,
        'missing' as verdict
    from tables
    where
        n_rows >= {{ var('index_report_min_rows') }}
        and n_sequential_scans >= {{ var('index_report_min_scans') }}
        and n_sequential_scans > n_index_scans

),

together as (

    select * from judged
    union all
    select * from missing

),

final as (

    select
        together.schema_name,
        together.table_name,
        together.index_name,
        together.column_names,
        cast(together.size_mb as {{ millwright.sql_type('float8') }}) as size_mb,
        together.n_scans,
        together.n_table_rows,
        together.n_table_sequential_scans,
        together.is_declared,
        together.verdict
    from together
    inner join project_schemas
        on together.schema_name = project_schemas.schema_name

)

select * from final
