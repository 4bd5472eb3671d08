select * from {{ ref('dq_rule_results') }}
where verdict = 'error'
