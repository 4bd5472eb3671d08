"""Dagster: dbt's nodes as assets, its tests as asset checks, and a job for each pipeline of the seed, when it is due.

`dagster dev -f orchestration/dagster_definitions.py`, in an environment with the extra `dagster`. The jobs run the
nightly command with its lock, retries and stages. The assets are for looking at lineage and for building some by hand.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dagster import (
    AssetExecutionContext,
    Definitions,
    JobDefinition,
    OpExecutionContext,
    RunRequest,
    ScheduleDefinition,
    SensorDefinition,
    job,
    op,
    sensor,
)
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from millwright.pipelines import Pipeline, read_pipelines
from millwright.project import Project
from millwright.warehouse import load_target

DIRECTORY = Path(__file__).resolve().parents[1]
MANIFEST = Project(DIRECTORY, load_target(DIRECTORY)).parse()
DBT_PROJECT = DbtProject(project_dir=DIRECTORY, profiles_dir=DIRECTORY)


@dbt_assets(manifest=DBT_PROJECT.manifest_path, project=DBT_PROJECT)
def dbt_nodes(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator:
    """What is materialized by hand; `as_of` is the var in dbt_project.yml."""
    yield from dbt.cli(["build"], context=context).stream()


def job_of(pipeline: Pipeline) -> JobDefinition:
    """A job that runs the nightly command; the run fails with the command."""

    @op(name=f"millwright_{pipeline.pipeline_id}")
    def run(context: OpExecutionContext) -> None:
        command = [sys.executable, "-m", "millwright.cli", "nightly", "--pipeline", pipeline.pipeline_id]
        context.log.info(" ".join(command))
        subprocess.run(command, cwd=DIRECTORY, check=True)

    @job(name=pipeline.pipeline_id, description=pipeline.description)
    def pipeline_job() -> None:
        run()

    return pipeline_job


def trigger_of(pipeline: Pipeline) -> ScheduleDefinition | SensorDefinition:
    """What starts the job: Dagster knows schedules by cron, and intervals of sensors."""
    if pipeline.cron:
        return ScheduleDefinition(
            job=job_of(pipeline), cron_schedule=pipeline.cron, execution_timezone=pipeline.time_zone
        )

    @sensor(
        name=f"{pipeline.pipeline_id}_interval",
        job=job_of(pipeline),
        minimum_interval_seconds=60 * pipeline.interval_minutes,
    )
    def interval() -> RunRequest:
        return RunRequest()

    return interval


PIPELINES = [
    pipeline for pipeline in read_pipelines(Project(DIRECTORY, load_target(DIRECTORY)), MANIFEST) if pipeline.is_active
]
TRIGGERS = [trigger_of(pipeline) for pipeline in PIPELINES]

definitions = Definitions(
    assets=[dbt_nodes],
    jobs=[trigger.job for trigger in TRIGGERS],
    schedules=[trigger for trigger in TRIGGERS if isinstance(trigger, ScheduleDefinition)],
    sensors=[trigger for trigger in TRIGGERS if isinstance(trigger, SensorDefinition)],
    resources={"dbt": DbtCliResource(project_dir=DBT_PROJECT)},
)
