{#- Procedure: logs what came true of a prediction. What is repeated changes nothing, a correction is a further row; the newest counts.

    dbt run-operation update_prediction_outcome --args '{prediction_id: 4f1c…, outcome: {actual_class: stays}, event_at: 1998-06-20, source: crm}'

    Prints, and returns to a caller, one row: prediction_id, status (`logged`, `corrected` or `held`), outcome_id, accuracy (of a class 1 or 0,
    of labels the share that is right, of a number 1 - |error| / |actual|, at least 0; NULL where the actual number is 0). `model_name` is
    needed where predictions of several models have the id. -#}

{%- macro update_prediction_outcome(prediction_id, outcome, event_at=none, source=none, model_name=none, known_at=none) -%}
    {%- set procedure = 'update_prediction_outcome' -%}
    {%- set problems = [] -%}
    {%- set now = millwright.wall_clock_text() -%}
    {%- set answers = ['actual_class', 'actual_labels', 'actual_value'] -%}
    {%- set called = {'prediction_id': prediction_id, 'model_name': model_name, 'event_at': event_at, 'known_at': known_at, 'source': source} -%}
    {%- set fields = millwright.checked_fields('the call', called, 'outcomes', called | list, problems) -%}
    {%- do fields.update(millwright.checked_fields('outcome', outcome, 'outcomes', answers, problems)) -%}
    {%- set given = answers + (['event_at'] if event_at is not none else []) + (['source'] if source is not none else []) -%}
    {%- set prediction = millwright.prediction_of_outcome(fields, problems) -%}
    {%- set known_at = fields['known_at'] or now -%}
    {%- do fields.update({
        'model_name': prediction.get('model_name') or fields['model_name'],
        'known_at': known_at,
        'event_at': fields['event_at'] or known_at,
        'outcome_id': 'unnamed',
    }) -%}
    {%- set rejection = run_query(
        'select ' ~ millwright.outcome_problems() ~ ' as reason from ('
        ~ millwright.row_of_landing('outcomes', fields if prediction else dict(fields, model_name='unknown')) ~ ') as given'
    ).columns[0].values()[0] -%}
    {%- if rejection -%}
        {%- do problems.append(rejection) -%}
    {%- endif -%}
    {%- for answer in answers if prediction and fields.get(answer) is not none and answer | replace('actual', 'predicted') != prediction.answer -%}
        {%- do problems.append('the outcome is given as ' ~ answer ~ ', but what was predicted is a ' ~ prediction.answer) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do millwright.refuse_prediction(procedure, 'validation_error', problems, {
            'prediction_id': fields['prediction_id'],
            'model_name': fields['model_name'],
            'model_version': prediction.get('model_version'),
            'known_at': known_at,
        }) -%}
    {%- endif -%}
    {%- set status = millwright.append_outcome(fields, given) -%}
    {%- set accuracy = millwright.accuracy_of_prediction(prediction, fields) -%}
    {{ return(millwright.printed(run_query(
        'select ' ~ millwright.literal(fields['prediction_id']) ~ ' as prediction_id, ' ~ millwright.literal(status) ~ ' as status, '
        ~ millwright.literal(fields['outcome_id']) ~ ' as outcome_id, ' ~ millwright.literal(accuracy, 'float8') ~ ' as accuracy'
    ))) }}
{%- endmacro -%}
