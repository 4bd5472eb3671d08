with

labels as (

    {{ millwright.label_revisions(ref('train_active_months__labels')) }}

),

examples as (

    select * from {{ ref('train_customer__examples') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

final as (

    {{ millwright.examples_of_task('active_months') }}

)

select * from final
