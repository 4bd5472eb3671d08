{#- The end of the horizon of a snapshot, exclusive, as an expression. -#}

{%- macro horizon_ends_at(snapshot_at) -%}
    {{ snapshot_at }} + interval '{{ var("label_horizon_days") }}' day
{%- endmacro -%}
