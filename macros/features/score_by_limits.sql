{#- A case expression: the score (0..1) that the seed `score_limits` gives a row for its `measures`, by the first limit that holds. NULL in unit
    tests. -#}

{%- macro score_by_limits(score_name, measures) -%}
    {%- set score_limits = ref('millwright', 'score_limits') -%}
    {%- set branches = [] -%}
    {#- In a unit test the seed is a CTE, which cannot be read while the query is written. -#}
    {%- if execute and not score_limits.is_cte and load_relation(score_limits) -%}
        {%- set query -%}
            select
                measure,
                {{ millwright.float_text('lower_bound') }} as lower_bound,
                {{ millwright.float_text('upper_bound') }} as upper_bound,
                {{ millwright.float_text('score') }} as score,
                {{ millwright.float_text('divisor') }} as divisor
            from {{ score_limits }}
            where score_name = {{ millwright.literal(score_name) }}
            order by limit_order
        {%- endset -%}
        {%- for limit in run_query(query).rows -%}
            {%- set place = 'score_limits: limit ' ~ loop.index ~ ' of ' ~ score_name -%}
            {%- if (limit['measure'] or measures[0]) not in measures -%}
                {%- do exceptions.raise_compiler_error(place ~ ' looks at "' ~ limit['measure'] ~ '"; there are ' ~ measures | join(', ')) -%}
            {%- endif -%}
            {%- if (limit['score'] is none) == (limit['divisor'] is none) or (limit['divisor'] is not none and not limit['measure']) -%}
                {%- do exceptions.raise_compiler_error(place ~ ' needs either a score, or a measure and its divisor') -%}
            {%- endif -%}
            {%- set conditions = [] -%}
            {%- if limit['lower_bound'] is not none -%}
                {%- do conditions.append(limit['measure'] ~ ' >= ' ~ limit['lower_bound']) -%}
            {%- endif -%}
            {%- if limit['upper_bound'] is not none -%}
                {%- do conditions.append(limit['measure'] ~ ' <= ' ~ limit['upper_bound']) -%}
            {%- endif -%}
            {%- set score = limit['score'] or 'least(greatest(' ~ limit['measure'] ~ ' / ' ~ limit['divisor'] ~ ', 0), 1)' -%}
            {%- do branches.append({'condition': conditions | join(' and ') or 'true', 'score': score}) -%}
        {%- else -%}
            {%- do exceptions.raise_compiler_error('score_limits: there is no score "' ~ score_name ~ '"') -%}
        {%- endfor -%}
    {%- endif -%}
    cast(
        {%- if branches %}
        case
            {%- for branch in branches %}
            when {{ branch.condition }} then {{ branch.score }}
            {%- endfor %}
        end
        {%- else %}
        null
        {%- endif %}
        as {{ millwright.sql_type('float8') }}
    )
{%- endmacro -%}
