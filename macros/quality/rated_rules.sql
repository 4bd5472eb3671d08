{#- A query with one row per rule: its limits, what `evaluate_rules` counted and the verdict. `rules` are rows of the seed `data_quality_rules`, which
    is `seed`, `relations` maps the names they may use to relations. -#}

{%- macro rated_rules(seed, rules, relations) -%}
    select
        counted.*,
        case
            when counted.problem is not null then 'error'
            when not counted.is_about_relation and counted.n_rows < counted.min_rows then 'insufficient'
            when counted.failed_rate > counted.error_rate then 'fail'
            when counted.failed_rate > counted.warn_rate then 'warn'
            else 'pass'
        end as verdict
    from (
        select
            rules.rule_id,
            rules.relation_name,
            rules.column_name,
            rules.rule_type,
            rules.description,
            rules.severity,
            rules.action,
            rules.rule_type in ('freshness', 'row_count') as is_about_relation,
            evaluated.n_rows,
            evaluated.n_failed,
            case
                when rules.rule_type in ('freshness', 'row_count') then evaluated.n_failed
                else {{ millwright.safe_divide('evaluated.n_failed', 'evaluated.n_rows') }}
            end as failed_rate,
            evaluated.observed_value,
            coalesce(rules.warn_rate, 0) as warn_rate,
            coalesce(rules.error_rate, {{ var('quality_error_rate') }}) as error_rate,
            coalesce(rules.min_rows, 1) as min_rows,
            evaluated.problem
        from (
            {{ millwright.evaluate_rules(rules, relations) | indent(8) }}
        ) as evaluated
        inner join {{ seed }} as rules
            on evaluated.rule_id = rules.rule_id
    ) as counted
{%- endmacro -%}
