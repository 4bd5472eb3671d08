{#- How strange an input is to the reference of its model version in `mon_drift_references`: the share of its features, of those that the reference
    knows and the input has a value for, with a number outside the reference's range or a category that it does not have. NULL if there are
    none. -#}

{%- macro input_drift_score(fields) -%}
    {%- set references = millwright.relation_of_model('mon_drift_references') -%}
    {%- if not millwright.column_names(references) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set query -%}
        with

        known as (

            select
                feature,
                kind,
                category,
                max(case when lower_bound = cast('-Infinity' as {{ float8 }}) then upper_bound end)
                    over (partition by feature_group, feature) as lowest,
                max(case when upper_bound = cast('Infinity' as {{ float8 }}) then lower_bound end)
                    over (partition by feature_group, feature) as highest
            from {{ references }}
            where
                model_name = {{ millwright.literal(fields.get('model_name')) }}
                and model_version = {{ millwright.literal(fields.get('model_version')) }}
                and feature_group <> '(prediction)'

        ),

        given as (

            select
                entries.key as feature,
                entries.value,
                {{ millwright.try_cast('entries.value', 'float8') }} as number_value
            from (select {{ millwright.literal(fields.get('input_features')) }} as input_features) as input
            cross join {{ millwright.json_entries('input.input_features') }}

        ),

        -- A number that the reference never saw a value of has no range.
        compared as (

            select
                given.feature,
                min(
                    case
                        when known.kind = 'category' then case when known.category = given.value then 0 else 1 end
                        when given.number_value >= known.lowest and given.number_value <= known.highest then 0
                        else 1
                    end
                ) as is_strange
            from given
            inner join known
                on given.feature = known.feature
            where
                given.value is not null
                and (
                    known.kind = 'category'
                    or (known.lowest < cast('Infinity' as {{ float8 }}) and given.number_value is not null)
                )
            group by given.feature

        )

        select avg(cast(is_strange as {{ float8 }})) as drift_score
        from compared
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro -%}
