{#- One row per `partition_by`, the first in `order_by`. `order_by` must be total: a tie would make the result depend on the engine.
    Say `nulls last` with `desc` on a column that can be NULL: engines differ on that, too. NULL is no key: by default rows without
    one all stay, since nothing says that they are the same. -#}

{%- macro deduplicate(relation, partition_by, order_by, null_keys='kept') -%}
    {%- if partition_by is string or order_by is string or not partition_by or not order_by -%}
        {%- do exceptions.raise_compiler_error(
            'deduplicate: partition_by and order_by are lists with at least one expression; given are '
            ~ partition_by ~ ' and ' ~ order_by
        ) -%}
    {%- endif -%}
    {%- if null_keys not in ['kept', 'dropped', 'grouped'] -%}
        {%- do exceptions.raise_compiler_error(
            'deduplicate: null_keys is "' ~ null_keys ~ '"; it must be kept, dropped or grouped'
        ) -%}
    {%- endif -%}
    {{ return(millwright.first_per_group(relation, partition_by, order_by, null_keys)) }}
{%- endmacro -%}
