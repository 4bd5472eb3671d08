{#- The select expressions of the counts that encodings are fitted from, over a group of rows: how many there are and, of a target that is a
    number, how many are 1 and 0 and what they add up to. They add up over groups. -#}

{%- macro target_counts(target=none) -%}
    cast(count(*) as bigint) as n,
    {%- if target is none %}
    cast(null as bigint) as n_positive,
    cast(null as bigint) as n_negative,
    cast(null as {{ millwright.sql_type('float8') }}) as target_sum
    {%- else %}
    cast(count(case when {{ target }} = 1 then 1 end) as bigint) as n_positive,
    cast(count(case when {{ target }} = 0 then 1 end) as bigint) as n_negative,
    cast(sum({{ target }}) as {{ millwright.sql_type('float8') }}) as target_sum
    {%- endif %}
{%- endmacro -%}
