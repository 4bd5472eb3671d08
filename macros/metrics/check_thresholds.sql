{#- Raises a compiler error for thresholds and costs that `threshold_metrics` cannot work with. -#}

{%- macro check_thresholds(thresholds, costs) -%}
    {%- if thresholds is integer and thresholds is not boolean -%}
        {%- if thresholds < 1 -%}
            {%- do exceptions.raise_compiler_error('threshold_metrics: thresholds is "' ~ thresholds ~ '"; steps are a whole number from 1 on') -%}
        {%- endif -%}
    {%- elif thresholds is not none -%}
        {%- if thresholds is string or thresholds is mapping or thresholds is not sequence or not thresholds -%}
            {%- do exceptions.raise_compiler_error(
                'threshold_metrics: thresholds is "' ~ thresholds ~ '"; it must be a list of numbers from 0 to 1, or how many steps to take'
            ) -%}
        {%- endif -%}
        {%- for threshold in thresholds if threshold is not number or threshold is boolean or not 0 <= threshold <= 1 -%}
            {%- do exceptions.raise_compiler_error('threshold_metrics: thresholds has "' ~ threshold ~ '"; it must be a number from 0 to 1') -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if costs is not none -%}
        {%- if costs is not mapping or not costs -%}
            {%- do exceptions.raise_compiler_error(
                'threshold_metrics: costs is "' ~ costs ~ '"; it must map some of tp, fp, fn, tn to what one such row costs'
            ) -%}
        {%- endif -%}
        {%- for outcome, cost in costs.items() if outcome not in ['tp', 'fp', 'fn', 'tn'] or cost is not number or cost is boolean -%}
            {%- do exceptions.raise_compiler_error(
                'threshold_metrics: costs has "' ~ outcome ~ ': ' ~ cost ~ '"; it must map some of tp, fp, fn, tn to what one such row costs'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
