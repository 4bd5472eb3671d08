with

labels as (

    {{ millwright.label_revisions(ref('train_repurchase__labels')) }}

),

examples as (

    select * from {{ ref('train_customer__examples') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

final as (

    {{ millwright.examples_of_task('repurchase') }}

)

select * from final
