select * from {{ ref('eval_training_leaks') }}
