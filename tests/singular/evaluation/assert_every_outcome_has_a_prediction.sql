select outcomes.*
from {{ ref('stg_ops__outcomes') }} as outcomes
left join {{ ref('stg_ops__predictions') }} as predictions
    on outcomes.prediction_id = predictions.prediction_id
where predictions.prediction_id is null
