{#- From when on the labels of a snapshot's horizon count as known, as an expression: late deliveries have some days after its end. -#}

{%- macro matures_at(snapshot_at) -%}
    {{ snapshot_at }} + interval '{{ var("label_horizon_days") + var("label_grace_days") }}' day
{%- endmacro -%}
