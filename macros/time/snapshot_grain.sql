{#- How far apart snapshots are: the var `snapshot_grain`, checked. -#}

{%- macro snapshot_grain() -%}
    {%- set grain = var('snapshot_grain') -%}
    {%- if grain not in ['day', 'week', 'month'] -%}
        {%- do exceptions.raise_compiler_error('The var snapshot_grain is "' ~ grain ~ '"; it must be day, week or month') -%}
    {%- endif -%}
    {{ return(grain) }}
{%- endmacro -%}
