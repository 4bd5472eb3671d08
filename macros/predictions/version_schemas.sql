{#- The registered versions with their feature schemas, as a query: a row per version and stretch of time in which its schema stayed the same.
    `starts_at` and `ends_at` are by known_at and NULL where the stretch is open; what was known by the registration is in the first. The
    schema is a JSON object as `json_misfits` reads it, NULL without one. -#}

{%- macro version_schemas(versions, features) -%}
    with

    registered as (

        select
            model_name,
            model_version,
            min(known_at) as registered_at
        from {{ versions }} as versions
        group by
            model_name,
            model_version

    ),

    starts as (

        select
            *,
            registered_at as starts_at
        from registered

        union

        select
            registered.*,
            features.known_at as starts_at
        from registered
        inner join {{ features }} as features
            on
                registered.model_name = features.model_name
                and registered.model_version = features.model_version
                and registered.registered_at < features.known_at

    ),

    wanted as (

        select
            starts.model_name,
            starts.model_version,
            starts.registered_at,
            starts.starts_at,
            features.feature,
            min(features.feature_order) as feature_order,
            min(case when features.data_type in ('number', 'text', 'boolean') then features.data_type else 'any' end) as data_type,
            max(case when coalesce(features.is_required, true) then '' else '?' end) as suffix
        from starts
        left join {{ features }} as features
            on
                starts.model_name = features.model_name
                and starts.model_version = features.model_version
                and starts.starts_at >= features.known_at
        group by
            starts.model_name,
            starts.model_version,
            starts.registered_at,
            starts.starts_at,
            features.feature

    )

    select
        model_name,
        model_version,
        registered_at,
        nullif(starts_at, registered_at) as starts_at,
        lead(starts_at) over (partition by model_name, model_version order by starts_at) as ends_at,
        '{' || string_agg(
            {{ millwright.json_string('feature') }} || ':"' || data_type || suffix || '"', ','
            order by feature_order, {{ millwright.bytewise('feature') }}
        ) || '}' as feature_schema
    from wanted
    group by
        model_name,
        model_version,
        registered_at,
        starts_at
{%- endmacro -%}
