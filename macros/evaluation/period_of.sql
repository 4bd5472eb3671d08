{#- The begin of the period of each grain that a moment is in, as an SQL expression; weeks begin on Monday, all time with the history. -#}

{%- macro period_of(grain, moment) -%}
    case {{ grain }}
            {%- for length in ['hour', 'day', 'week', 'month'] %}
            when '{{ length }}' then cast({{ dbt.date_trunc(length, moment) }} as timestamp)
            {%- endfor %}
            else cast('{{ var("history_starts_on") }}' as timestamp)
        end
{%- endmacro -%}
