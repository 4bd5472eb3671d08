{#- The name of the column that a row of an encoding leads to, an expression over `weighed_buckets`: `<feature>__<encoding>`, or one per bucket
    where the encoding is one-hot. A category that makes no plain name is told from others like it by a hash. -#}

{%- macro encoded_name(encoding) -%}
    {%- if encoding != 'one_hot' -%}
        {{ return("feature || '__" ~ encoding ~ "'") }}
    {%- endif -%}
    feature || '__' || case
        when bucket = 'bin' then 'bin_' || bucket_number
        when bucket <> 'value' then bucket
        when
            {{ millwright.matches_pattern('category', '^[a-z0-9_]{1,29}$') }}
            and category not in ('null', 'rare', 'unknown')
            then category
        else lower(substr(regexp_replace(category, '[^a-zA-Z0-9]+', '_', 'g'), 1, 20)) || '_' || substr(md5(category), 1, 8)
    end
{%- endmacro -%}
