with

-- The shop knows its customers by account only.
unioned as (

    {{ millwright.union_relations(
        {
            'crm': ref('stg_crm__customers'),
            'marketing': ref('stg_marketing__contacts'),
            'erp': ref('stg_erp__customers'),
            'shop': ref('int_accounts_named'),
        },
        columns={
            'source_record_id': 'text',
            'account_number': 'text',
            'email': 'text',
            'phone': 'text',
            'given_name': 'text',
            'surname': 'text',
            'birth_on': 'date',
            'street': 'text',
            'postcode': 'text',
            'city': 'text',
            'state': 'text',
            'is_deleted': 'boolean',
            'event_at': 'timestamp',
            'known_at': 'timestamp',
        },
        mappings={
            'crm': {'source_record_id': 'crm_id'},
            'marketing': {
                'source_record_id': 'contact_id', 'account_number': none, 'phone': none, 'birth_on': none, 'street': none, 'state': none,
                'is_deleted': 'false',
            },
            'erp': {'source_record_id': 'customer_no', 'birth_on': none, 'state': none, 'is_deleted': 'false'},
            'shop': {
                'source_record_id': 'account_number', 'email': none, 'phone': none, 'given_name': none, 'surname': none, 'birth_on': none,
                'street': none, 'postcode': none, 'city': none, 'state': none, 'is_deleted': 'false',
            },
        }
    ) }}

),

final as (

    select
        *,
        source_system || '-' || source_record_id as record_key,
        {{ millwright.row_hash([
            'account_number', 'email', 'phone', 'given_name', 'surname', 'birth_on', 'street', 'postcode', 'city', 'state'
        ]) }} as content_hash
    from unioned

)

select * from final
