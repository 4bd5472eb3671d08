{#- An argument of a procedure that maps columns of a landing table to values, checked: a dict with those of the columns `names` that are given.
    Appends what is wrong with it to `problems`. -#}

{%- macro checked_fields(argument, given, table, names, problems) -%}
    {%- set json_columns = ['class_scores', 'predicted_labels', 'segments', 'input_features', 'business_context', 'actual_labels'] -%}
    {%- set columns = millwright.landing_source(table).columns -%}
    {%- set checked = {} -%}
    {%- if given is not none and given is not mapping -%}
        {%- do problems.append(argument ~ ' does not map names to values') -%}
        {{ return(checked) }}
    {%- endif -%}
    {%- for name, value in (given or {}).items() -%}
        {%- if name not in names -%}
            {%- do problems.append(argument ~ ' has "' ~ name | string | truncate(40) ~ '", but may have ' ~ names | join(', ')) -%}
        {%- elif columns[name].data_type == 'text' and name not in json_columns -%}
            {%- do checked.update({name: millwright.text_of_field(name, value, problems)}) -%}
        {%- else -%}
            {%- do checked.update({name: millwright.checked_field(name, value, columns[name].data_type, problems)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(checked) }}
{%- endmacro -%}
