{#- What is wrong with the limits, denominator, severity or action of a rule, as text; none if nothing is. -#}

{%- macro rule_limits_problem(rule) -%}
    {%- set choices = {
        'denominator': ['rows', 'values'],
        'severity': ['low', 'medium', 'high', 'critical'],
        'action': ['log', 'block'],
    } -%}
    {%- for name, known in choices.items() if rule[name] not in known -%}
        {{ return(name ~ ' is "' ~ rule[name] ~ '"; known are ' ~ known | join(', ')) }}
    {%- endfor -%}
    {%- for name in ('warn_rate', 'error_rate') if rule[name] is not none and not 0 <= rule[name] <= 1 -%}
        {{ return(name ~ ' is ' ~ rule[name] ~ ', not a share of 0 to 1') }}
    {%- endfor -%}
    {%- if rule['warn_rate'] is not none and rule['error_rate'] is not none and rule['warn_rate'] > rule['error_rate'] -%}
        {{ return('warn_rate ' ~ rule['warn_rate'] ~ ' is larger than error_rate ' ~ rule['error_rate']) }}
    {%- elif rule['min_rows'] is not none and rule['min_rows'] < 0 -%}
        {{ return('min_rows is ' ~ rule['min_rows'] ~ ', less than 0') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro -%}
