{#- The condition, for a `having`, that every row of a group has a weight from 0 on; else the query fails and says so for `macro_name`. -#}

{%- macro check_weight(macro_name) -%}
    {{ millwright.require(
        'count(*) = count(case when weight >= 0 then 1 end)',
        "'" ~ macro_name ~ ": weight is NULL or negative in ' || (count(*) - count(case when weight >= 0 then 1 end)) || ' rows'"
    ) }}
{%- endmacro -%}
