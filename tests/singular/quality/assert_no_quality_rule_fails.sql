-- A rule whose action is to log stops nothing; those that block have the test blocking_rules_hold.
{{ config(severity='warn') }}
select * from {{ ref('dq_rule_results') }}
where verdict = 'fail'
