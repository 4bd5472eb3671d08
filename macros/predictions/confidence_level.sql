{#- A confidence as `high` (0.8 and more), `medium` (0.6 and more) or `low`; NULL for NULL. -#}

{%- macro confidence_level(confidence) -%}
    case
        when {{ confidence }} >= 0.8 then 'high'
        when {{ confidence }} >= 0.6 then 'medium'
        when {{ confidence }} < 0.6 then 'low'
    end
{%- endmacro -%}
