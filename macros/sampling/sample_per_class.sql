{#- `n` rows of each class, with `stratified_sample`. A class with fewer is kept whole; is_whole_class says so. -#}

{%- macro sample_per_class(relation, label, key, n, salt='sample') -%}
    {%- do millwright.check_sampling('sample_per_class', relation, {'label': label, 'key': key}, {'n': n}, ['is_whole_class']) -%}
    select
        sampled.*,
        sampled.n_sampled = sampled.n_in_stratum as is_whole_class
    from (
        {{ millwright.stratified_sample(relation, label, key, n, salt) | indent(8) }}
    ) as sampled
{%- endmacro -%}
