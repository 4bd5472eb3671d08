{#- Overrides dbt's own, which every materialization calls once the relation is there, within its transaction: what the roles of `access_roles` may do
    is granted with the node's config `grants`. -#}

{%- macro apply_grants(relation, grant_config, should_revoke=True) -%}
    {%- set grants = millwright.grants_of_node(model) -%}
    {%- for privilege, grantees in (grant_config or {}).items() -%}
        {%- do grants.update({privilege: (grants.get(privilege, []) + grantees) | unique | list}) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('apply_grants', 'dbt')(relation, grants, should_revoke)) }}
{%- endmacro -%}
