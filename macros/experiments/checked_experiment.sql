{#- The definition of an experiment as people write it, with its defaults, every value in its own type, so that two can be compared. Raises one
    compiler error that lists all that is wrong with it. -#}

{%- macro checked_experiment(procedure, definition, at) -%}
    {%- set checked = {
        'name': none, 'description': none, 'variants': {}, 'control': 'control', 'holdout_share': 0, 'salt': none, 'target_segments': none,
        'metrics': {}, 'primary_metric': none, 'success_direction': none, 'alpha': 0.05, 'min_sample_size': 1000, 'method': 'fixed',
        'covariate': none, 'starts_at': none, 'ends_at': none,
    } -%}
    {%- if definition is not mapping -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': "' ~ definition ~ '" is no mapping of ' ~ checked.keys() | join(', ')) -%}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- for key in definition if key not in checked -%}
        {%- do problems.append('"' ~ key ~ '" is none of ' ~ checked.keys() | join(', ')) -%}
    {%- endfor -%}
    {%- do checked.update(definition) -%}
    {%- for key in ('name', 'salt', 'primary_metric') if not (checked[key] if checked[key] is not none else '') | string | trim -%}
        {%- do problems.append(key ~ ' is missing') -%}
    {%- endfor -%}
    {%- do problems.extend(millwright.variant_problems(checked, at)) -%}
    {%- if checked.target_segments is not none and checked.target_segments is not mapping -%}
        {%- do problems.append('target_segments must map segments to lists of their values') -%}
    {%- endif -%}
    {%- set kinds = checked.metrics if checked.metrics is mapping else {} -%}
    {%- if not kinds -%}
        {%- do problems.append('metrics must map at least one metric to mean, total or proportion') -%}
    {%- endif -%}
    {%- for metric, kind in kinds.items() -%}
        {%- if kind not in (['mean'] if metric in millwright.computed_metrics() else ['mean', 'total', 'proportion']) -%}
            {%- do problems.append('the metric ' ~ metric ~ ' cannot be a "' ~ kind ~ '"') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for key in ('primary_metric', 'covariate') if checked[key] is not none and checked[key] not in kinds -%}
        {%- do problems.append(key ~ ' "' ~ checked[key] ~ '" is none of the metrics') -%}
    {%- endfor -%}
    {%- for key, choices in {'success_direction': ['increase', 'decrease'], 'method': ['fixed', 'sequential']}.items() -%}
        {%- if checked[key] not in choices -%}
            {%- do problems.append(key ~ ' is "' ~ checked[key] ~ '"; it must be ' ~ choices | join(' or ')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if checked.alpha is not number or not (checked.alpha > 0 and checked.alpha < 1) -%}
        {%- do problems.append('alpha is "' ~ checked.alpha ~ '"; it must be between 0 and 1') -%}
    {%- endif -%}
    {%- if checked.min_sample_size is not integer or checked.min_sample_size < 2 -%}
        {%- do problems.append('min_sample_size is "' ~ checked.min_sample_size ~ '"; it must be a whole number from 2 on') -%}
    {%- endif -%}
    {%- for key in ('starts_at', 'ends_at') if checked[key] is not none -%}
        {%- if modules.re.match('^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])([ T]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d)?$', checked[key] | string) -%}
            {%- do checked.update({key: modules.datetime.datetime.fromisoformat(checked[key] | string).isoformat(' ')}) -%}
        {%- else -%}
            {%- do problems.append(key ~ ' "' ~ checked[key] ~ '" is no ISO date or timestamp in UTC, such as 1998-07-01 or 1998-07-01 06:00:00') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if checked.starts_at is none -%}
        {%- do problems.append('starts_at is missing') -%}
    {%- elif checked.ends_at is not none and checked.ends_at <= checked.starts_at -%}
        {%- do problems.append('ends_at ' ~ checked.ends_at ~ ' is not after starts_at ' ~ checked.starts_at) -%}
    {%- endif -%}
    {%- if checked.ends_at is none and checked.method == 'fixed' -%}
        {%- do problems.append('ends_at is missing: a fixed test is judged when it is over; give it, or choose the method sequential') -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ problems | join('; ')) -%}
    {%- endif -%}
    {%- set variants = {} -%}
    {%- for name, variant in checked.variants.items() -%}
        {%- do variants.update({name | string: {
            'model_name': variant.model_name | string, 'model_version': variant.model_version | string, 'traffic_share': variant.traffic_share
        }}) -%}
    {%- endfor -%}
    {{ return(dict(checked, variants=variants, name=checked.name | string)) }}
{%- endmacro -%}
