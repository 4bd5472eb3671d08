{#- A query of where to read on, per source: a little before the newest row of each that the incremental model being built holds, since rows may
    become visible some time after the moment they carry. -#}

{%- macro read_after_by(source, known_at) -%}
select
        {{ source }},
        max({{ known_at }}) - interval '{{ var("late_load_days") }}' day as read_after
    from {{ this }}
    group by {{ source }}
{%- endmacro -%}
