{#- Procedure: the health of a version that has traffic, with the predictions of the last night and the incidents of now.

    dbt run-operation evaluate_model_health --args '{model_name: repurchase, model_version: 1998.3.0}'

    Prints, and returns to a caller, a row per figure. Nothing is written: `life_model_health` keeps what each night found. -#}

{%- macro evaluate_model_health(model_name, model_version) -%}
    {%- set procedure = 'evaluate_model_health' -%}
    {%- set health = ref('life_version_health') -%}
    {%- if not millwright.column_names(health) -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ health ~ ' is not built yet; a run makes it, e.g. millwright nightly') -%}
    {%- endif -%}
    {%- set key = millwright.version_key(procedure, model_name, model_version) -%}
    {%- set found = run_query('select * from ' ~ health ~ ' where ' ~ millwright.is_key(key)) -%}
    {%- if not found.rows -%}
        {%- set known = run_query('select model_name, model_version from ' ~ health ~ ' order by model_name, model_version limit 5') -%}
        {%- set names = [] -%}
        {%- for row in known.rows -%}
            {%- do names.append(row.values() | join(' ')) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ key.values() | join(' ') ~ ' has no traffic, so there is no health of it; '
            ~ ('some that have are ' ~ names | join(', ') if names else 'no version has any')
        ) -%}
    {%- endif -%}
    {%- for name, value in found.rows[0].dict().items() -%}
        {%- do log(name ~ ': ' ~ value, info=true) -%}
    {%- endfor -%}
    {{ return(dict(found.rows[0].dict())) }}
{%- endmacro -%}
