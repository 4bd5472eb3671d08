{#- The prediction that an outcome is about: a dict with model_name, model_version, `answer` (the column that says what was predicted), `said` (its
    value) and class_scores, of the first delivery. Empty, with a line in `problems`, if it is not known or predictions of several models have
    the id. -#}

{%- macro prediction_of_outcome(fields, problems) -%}
    {%- set condition = 'prediction_id = ' ~ millwright.literal(fields['prediction_id']) -%}
    {%- if fields['model_name'] is not none -%}
        {%- set condition = condition ~ ' and model_name = ' ~ millwright.literal(fields['model_name']) -%}
    {%- endif -%}
    {%- set rows = run_query(
        'select model_name, model_version, predicted_class, predicted_labels, predicted_value, class_scores from '
        ~ millwright.landing_table('predictions') ~ ' where ' ~ condition ~ ' order by known_at, ' ~ millwright.bytewise('model_version')
    ).rows -%}
    {%- set models = rows | map(attribute='model_name') | unique | list -%}
    {%- if not models -%}
        {%- do problems.append(
            'there is no prediction ' ~ fields['prediction_id']
            ~ (' of the model ' ~ fields['model_name'] if fields['model_name'] is not none else '')
        ) -%}
    {%- elif models | length > 1 -%}
        {%- do problems.append('predictions of several models have this id; say model_name, one of ' ~ models | sort | join(', ')) -%}
    {%- else -%}
        {%- for answer in ['predicted_class', 'predicted_labels', 'predicted_value'] if rows[0][answer] is not none -%}
            {{ return({
                'model_name': rows[0]['model_name'],
                'model_version': rows[0]['model_version'],
                'class_scores': rows[0]['class_scores'],
                'answer': answer,
                'said': rows[0][answer],
            }) }}
        {%- endfor -%}
        {%- do problems.append('the prediction says nothing that could come true') -%}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro -%}
