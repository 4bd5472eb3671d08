{#- Makes those of the roles, a dict as `access_roles` gives it, that the server lacks, and lets them into the database, within the caller's
    transaction. Returns the names of the new ones. Raises a compiler error, and has done nothing, if the caller may not. -#}

{%- macro make_access_roles(procedure, roles) -%}
    {{ return(adapter.dispatch('make_access_roles', 'millwright')(procedure, roles)) }}
{%- endmacro -%}

{%- macro default__make_access_roles(procedure, roles) -%}
    {%- do exceptions.raise_compiler_error(
        procedure ~ ': only PostgreSQL has roles, not ' ~ adapter.type() ~ '; who may read a file is for the file system to say'
    ) -%}
{%- endmacro -%}

{%- macro postgres__make_access_roles(procedure, roles) -%}
    {%- if not roles -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the var access_roles names none; say which there shall be, e.g. {owner: millwright_owner, '
            ~ 'application: millwright_application, reader: millwright_reader, steward: millwright_steward}'
        ) -%}
    {%- endif -%}
    {%- set listed = [] -%}
    {%- for name in roles.values() -%}
        {%- do listed.append('(' ~ millwright.literal(name) ~ ')') -%}
    {%- endfor -%}
    {%- set found = run_query(
        'select wanted.name, roles.rolname is null as is_new, quote_ident(wanted.name) <> wanted.name as is_reserved, roles.rolcanlogin or '
        ~ 'roles.rolsuper or roles.rolcreaterole or roles.rolcreatedb or roles.rolbypassrls or roles.rolreplication as is_more from (values '
        ~ listed | join(', ') ~ ') as wanted (name) left join pg_roles as roles on wanted.name = roles.rolname'
    ).rows -%}
    {%- set caller = run_query(
        "select current_user, rolsuper, rolsuper or rolcreaterole, pg_has_role(datdba, 'usage'), quote_ident(current_database()), "
        ~ "has_schema_privilege('public', 'public', 'create') from pg_roles cross join pg_database where rolname = current_user "
        ~ 'and datname = current_database()'
    ).rows[0] -%}
    {%- set problems = [] -%}
    {%- set new = [] -%}
    {%- for row in found -%}
        {%- if row['is_reserved'] -%}
            {%- do problems.append(row['name'] ~ ' is a word of SQL; take another name') -%}
        {%- elif row['is_more'] -%}
            {%- do problems.append(row['name'] ~ ' is there and may log in or more; a group may not, take another name') -%}
        {%- elif row['is_new'] -%}
            {%- do new.append(row['name']) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not caller[3] or (new and not caller[2]) -%}
        {%- do problems.append(
            caller[0] ~ ' may not do this; call it as the owner of the database' ~ (', with the right to create roles' if new else '')
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ problems | join('; ')) -%}
    {%- endif -%}
    {%- for name in new -%}
        {%- do run_query('create role ' ~ adapter.quote(name) ~ ' nologin') -%}
    {%- endfor -%}
    {%- for purpose, name in roles.items() -%}
        {%- do run_query(
            'grant connect' ~ (', create, temporary' if purpose == 'owner' else '') ~ ' on database ' ~ caller[4] ~ ' to ' ~ adapter.quote(name)
        ) -%}
    {%- endfor -%}
    {%- if 'owner' in roles and not caller[1] -%}
        {#- To hand something over one has to be a member of who gets it. -#}
        {%- do run_query('grant ' ~ adapter.quote(roles['owner']) ~ ' to current_user with inherit true, set true') -%}
    {%- endif -%}
    {%- if caller[5] -%}
        {%- do log(procedure ~ ': everybody may create in the schema public; say `revoke create on schema public from public`', info=true) -%}
    {%- endif -%}
    {{ return(new) }}
{%- endmacro -%}
