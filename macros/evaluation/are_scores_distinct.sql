{#- Whether most scores of `eval_class_scores` differ from each other, by a look at some of them; false while there are none. -#}

{%- macro are_scores_distinct() -%}
    {%- if not execute or load_relation(ref('eval_class_scores')) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set query -%}
        select count(*) > 0 and count(distinct score) * 2 > count(*) as are_distinct
        from (select score from {{ ref('eval_class_scores') }} where score is not null limit 100000) as looked_at
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro -%}
