{#- Makes the given versions of a project, rows of deployments, `deployed` if they have traffic anywhere, else `approved`. -#}

{%- macro settle_versions(call, project_name, shares) -%}
    {%- set serving = [] -%}
    {%- for model_name, model_version, environment in millwright.versions_with_traffic(project_name) -%}
        {%- do serving.append((model_name, model_version)) -%}
    {%- endfor -%}
    {%- set settled = [] -%}
    {%- for share in shares if (share.model_name, share.model_version) not in settled -%}
        {%- do settled.append((share.model_name, share.model_version)) -%}
        {%- set key = {'model_name': share.model_name, 'model_version': share.model_version} -%}
        {%- set status = 'deployed' if (share.model_name, share.model_version) in serving else 'approved' -%}
        {%- if millwright.newest_revision('model_version_revisions', key).status != status -%}
            {%- do millwright.append_revision(call, 'model_version_revisions', key, status) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}
