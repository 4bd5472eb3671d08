{#- How probable a version holds the class that it predicts: the highest of its class_scores, else the score, or what is left of 1 for the other
    class. NULL for what says no class or no probability. -#}

{%- macro prediction_confidence(predictions, highest_score, is_other) -%}
    case
        when {{ predictions }}.predicted_class is null then null
        when {{ predictions }}.class_scores is not null then {{ highest_score }}
        when {{ is_other }} then 1 - {{ predictions }}.score
        else {{ predictions }}.score
    end
{%- endmacro -%}
