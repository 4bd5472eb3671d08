{#- A set of timestamps for a `from` clause: `first`, then every `step` (day, week, month …) up to and including `last`.
    Its one column is `moment`. With months as step start on a day that every month has: engines differ on what follows the 31st. -#}

{%- macro timestamp_series(first, last, step) -%}
    {{ return(adapter.dispatch('timestamp_series', 'millwright')(first, last, step)) }}
{%- endmacro -%}

{%- macro default__timestamp_series(first, last, step) -%}
    generate_series({{ first }}, {{ last }}, interval '1' {{ step }}) as series (moment)
{%- endmacro -%}

{%- macro spark__timestamp_series(first, last, step) -%}
    (select explode(sequence({{ first }}, {{ last }}, interval '1' {{ step }})) as moment) as series
{%- endmacro -%}
