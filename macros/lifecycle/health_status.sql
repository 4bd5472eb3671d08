{#- A health score, 0 to 100, in a word; NULL for NULL. -#}

{%- macro health_status(score) -%}
    case
        when {{ score }} >= 90 then 'excellent'
        when {{ score }} >= 80 then 'good'
        when {{ score }} >= 70 then 'fair'
        when {{ score }} >= 60 then 'poor'
        when {{ score }} is not null then 'critical'
    end
{%- endmacro -%}
