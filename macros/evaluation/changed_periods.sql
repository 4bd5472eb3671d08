{#- The periods of `eval_periods` of which something became known since the incremental model being built last looked, as a query; all of them when
    it is built for the first time. Periods of a version with the same first and last prediction have the same ones, and so the same period_id: what
    is worked out for the one with is_first holds for all. `models` names a CTE of models of which all periods count as changed. -#}

{%- macro changed_periods(with_hours=true, models=none) -%}
    select
        *,
        row_number() over (partition by period_id order by grain) = 1 as is_first
    from (
        select
            *,
            dense_rank() over (order by model_name, model_version, first_event_at, last_event_at) as period_id
        from {{ ref('eval_periods') }}
        where
            {{ 'true' if with_hours else "grain <> 'hour'" }}
            {%- if is_incremental() %}
            and (
                known_at > {{ millwright.read_after('known_at') }}
                {%- if models is not none %}
                or model_name in (select model_name from {{ models }})
                {%- endif %}
            )
            {%- endif %}
    ) as numbered
{%- endmacro -%}
