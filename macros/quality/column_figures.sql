{#- The aggregate expressions of a column's profile, by figure; figures that make no sense for its kind are left out.
    `column` is an item of `profiled_columns`. -#}

{%- macro column_figures(column) -%}
    {%- set fractions = 'array[0.05, 0.25, 0.5, 0.75, 0.95]' -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set name = adapter.quote(column.name) -%}
    {%- set figures = {'n_values': 'count(' ~ name ~ ')'} -%}
    {%- if column.kind != 'other' -%}
        {%- do figures.update({'n_distinct': 'count(distinct ' ~ name ~ ')'}) -%}
    {%- endif -%}
    {%- if column.kind == 'text' -%}
        {%- set text = millwright.bytewise('cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')') -%}
        {%- do figures.update({'min_value': 'min(' ~ text ~ ')', 'max_value': 'max(' ~ text ~ ')'}) -%}
    {%- elif column.kind == 'boolean' -%}
        {%- set text = 'cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- do figures.update({
            'min_value': 'min(' ~ text ~ ')',
            'max_value': 'max(' ~ text ~ ')',
            'mean': 'cast(avg(cast(' ~ name ~ ' as integer)) as ' ~ float8 ~ ')',
        }) -%}
    {%- elif column.kind in ('date', 'timestamp') -%}
        {%- do figures.update({
            'min_value': millwright.value_text('min(' ~ name ~ ')', column),
            'max_value': millwright.value_text('max(' ~ name ~ ')', column),
            'percentiles_at': 'percentile_disc(' ~ fractions ~ ') within group (order by cast(' ~ name ~ ' as timestamp))',
        }) -%}
    {%- elif column.kind == 'number' -%}
        {#- One NaN would be the mean of all; squares of what is larger overflow. -#}
        {%- set finite = 'case when abs(' ~ name ~ ') < 1e150 then ' ~ name ~ ' end' if column.is_float else name -%}
        {%- set number = 'cast(' ~ finite ~ ' as ' ~ float8 ~ ')' -%}
        {%- do figures.update({
            'n_not_finite': 'count(' ~ name ~ ') - count(' ~ finite ~ ')',
            'min_value': millwright.value_text('min(' ~ finite ~ ')', column),
            'max_value': millwright.value_text('max(' ~ finite ~ ')', column),
            'mean': 'avg(' ~ number ~ ')',
            'standard_deviation':
                'case when count(' ~ finite ~ ') > 1 and min(' ~ finite ~ ') = max(' ~ finite ~ ') then 0 else stddev_samp(' ~ number ~ ') end',
            'percentiles': 'percentile_cont(' ~ fractions ~ ') within group (order by ' ~ number ~ ')',
        }) -%}
    {%- endif -%}
    {{ return(figures) }}
{%- endmacro -%}
