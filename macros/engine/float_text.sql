{#- A float as text that reads the same on every engine: whole numbers up to 1e16 without a decimal point, others with the fewest digits that
    name them, `NaN`, `Infinity` and `-Infinity`. -#}

{%- macro float_text(expression) -%}
    {{ return(adapter.dispatch('float_text', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__float_text(expression) -%}
    case
        when abs({{ expression }}) < 1e16 and {{ expression }} = floor({{ expression }})
            then cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
        else cast(cast({{ expression }} as {{ millwright.sql_type('float8') }}) as {{ dbt.type_string() }})
    end
{%- endmacro -%}

{%- macro duckdb__float_text(expression) -%}
    case
        when isnan({{ expression }}) then 'NaN'
        when isinf({{ expression }}) then case when {{ expression }} > 0 then 'Infinity' else '-Infinity' end
        else {{ millwright.default__float_text(expression) }}
    end
{%- endmacro -%}
