{#- What the roles of `access_roles` may do with the relation of a dbt model, a seed or a landing table, in the form of dbt's config `grants`:
    privileges, and who has them. Readers and stewards select from public dbt models, readers only from those without personal data; what applications
    may do stands in `config.meta.application`. Empty without such roles. -#}

{%- macro grants_of_node(node) -%}
    {%- set roles = millwright.access_roles() -%}
    {%- set grants = {} -%}
    {%- if roles -%}
        {%- set purposes = [] -%}
        {%- if node.get('access') == 'public' -%}
            {%- do purposes.extend(['steward'] if millwright.personal_columns(node) else ['reader', 'steward']) -%}
        {%- endif -%}
        {%- set readers = [] -%}
        {%- for purpose in purposes if purpose in roles -%}
            {%- do readers.append(roles[purpose]) -%}
        {%- endfor -%}
        {#- Nobody is somebody, too: who could read it before may no more. -#}
        {%- do grants.update({'select': readers}) -%}
        {%- set of_application = node.config.get('meta', {}).get('application', {}) -%}
        {%- if 'application' in roles -%}
            {%- if of_application.get('inserts') -%}
                {%- do grants.update({'insert': [roles['application']]}) -%}
            {%- endif -%}
            {%- if of_application.get('reads') -%}
                {%- do grants.update({'select (' ~ of_application['reads'] | join(', ') ~ ')': [roles['application']]}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(grants) }}
{%- endmacro -%}
