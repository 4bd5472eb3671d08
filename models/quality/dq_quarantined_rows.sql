with

purchases as (

    select
        'stg_shop__purchases' as relation_name,
        line_number as record_key,
        rejection_reason as reason,
        loaded_at as known_at
    from {{ ref('stg_shop__purchases_quarantined') }}

),

crm_customers as (

    select
        'stg_crm__customers' as relation_name,
        crm_id as record_key,
        rejection_reason as reason,
        loaded_at as known_at
    from {{ ref('stg_crm__customers_quarantined') }}

),

erp_customers as (

    select
        'stg_erp__customers' as relation_name,
        customer_no as record_key,
        rejection_reason as reason,
        loaded_at as known_at
    from {{ ref('stg_erp__customers_quarantined') }}

),

marketing_contacts as (

    select
        'stg_marketing__contacts' as relation_name,
        contact_id as record_key,
        rejection_reason as reason,
        loaded_at as known_at
    from {{ ref('stg_marketing__contacts_quarantined') }}

),

support_tickets as (

    select
        'stg_support__tickets' as relation_name,
        ticket_id as record_key,
        rejection_reason as reason,
        loaded_at as known_at
    from {{ ref('stg_support__tickets_quarantined') }}

),

tickets_of_nobody as (

    select
        'fct_support_tickets' as relation_name,
        tickets.ticket_id as record_key,
        'no customer has this account or e-mail address' as reason,
        tickets.first_known_at as known_at
    from {{ ref('int_support_tickets_resolved') }} as tickets
    left join {{ ref('dim_customers') }} as customers
        on tickets.customer_id = customers.customer_id
    where customers.customer_id is null

),

predictions as (

    select
        'stg_ops__predictions' as relation_name,
        prediction_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__predictions_quarantined') }}

),

outcomes as (

    select
        'stg_ops__outcomes' as relation_name,
        outcome_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__outcomes_quarantined') }}

),

-- A prediction that arrives later takes its outcome out of here.
outcomes_of_nothing as (

    select
        'eval_predictions' as relation_name,
        outcomes.outcome_id as record_key,
        'no prediction of this model has this prediction_id' as reason,
        outcomes.known_at
    from {{ ref('stg_ops__outcomes') }} as outcomes
    where not exists (
        select 1
        from {{ ref('stg_ops__predictions') }} as predictions
        where
            predictions.model_name = outcomes.model_name
            and predictions.prediction_id = outcomes.prediction_id
    )

),

prediction_errors as (

    select
        'stg_ops__prediction_errors' as relation_name,
        error_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__prediction_errors_quarantined') }}

),

model_versions as (

    select
        'stg_ops__model_versions' as relation_name,
        model_version as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__model_versions_quarantined') }}

),

experiments as (

    select
        'stg_ops__experiments' as relation_name,
        experiment_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__experiments_quarantined') }}

),

experiment_variants as (

    select
        'stg_ops__experiment_variants' as relation_name,
        experiment_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__experiment_variants_quarantined') }}

),

experiment_assignments as (

    select
        'stg_ops__experiment_assignments' as relation_name,
        assignment_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__experiment_assignments_quarantined') }}

),

experiment_measurements as (

    select
        'stg_ops__experiment_measurements' as relation_name,
        entity_id as record_key,
        rejection_reason as reason,
        known_at
    from {{ ref('stg_ops__experiment_measurements_quarantined') }}

),

final as (

    select * from purchases
    union all
    select * from crm_customers
    union all
    select * from erp_customers
    union all
    select * from marketing_contacts
    union all
    select * from support_tickets
    union all
    select * from tickets_of_nobody
    union all
    select * from predictions
    union all
    select * from outcomes
    union all
    select * from outcomes_of_nothing
    union all
    select * from prediction_errors
    union all
    select * from model_versions
    union all
    select * from experiments
    union all
    select * from experiment_variants
    union all
    select * from experiment_assignments
    union all
    select * from experiment_measurements

)

select * from final
