{#- Whether a snapshot belongs to the batch being built, for the `where` of a dbt model materialized as `feature_group`, which puts the batch's first
    and last snapshot in place of these bounds. Outside a build (compile, show, unit tests) every snapshot does. -#}

{%- macro in_batch(snapshot_at) -%}
    {{ snapshot_at }} between {{ millwright.batch_bounds()[0] }} and {{ millwright.batch_bounds()[1] }}
{%- endmacro -%}
