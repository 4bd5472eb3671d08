{#- How right one prediction was, 0..1: of a class 1 or 0, classes by the names that `label_aliases` gives them; of labels the share that is right;
    of a number 1 - |error| / |actual|, at least 0, and none where the actual number is 0. -#}

{%- macro accuracy_of_prediction(prediction, outcome) -%}
    {%- if prediction.answer == 'predicted_class' -%}
        {%- set names = {} -%}
        {%- for row in run_query(
            'select alias, class_name from ' ~ millwright.relation_of_model('label_aliases')
            ~ ' where model_name = ' ~ millwright.literal(prediction.model_name)
        ).rows -%}
            {%- do names.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- set said, came = prediction.said, outcome['actual_class'] -%}
        {{ return(1 if names.get(said, said) == names.get(came, came) else 0) }}
    {%- elif prediction.answer == 'predicted_labels' -%}
        {%- set said, came = fromjson(prediction.said, []), fromjson(outcome['actual_labels'], []) -%}
        {%- set labels = ((fromjson(prediction.class_scores or '{}', {}) | list) + said + came) | unique(case_sensitive=true) | list -%}
        {%- set right = [] -%}
        {%- for label in labels if (label in said) == (label in came) -%}
            {%- do right.append(label) -%}
        {%- endfor -%}
        {{ return(right | length / labels | length if labels else none) }}
    {%- endif -%}
    {%- set actual = outcome['actual_value'] -%}
    {%- set error = (prediction.said | float - actual) | abs -%}
    {{ return([1 - error / (actual | abs), 0] | max if actual else none) }}
{%- endmacro -%}
