{#- The statements, a list of SQL texts, that give the roles of `access_roles` exactly the rights that they shall have: on the project's schemas, and
    on the relations of those of its nodes and sources that are given, where they are there. None without roles. Call it while `execute` is true. -#}

{%- macro access_statements(nodes) -%}
    {%- set roles = millwright.access_roles() -%}
    {%- set grantees = [] -%}
    {%- for purpose, name in roles.items() if purpose != 'owner' -%}
        {%- do grantees.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {%- if not grantees -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- set users = {} -%}
    {%- for node in millwright.project_nodes() -%}
        {%- do users.setdefault(node.schema, []).extend(millwright.grants_of_node(node).values() | sum(start=[])) -%}
    {%- endfor -%}
    {%- for schema in run_query('select schema_name from information_schema.schemata').columns[0].values() if schema in users -%}
        {%- do statements.append('revoke all on schema ' ~ adapter.quote(schema) ~ ' from public, ' ~ grantees | join(', ')) -%}
        {%- for name in users[schema] | unique -%}
            {%- do statements.append('grant usage on schema ' ~ adapter.quote(schema) ~ ' to ' ~ adapter.quote(name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set built = [] -%}
    {%- for row in run_query('select table_schema, table_name from information_schema.tables').rows -%}
        {%- do built.append((row[0], row[1])) -%}
    {%- endfor -%}
    {%- for node in nodes if (node.schema, node.get('identifier') or node.alias) in built -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.get('identifier') or node.alias) -%}
        {%- do statements.append('revoke all on ' ~ relation ~ ' from ' ~ grantees | join(', ')) -%}
        {%- for privilege, names in millwright.grants_of_node(node).items() -%}
            {%- for name in names -%}
                {%- do statements.append('grant ' ~ privilege ~ ' on ' ~ relation ~ ' to ' ~ adapter.quote(name)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro -%}
