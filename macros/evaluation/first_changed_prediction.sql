{#- The earliest event_at that a prediction can have of which something became known after `read_after`, as a literal: an outcome is looked for among
    predictions of the var `outcome_window_days` before it. -#}

{%- macro first_changed_prediction(read_after) -%}
    {%- set query -%}
        select min(event_at) as first_at
        from (
            select min(event_at) as event_at
            from {{ ref('stg_ops__predictions') }}
            where known_at > {{ read_after }}

            union all

            select min(event_at) - interval '{{ var("outcome_window_days") }}' day as event_at
            from {{ ref('stg_ops__outcomes') }}
            where known_at > {{ read_after }}
        ) as changed
    {%- endset -%}
    {%- set first_at = run_query(query).columns[0].values()[0] -%}
    {{ return('cast(' ~ dbt.string_literal(first_at or '9999-12-31') ~ ' as timestamp)') }}
{%- endmacro -%}
