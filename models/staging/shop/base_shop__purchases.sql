{{- millwright.count_first('stg_shop__purchases_changes') -}}

with

source as (

    select * from {{ source('shop', 'purchases') }}
    where loaded_at <= {{ millwright.as_of() }} or loaded_at is null

),

typed as (

    select
        line_number,
        account_number,
        purchased_on,
        quantity,
        amount,
        loaded_at,
        {{ millwright.parse_number('line_number', 'bigint') }} as line_number_parsed,
        {{ millwright.parse_date('purchased_on') }} as purchased_on_parsed,
        {{ millwright.parse_number('quantity', 'bigint') }} as quantity_parsed,
        {{ millwright.parse_number('amount', 'numeric(18, 2)') }} as amount_parsed
    from source

),

final as (

    select
        typed.*,
        {{ millwright.rejection_reason({
            'loaded_at is missing': 'loaded_at is null',
            'line_number is not a whole number': 'line_number_parsed is null',
            'account_number is missing': "coalesce(trim(both ' ' from account_number), '') = ''",
            'purchased_on is not an ISO date (YYYY-MM-DD)': 'purchased_on_parsed is null',
            'purchased_on is after loaded_at': 'purchased_on_parsed > loaded_at',
            'quantity is not a whole number': 'quantity_parsed is null',
            'quantity is negative': 'quantity_parsed < 0',
            'amount is not a decimal number': 'amount_parsed is null',
            'amount is negative': 'amount_parsed < 0',
        }) }} as rejection_reason
    from typed

)

select * from final
