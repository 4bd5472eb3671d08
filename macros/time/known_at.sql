{#- When the warehouse knew of a row, from its load time: `loaded_at`, or `event_at` for the history that was loaded in one go, if the var
    `history_loaded_at` says until when that was. -#}

{%- macro known_at(loaded_at, event_at) -%}
    {%- if var('history_loaded_at') -%}
        case when {{ loaded_at }} <= cast('{{ var('history_loaded_at') }}' as timestamp) then {{ event_at }} else {{ loaded_at }} end
    {%- else -%}
        {{ loaded_at }}
    {%- endif -%}
{%- endmacro -%}
