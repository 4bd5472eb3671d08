{#- No raw row is lost on the way into a staging model: rows of `source_relation` loaded by as_of, or at no known time, = rows of the model + rows of
    `quarantine`. `known_at` is the column of the raw table that tells when a row was loaded. -#}

{% test rows_in_equal_rows_out_plus(model, source_relation, quarantine, known_at='loaded_at') %}

with

counted as (

    select
        (
            select count(*)
            from {{ source_relation }}
            where
                {{ known_at }} <= {{ millwright.as_of() }}
                or {{ known_at }} is null
        ) as n_in,
        (select count(*) from {{ model }}) as n_out,
        (select count(*) from {{ quarantine }}) as n_quarantined

)

select * from counted
where n_in <> n_out + n_quarantined

{% endtest %}
