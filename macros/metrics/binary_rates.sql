{#- The metrics of one class against all others: a list of (name, numerator, denominator), SQL over the columns tp, fp, fn and tn. -#}

{%- macro binary_rates(beta=none) -%}
    {%- set rates = [
        ('precision', 'tp', 'tp + fp'),
        ('recall', 'tp', 'tp + fn'),
        ('specificity', 'tn', 'tn + fp'),
        ('negative_predictive_value', 'tn', 'tn + fn'),
        ('false_positive_rate', 'fp', 'tn + fp'),
        ('false_negative_rate', 'fn', 'tp + fn'),
        ('f1', '2 * tp', '2 * tp + fp + fn'),
        ('jaccard', 'tp', 'tp + fp + fn'),
    ] -%}
    {%- if beta is not none -%}
        {%- set tp = (1 + beta * beta) ~ ' * tp' -%}
        {%- do rates.append(('f_beta', tp, tp ~ ' + ' ~ beta * beta ~ ' * fn + fp')) -%}
    {%- endif -%}
    {{ return(rates) }}
{%- endmacro -%}
