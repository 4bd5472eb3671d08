{#- Rows of the model in which the `columns`, shares or probabilities, do not add up to 1, or one of them is missing. -#}

{% test adds_up_to_one(model, columns) %}

select *
from {{ model }}
where
    {{ columns | join(' is null\n    or ') }} is null
    or abs({{ columns | join(' + ') }} - 1) > 1e-9

{% endtest %}
