{#- Procedure: logs one prediction, checked as staging checks all of them.

    dbt run-operation log_prediction --args '{model_name: churn, model_version: "2.3.0", entity_id: shop-00042,
        prediction: {predicted_class: churns, score: 0.83}, input_features: {recency_days: 40}, context: {request_id: r-1, latency_ms: 12.5}}'

    Prints, and returns to a caller, one row: prediction_id, status (`logged`, or `held` if it was logged before), validation_status,
    validation_warnings, feature_hash, confidence_level, drift_score. What is wrong is logged in `ops.prediction_errors`, which stays, and raised. -#}

{%- macro log_prediction(model_name, model_version, entity_id, prediction, input_features=none, context=none) -%}
    {%- set procedure = 'log_prediction' -%}
    {%- set problems = [] -%}
    {%- set now = millwright.wall_clock_text() -%}
    {%- set of_answer = ['predicted_class', 'score', 'class_scores', 'predicted_labels', 'predicted_value'] -%}
    {%- set of_call = ['model_name', 'model_version', 'entity_id', 'input_features'] -%}
    {%- set of_context = millwright.landing_source('predictions').columns.keys() | reject('in', of_answer + of_call + ['run_id']) | list -%}
    {%- set called = {'model_name': model_name, 'model_version': model_version, 'entity_id': entity_id, 'input_features': input_features} -%}
    {%- set fields = millwright.checked_fields('the call', called, 'predictions', of_call, problems) -%}
    {%- do fields.update(millwright.checked_fields('prediction', prediction, 'predictions', of_answer, problems)) -%}
    {%- do fields.update(millwright.checked_fields('context', context, 'predictions', of_context, problems)) -%}
    {%- set given = fields | list -%}
    {%- set known_at = fields.get('known_at') or now -%}
    {%- do fields.update({
        'known_at': known_at,
        'event_at': fields.get('event_at') or known_at,
        'prediction_id': fields.get('prediction_id') or 'unnamed',
    }) -%}
    {%- set judged = millwright.judged_prediction(fields) -%}
    {%- if fields['prediction_id'] == 'unnamed' -%}
        {%- set named_by = [] -%}
        {%- for part in [
            fields.get('model_name'), fields.get('model_version'), fields.get('entity_id'), fields['event_at'], fields.get('request_id'),
            judged['feature_hash'] or fields.get('input_features'),
        ] -%}
            {%- do named_by.append(local_md5(part or '')) -%}
        {%- endfor -%}
        {%- do fields.update({'prediction_id': local_md5(named_by | join)}) -%}
    {%- endif -%}
    {%- if judged['rejection_reason'] -%}
        {%- do problems.append(judged['rejection_reason']) -%}
    {%- endif -%}
    {%- if judged['registered_at'] is none -%}
        {%- do problems.append(millwright.versions_to_choose_from(fields.get('model_name'))) -%}
    {%- endif -%}
    {%- set error = dict(fields, prediction_id=fields['prediction_id'] if 'prediction_id' in given else none) -%}
    {%- if problems -%}
        {%- do millwright.refuse_prediction(procedure, 'validation_error', problems, error) -%}
    {%- endif -%}
    {%- set held = millwright.append_prediction(fields, given) -%}
    {%- if held == 'other' -%}
        {%- do millwright.refuse_prediction(
            procedure, 'logging_error', ['the prediction ' ~ fields['prediction_id'] ~ ' was logged before, and said something else'], fields
        ) -%}
    {%- endif -%}
    {%- set row = {
        'prediction_id': fields['prediction_id'],
        'status': held or 'logged',
        'validation_status': judged['validation_status'],
        'validation_warnings': judged['validation_warnings'],
        'feature_hash': judged['feature_hash'],
        'confidence_level': judged['confidence_level'],
    } -%}
    {%- set columns = [] -%}
    {%- for name, value in row.items() -%}
        {%- do columns.append(millwright.literal(value) ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {%- do columns.append(millwright.literal(millwright.input_drift_score(fields), 'float8') ~ ' as drift_score') -%}
    {{ return(millwright.printed(run_query('select ' ~ columns | join(', ')))) }}
{%- endmacro -%}
