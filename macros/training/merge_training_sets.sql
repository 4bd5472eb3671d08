{#- The rows of several training sets with the experiment that each is from, whether it is kept, and if not, why: nothing is lost. Of the rows with
    the same `entity_key` and nearly the same features the newest is kept, whatever its labels; at one moment that of the best quality, then of the
    experiment that is named first. -#}

{%- macro merge_training_sets(sources, entity_key, moment, features, labels, quality=none, min_quality=0.8) -%}
    {%- do millwright.check_training_sets(sources, entity_key, moment, features, labels, min_quality) -%}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set columns = ['experiment', entity_key, moment] + features | list + labels + ['quality', 'feature_hash'] -%}
    {%- set nan = millwright.literal('NaN', 'float8') -%}
    {%- set same = entity_key ~ ', feature_hash, left_out_for is null' -%}
    with

    checked as (

        select
            *,
            {{ millwright.rejection_reason({
                entity_key ~ ' is missing': entity_key ~ ' is null',
                moment ~ ' is missing': moment ~ ' is null',
                'no label is known': labels | join(' is null and ') ~ ' is null',
                'quality is missing': 'coalesce(quality, ' ~ nan ~ ') = ' ~ nan,
                'quality is below ' ~ min_quality: 'quality < ' ~ min_quality,
            }) | indent(12) }} as left_out_for,
            case experiment
                {%- for source in sources %}
                when {{ millwright.literal(source) }} then {{ loop.index }}
                {%- endfor %}
            end as experiment_order
        from (
            {{ millwright.hashed_training_sets(sources, entity_key, moment, features, labels, quality) | indent(12) }}
        ) as hashed

    ),

    ranked as (

        select
            *,
            row_number() over newest_first as place,
            first_value(label_hash) over newest_first as kept_label_hash,
            count(*) over same as n_near_duplicates,
            min(label_hash) over same <> max(label_hash) over same as has_other_labels,
            {%- for source in sources %}
            max(case when experiment_order = {{ loop.index }} then experiment end) over same as experiment_{{ loop.index }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from checked
        window
            same as (partition by {{ same }}),
            newest_first as (
                partition by {{ same }}
                order by {{ moment }} desc, quality desc, experiment_order, row_hash
            )

    )

    select
        {{ columns | join(',\n        ') }},
        left_out_for is null and place = 1 as is_kept,
        case
            when left_out_for is not null then left_out_for
            when place > 1 and label_hash <> kept_label_hash then 'near-duplicate with other labels'
            when place > 1 then 'near-duplicate'
        end as reason,
        {%- set experiments = [] -%}
        {%- for source in sources %}{% do experiments.append('experiment_' ~ loop.index) %}{% endfor %}
        case when left_out_for is null then n_near_duplicates end as n_near_duplicates,
        case when left_out_for is null then has_other_labels end as has_other_labels,
        case when left_out_for is null then {{ millwright.n_filled(experiments) }} end as n_experiments,
        case when left_out_for is null then concat_ws(', ', {{ experiments | join(', ') }}) end as experiments
    from ranked
{%- endmacro -%}
