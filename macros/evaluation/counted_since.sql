{#- The condition for rows of `stg_ops__predictions` that count since `read_after`: they came after it, or the registration of their version did. -#}

{%- macro counted_since(read_after) -%}
    {%- set query -%}
        select
            model_name,
            model_version
        from {{ ref('stg_ops__model_versions') }}
        group by
            model_name,
            model_version
        having min(known_at) > {{ read_after }}
    {%- endset -%}
    {#- Written out, and only where there are any, so that on other nights the engine looks rows up by known_at. -#}
    {%- set versions = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- do versions.append('(' ~ millwright.literal(row[0]) ~ ', ' ~ millwright.literal(row[1]) ~ ')') -%}
    {%- endfor -%}
    (known_at > {{ read_after }}{{ ' or (model_name, model_version) in (' ~ versions | join(', ') ~ ')' if versions }})
{%- endmacro -%}
