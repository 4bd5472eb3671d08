-- Ties of the hash are broken by the id, as text is ordered.
select *
from prod.examples
qualify row_number() over (partition by label order by substr(md5('sample:' || example_id), 1, 8), example_id) <= 50000
