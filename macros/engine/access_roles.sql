{#- The group roles of the var `access_roles` by what they are for: `owner`, `application`, `reader`, `steward`, each of them optional. Empty by
    default, and on engines that have no roles: then nothing is granted. -#}

{%- macro access_roles() -%}
    {{ return(adapter.dispatch('access_roles', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__access_roles() -%}
    {{ return({}) }}
{%- endmacro -%}

{%- macro postgres__access_roles() -%}
    {%- set roles = var('access_roles', none) or {} -%}
    {%- set purposes = ['owner', 'application', 'reader', 'steward'] -%}
    {%- set problems = [] -%}
    {%- if roles is not mapping -%}
        {%- do exceptions.raise_compiler_error('The var access_roles is "' ~ roles ~ '"; it maps ' ~ purposes | join(', ') ~ ' to names of roles') -%}
    {%- endif -%}
    {%- for purpose, name in roles.items() -%}
        {%- if purpose not in purposes -%}
            {%- do problems.append('there is no role for "' ~ purpose ~ '", only for ' ~ purposes | join(', ')) -%}
        {%- elif name is not string or not modules.re.fullmatch('(?!pg_)[a-z_][a-z0-9_]{0,62}', name) or name in ['none', 'public'] -%}
            {%- do problems.append(
                'the name of ' ~ purpose ~ ' is "' ~ name ~ '"; it takes 1 to 63 lower-case letters, digits and _, no digit or pg_ first'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if roles.values() | unique | list | length < roles | length -%}
        {%- do problems.append('one role has two purposes') -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error('The var access_roles cannot be used: ' ~ problems | join('; ')) -%}
    {%- endif -%}
    {{ return(roles) }}
{%- endmacro -%}
