"""Teaches dbt's PostgreSQL adapter to run Python models.

dbt imports every installed module whose name begins with `dbt_`; importing this one is all it takes. The
materialization `python_incremental` of the project `millwright` then hands the models over to `submit_python_job`.
"""

from dbt.adapters.postgres import PostgresAdapter

from dbt_millwright.python_models import submit_python_job

PostgresAdapter.submit_python_job = submit_python_job
