{#- The rows of one encoding, of the buckets of `weighed_buckets`. A bucket without rows says nothing about the target: it has the mean of all
    rows, or no weight. With one class only nothing can be weighed. -#}

{%- macro encoded_buckets(weighed, encoding, by, smoothing) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set target_mean = millwright.safe_divide('target_total', 'n_rows') -%}
    {%- set value = {
        'label': "case bucket when 'null' then -2 when 'unknown' then -1 when 'rare' then n_values else bucket_number end",
        'one_hot': '1',
        'frequency': millwright.safe_divide('bucket_n', 'n_rows'),
        'target_mean': 'coalesce((bucket_target_sum + ' ~ smoothing ~ ' * ' ~ target_mean ~ ') / nullif(bucket_n + ' ~ smoothing ~ ', 0), '
            ~ target_mean ~ ')',
        'weight_of_evidence': 'case when n_positives = 0 or n_negatives = 0 then null when bucket_n = 0 then 0 '
            ~ 'when positive_share > 0 and negative_share > 0 then ln(positive_share / negative_share) end',
    }[encoding] -%}
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        feature,
        {{ millwright.literal(encoding) }} as encoding,
        bucket,
        category,
        lower_bound,
        upper_bound,
        {{ millwright.encoded_name(encoding) | indent(4) }} as output,
        cast({{ value }} as {{ float8 }}) as value,
        cast(null as {{ float8 }}) as scale,
        {%- if encoding == 'weight_of_evidence' %}
        case
            when bucket_n > 0 then (positive_share - negative_share) * {{ value }} * n / bucket_n
            when n_positives > 0 and n_negatives > 0 then 0
        end as information_value,
        {%- else %}
        cast(null as {{ float8 }}) as information_value,
        {%- endif %}
        cast(n as bigint) as n,
        cast(n_positive as bigint) as n_positive,
        cast(target_sum as {{ float8 }}) as target_sum
    from {{ weighed }}
    {%- if encoding == 'weight_of_evidence' %}
    where
        {{ millwright.require(
            'n_positives + n_negatives = n_rows',
            "'fit_encodings: weight_of_evidence of ' || feature || ' needs the counts of a target of two classes, 1 and 0; '"
            ~ " || cast(coalesce(n_rows - n_positives - n_negatives, n_rows) as bigint) || ' rows have another'"
        ) | indent(8) }}
    {%- elif encoding == 'target_mean' %}
    where
        {{ millwright.require(
            'target_total is not null',
            "'fit_encodings: target_mean of ' || feature || ' needs counts with a target'"
        ) | indent(8) }}
    {%- endif %}
{%- endmacro -%}
