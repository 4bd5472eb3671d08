{#- What is wrong with the variants of an experiment's definition, as a list of texts: names, shares with the holdout, and whether their model
    versions are known by a moment. -#}

{%- macro variant_problems(definition, at) -%}
    {%- set variants = definition.variants if definition.variants is mapping else {} -%}
    {%- set problems = [] -%}
    {%- if variants | length < 2 -%}
        {%- do problems.append('variants must name at least two, each with model_name, model_version and traffic_share') -%}
    {%- elif definition.control not in variants -%}
        {%- do problems.append('control "' ~ definition.control ~ '" is none of the variants ' ~ variants.keys() | join(', ')) -%}
    {%- endif -%}
    {%- set known = [] -%}
    {%- for row in run_query(
        'select distinct model_name, model_version from ' ~ millwright.landing_table('model_versions') ~ ' where known_at <= ' ~ at
    ).rows -%}
        {%- do known.append((row[0], row[1])) -%}
    {%- endfor -%}
    {%- set shares = [definition.holdout_share] -%}
    {%- for name, variant in variants.items() -%}
        {%- if name in ('', 'holdout', none) -%}
            {%- do problems.append('no variant can be called "' ~ name ~ '"') -%}
        {%- endif -%}
        {%- if variant is not mapping or variant.keys() | sort != ['model_name', 'model_version', 'traffic_share'] -%}
            {%- do problems.append('the variant ' ~ name ~ ' must have model_name, model_version and traffic_share, and nothing else') -%}
        {%- else -%}
            {%- do shares.append(variant.traffic_share) -%}
            {%- if (variant.model_name | string, variant.model_version | string) not in known -%}
                {%- set versions = known | selectattr(0, 'equalto', variant.model_name | string) | map(attribute=1) | sort -%}
                {%- do problems.append(
                    'the variant ' ~ name ~ ' has the unknown version "' ~ variant.model_version ~ '" of "' ~ variant.model_name ~ '"; '
                    ~ (
                        'there are ' ~ versions | join(', ') if versions
                        else 'there are versions of ' ~ known | map(attribute=0) | unique | sort | join(', ')
                    )
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set wrong = [] -%}
    {%- for share in shares if share is not number or share is boolean or not (share >= 0 and share <= 1) -%}
        {%- do wrong.append(share) -%}
    {%- endfor -%}
    {%- if wrong -%}
        {%- do problems.append('a share is "' ~ wrong | join('", "') ~ '"; shares must be numbers from 0 to 1') -%}
    {%- elif not (shares | sum - 1) | abs <= 1e-6 -%}
        {%- do problems.append('traffic shares and holdout_share add up to ' ~ shares | sum | round(9) ~ '; they must add up to 1') -%}
    {%- endif -%}
    {{ return(problems) }}
{%- endmacro -%}
