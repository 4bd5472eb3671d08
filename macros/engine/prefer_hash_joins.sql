{#- The statement for a pre-hook of a model whose steps have many more rows than the engine can know beforehand: in its transaction rows are joined
    by hash, and one by one only where nothing else can be done. -#}

{%- macro prefer_hash_joins() -%}
    {{ return(adapter.dispatch('prefer_hash_joins', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__prefer_hash_joins() -%}
{%- endmacro -%}

{%- macro postgres__prefer_hash_joins() -%}
    set local enable_nestloop = off
{%- endmacro -%}
