{#- From which moment on an incremental model reads what has changed, as a literal, so that the engine can leave out what is older: a little before
    the newest `column` that it holds, since rows may become visible some time after the moment they carry; none before it holds any. -#}

{%- macro read_after(column) -%}
    {%- set newest = run_query(
        'select max(' ~ column ~ ") - interval '" ~ var('late_load_days') ~ "' day as read_after from " ~ this
    ).columns[0].values()[0] -%}
    {{ return('cast(' ~ dbt.string_literal(newest or '0001-01-01') ~ ' as timestamp)') }}
{%- endmacro -%}
