{#- Procedure: makes the monthly partitions of the landing tables ahead of need, up to so many months past as_of.

    dbt run-operation make_partitions --args '{months_ahead: 12}'

    A night makes them three months ahead. Rows of months that had no partition when they came lie in the default partition: they move into their
    month's, all in one transaction. Rows before `history_starts_on` or further ahead stay there. -#}

{%- macro make_partitions(months_ahead=12) -%}
    {%- set procedure = 'make_partitions' -%}
    {%- if months_ahead is not integer or months_ahead is boolean or not 1 <= months_ahead <= 120 -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': months_ahead is "' ~ months_ahead ~ '"; it must be a whole number of months, 1 to 120'
        ) -%}
    {%- endif -%}
    {%- do millwright.as_of() -%}
    {%- set months = millwright.months_between(var('history_starts_on'), var('as_of'), months_ahead) -%}
    {%- set said = [] -%}
    {%- do run_query('begin') -%}
    {%- for source in millwright.landing_sources() if source.config.meta.get('partition_by') -%}
        {%- set relation = millwright.landing_table(source.name) -%}
        {%- if not millwright.column_names(relation) -%}
            {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ relation ~ ' is not there yet; a run makes it, e.g. millwright nightly') -%}
        {%- endif -%}
        {%- set made = millwright.make_month_partitions(relation, source.config.meta['partition_by'], months) -%}
        {%- if made is none -%}
            {%- do said.append('tables have no partitions on this engine; there is nothing to do') -%}
        {%- else -%}
            {%- do said.append(
                source.name ~ ': ' ~ made | length ~ ' partitions made, ' ~ made | sum(attribute='n_moved_rows')
                ~ ' rows moved out of the default partition'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do run_query('commit') -%}
    {%- for line in said | unique -%}
        {%- do log(procedure ~ ': ' ~ line, info=true) -%}
    {%- endfor -%}
{%- endmacro -%}
