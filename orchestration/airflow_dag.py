"""Airflow 3: the pipeline `nightly` as a DAG of one task. Retries are the command's own business."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "millwright_nightly",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="nightly",
        # The day that a run stands for, also when it is run again later.
        bash_command="set -a && . /etc/millwright.env && .venv/bin/millwright nightly --as-of {{ ds }}",
        cwd="/srv/millwright",
        # Another run holds the lock: that one does the work.
        skip_on_exit_code=3,
        retries=0,
    )
