-- Each deployment hands out the whole traffic of its project in its environment.
select
    deployment_id,
    sum(traffic_percent) as traffic_percent
from {{ ref('life_traffic') }}
group by deployment_id
having sum(traffic_percent) <> 100
