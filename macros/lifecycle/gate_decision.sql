{#- What a quality gate says, given a row of `applying_gates`: a dict of `status` (pass, fail, insufficient or overridden) and `message`. -#}

{%- macro gate_decision(gate, incumbent) -%}
    {%- set is_compared = gate.compared_with == 'incumbent' -%}
    {%- set measure = gate.metric ~ ' (' ~ gate.average ~ ', ' ~ gate.segment ~ ')' -%}
    {%- if is_compared and not incumbent -%}
        {{ return({'status': 'pass', 'message': 'nothing serves yet that ' ~ measure ~ ' could be compared with'}) }}
    {%- endif -%}
    {%- set seen = namespace(status='pass', message=none) -%}
    {%- if gate.value is none or gate.n < gate.min_n -%}
        {%- set seen.status = 'insufficient' -%}
        {%- set seen.message = measure ~ ' is known of ' ~ (gate.n or 0) | int ~ ' predictions, and it takes ' ~ gate.min_n | int -%}
    {%- elif is_compared and (gate.incumbent_value is none or gate.incumbent_n < gate.min_n) -%}
        {%- set seen.status = 'insufficient' -%}
        {%- set seen.message = measure ~ ' of the incumbent ' ~ incumbent.model_name ~ ' ' ~ incumbent.model_version ~ ' is known of '
            ~ (gate.incumbent_n or 0) | int ~ ' predictions, and it takes ' ~ gate.min_n | int -%}
    {%- else -%}
        {%- set limit = gate.limit_value + (gate.incumbent_value if is_compared else 0) -%}
        {%- if (gate.limit_kind == 'min' and gate.value < limit) or (gate.limit_kind == 'max' and gate.value > limit) -%}
            {%- set seen.status = 'fail' -%}
        {%- endif -%}
        {%- set seen.message = measure ~ ' is ' ~ gate.value | float | round(4) ~ ' of ' ~ gate.n | int ~ ' predictions, wanted is at '
            ~ ('least ' if gate.limit_kind == 'min' else 'most ') ~ limit | float | round(4)
            ~ (', by that of ' ~ incumbent.model_name ~ ' ' ~ incumbent.model_version if is_compared else '') -%}
    {%- endif -%}
    {%- if seen.status != 'pass' and gate.n_overridden -%}
        {{ return({'status': 'overridden', 'message': seen.message}) }}
    {%- endif -%}
    {{ return({'status': seen.status, 'message': seen.message}) }}
{%- endmacro -%}
