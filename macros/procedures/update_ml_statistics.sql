{#- Procedure: refreshes the statistics of all tables of the project, and frees what room is lost in them.

    dbt run-operation update_ml_statistics --args '{bloat_rate: 0.4, min_index_mb: 1}'

    On PostgreSQL tables with dead rows are vacuumed, and indexes that are larger than `min_index_mb` and by an estimate more than `bloat_rate` empty
    are built anew, while others read and write. DuckDB writes its log into its file. Every action is logged in `ops.maintenance_actions`
    before it begins, since it cannot be undone with what comes after it. -#}

{%- macro update_ml_statistics(bloat_rate=0.4, min_index_mb=1) -%}
    {%- set procedure = 'update_ml_statistics' -%}
    {%- if bloat_rate is not number or bloat_rate is boolean or not 0 < bloat_rate < 1 -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': bloat_rate is "' ~ bloat_rate ~ '"; it must be a share between 0 and 1, such as 0.4'
        ) -%}
    {%- endif -%}
    {%- if min_index_mb is not number or min_index_mb is boolean or min_index_mb < 0 -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': min_index_mb is "' ~ min_index_mb ~ '"; it must be a number of MB, 0 or more'
        ) -%}
    {%- endif -%}
    {%- if not millwright.column_names(millwright.landing_table('maintenance_actions')) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ millwright.landing_table('maintenance_actions') ~ ' is not there yet; a run makes it, e.g. millwright nightly'
        ) -%}
    {%- endif -%}
    {%- set relations = millwright.project_tables() -%}
    {%- set statuses = [] -%}
    {%- for subject in ['tables', 'storage'] -%}
        {#- How empty an index is, is told by the statistics that are fresh by then. -#}
        {%- set actions = millwright.upkeep_of_tables(relations) if subject == 'tables'
            else millwright.upkeep_of_storage(relations, bloat_rate, min_index_mb) -%}
        {%- for action in actions -%}
            {%- set started_at = millwright.wall_clock() -%}
            {%- if action.sql is none -%}
                {%- do millwright.log_maintenance(action, 'skipped', started_at) -%}
                {%- do statuses.append('skipped') -%}
            {%- else -%}
                {%- do millwright.log_maintenance(action, 'started', started_at) -%}
                {%- set began = millwright.wall_clock_seconds() -%}
                {%- do millwright.run_alone(action.sql) -%}
                {%- do millwright.log_maintenance(action, 'completed', started_at, millwright.wall_clock_seconds() - began) -%}
                {%- do statuses.append(action.action) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set counts = [] -%}
    {%- for status in statuses | unique | sort -%}
        {%- do counts.append(status ~ ' ' ~ statuses | select('equalto', status) | list | length) -%}
    {%- endfor -%}
    {%- do log(procedure ~ ': ' ~ counts | join(', '), info=true) -%}
{%- endmacro -%}
