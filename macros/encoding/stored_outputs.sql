{#- The columns that stored one-hot encodings lead to, for the argument `outputs` of `apply_encodings`: a dict from feature to a list of names.
    Empty while the project is being parsed and before the relation exists. -#}

{%- macro stored_outputs(relation, rows='true') -%}
    {%- set outputs = {} -%}
    {%- if execute and load_relation(relation) -%}
        {%- set query -%}
            select distinct
                feature,
                output,
                case bucket when 'value' then 1 when 'bin' then 2 when 'rare' then 3 when 'unknown' then 4 else 5 end as place,
                case when bucket = 'bin' then lower_bound end as lower_bound
            from {{ relation }}
            where
                encoding = 'one_hot'
                and ({{ rows }})
        {%- endset -%}
        {%- set ordered -%}
            select
                feature,
                output
            from ({{ query }}) as listed
            group by
                feature,
                output
            order by
                {{ millwright.bytewise('feature') }},
                min(place),
                min(lower_bound),
                {{ millwright.bytewise('output') }}
        {%- endset -%}
        {%- for row in run_query(ordered).rows -%}
            {%- do outputs.setdefault(row['feature'], []).append(row['output']) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(outputs) }}
{%- endmacro -%}
