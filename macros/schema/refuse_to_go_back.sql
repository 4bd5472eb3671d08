{#- Hook: stops a run whose `as_of` lies before that of an earlier run, since what was built then would be rows from its future. A full
    refresh may go anywhere; what came before it no longer counts. -#}

{%- macro refuse_to_go_back() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() and not flags.FULL_REFRESH -%}
        {%- set runs = millwright.landing_table('runs') -%}
        {%- set newest = run_query(
            'select max(as_of) as as_of from ' ~ runs ~ " where event = 'started' and recorded_at >= coalesce((select max(recorded_at) from " ~ runs
            ~ " where event = 'started' and is_full_refresh), cast('0001-01-01' as timestamp)) having max(as_of) > " ~ millwright.as_of()
        ) -%}
        {%- if newest | length -%}
            {%- do exceptions.raise_compiler_error(
                'as_of ' ~ var('as_of') ~ ' lies before that of an earlier run, ' ~ newest[0]['as_of'] ~ ', and history only grows: pass '
                ~ "that moment or a later one, e.g. --vars '{as_of: \"" ~ newest[0]['as_of'] ~ "\"}', or build everything anew with --full-refresh"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
