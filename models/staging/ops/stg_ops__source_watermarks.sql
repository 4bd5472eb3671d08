select
    source_name,
    table_name,
    revision,
    method,
    column_names,
    previous_watermark,
    watermark,
    counted_from,
    n_counted,
    checksum,
    n_rows_read,
    n_changed_rows,
    has_changed,
    as_of,
    known_at,
    run_id
from {{ source('ops', 'source_watermarks') }}
