{#- No rule of the seed `data_quality_rules` fails that checks this model and is to block: dbt then builds nothing that stands on it. `referenced`
    names the dbt models that such `relationship` rules refer to. dbt waits for a test only where all that it reads is upstream: the model is itself
    built from what is referenced, and it or one before it says `-- depends_on: {{ ref('data_quality_rules') }}`. -#}

{% test blocking_rules_hold(model, referenced=[]) %}
{%- set seed = ref('data_quality_rules') -%}
{%- set relations = {model.identifier: model} -%}
{%- for name in referenced -%}
    {%- do relations.update({name: ref(name)}) -%}
{%- endfor -%}
{%- set rules = millwright.active_rules(seed)
    | selectattr('relation_name', 'equalto', model.identifier) | selectattr('action', 'equalto', 'block') | list -%}
{%- if execute -%}
    {%- do millwright.require_upstream(model.identifier, ['data_quality_rules'] + referenced) -%}
{%- endif -%}

with

rated as (

    {{ millwright.rated_rules(seed, rules, relations) }}

)

select * from rated
where verdict in ('fail', 'error')

{% endtest %}
