with

final as (

    select * from {{ ref('int_deployed_shares') }}

)

select * from final
