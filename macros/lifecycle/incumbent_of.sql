{#- The version that serves most beside the given one, a row of a deployment; none if there is none. -#}

{%- macro incumbent_of(held, version) -%}
    {%- for share in held.shares or [] if (share.model_name, share.model_version) != (version.model_name, version.model_version) -%}
        {{ return(share) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}
