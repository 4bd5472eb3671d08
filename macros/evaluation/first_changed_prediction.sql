{#- The earliest event_at of a prediction of which something became known after `read_after`, as a literal: of those that came, and of those in
    `eval_predictions` to which an outcome came. Only the ids of the var `outcome_window_days` are looked through for it. Where they begin is asked
    before: with a subquery for it, DuckDB would read all ids, with a literal it leaves out row groups whose ids lie elsewhere. -#}

{%- macro first_changed_prediction(read_after) -%}
    {%- set first = run_query(
        'select (select min(event_at) from ' ~ ref('stg_ops__predictions') ~ ' where ' ~ millwright.counted_since(read_after) ~ ') as prediction_at, '
        ~ '(select min(event_at) from ' ~ ref('stg_ops__outcomes') ~ ' where known_at > ' ~ read_after ~ ') as outcome_at'
    ).rows[0] -%}
    {%- set found = [first['prediction_at'] or '9999-12-31'] -%}
    {%- if first['outcome_at'] -%}
        {%- set query -%}
            select min(predictions.event_at) as first_at
            from {{ this }} as predictions
            inner join {{ ref('stg_ops__outcomes') }} as outcomes
                on
                    predictions.model_name = outcomes.model_name
                    and predictions.prediction_id = outcomes.prediction_id
            where
                outcomes.known_at > {{ read_after }}
                and predictions.event_at >= cast('{{ first["outcome_at"] }}' as timestamp) - interval '{{ var("outcome_window_days") }}' day
        {%- endset -%}
        {%- do found.append(run_query(query).columns[0].values()[0] or '9999-12-31') -%}
    {%- endif -%}
    {{ return('cast(' ~ dbt.string_literal(found | map('string') | min) ~ ' as timestamp)') }}
{%- endmacro -%}
