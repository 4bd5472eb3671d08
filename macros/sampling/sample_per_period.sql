{#- `n` rows of each of the last calendar periods that were over at `until`: a `stratified_sample` of `recent_periods`. -#}

{%- macro sample_per_period(relation, moment, key, n=10000, last={'month': 24}, until=none, salt='sample') -%}
    {%- set added = ['n_in_stratum', 'n_sampled', 'sample_weight'] -%}
    {%- do millwright.check_sampling('sample_per_period', relation, {'key': key}, {'n': n}, added) -%}
    {%- set examples = '(\n' ~ millwright.recent_periods(relation, moment, last, until) ~ '\n)' -%}
    {{ millwright.stratified_sample(examples, 'period_start_on', key, n, salt) }}
{%- endmacro -%}
