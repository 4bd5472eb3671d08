"""Pipelines, the rows of the seed `pipelines`: what a run builds, from what, when, and how often it tries again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from millwright.errors import MillwrightError
from millwright.seeds import read_seed

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from millwright.project import Project

SEED = "pipelines"
DEFAULT = "nightly"


@dataclass(frozen=True)
class Pipeline:
    """One row of the seed, what is empty there filled in; its columns are described in the seed's YAML."""

    pipeline_id: str
    description: str = ""
    selector: str | None = None
    select_expression: str | None = None
    source_tables: tuple[str, ...] = ()
    feature_groups: tuple[str, ...] = ()
    cron: str | None = None
    interval_minutes: int | None = None
    time_zone: str = "UTC"
    threads: int | None = None
    max_retries: int = 3
    retry_delay_minutes: float = 15
    keep_days: int = 90
    is_active: bool = True

    @property
    def selection(self) -> list[str]:
        """What it builds, as dbt's arguments."""
        if self.selector:
            return ["--selector", self.selector]
        return ["--select", *self.select_expression.split()]


def read_pipelines(project: Project, manifest: Manifest) -> list[Pipeline]:
    """The pipelines of a seed in which `configuration` finds no problem.

    A project without the seed has one, which builds its selector `nightly` from all its sources when it is called.
    """
    seed = read_seed(project, manifest, SEED)
    if seed is None:
        return [Pipeline(DEFAULT, selector=DEFAULT)]
    return [_pipeline(row) for _, row in seed.rows]


def find_pipeline(pipelines: Sequence[Pipeline], pipeline_id: str) -> Pipeline:
    """Raises MillwrightError (USAGE) that names the active ones when it is none of them."""
    active = {pipeline.pipeline_id: pipeline for pipeline in pipelines if pipeline.is_active}
    if pipeline_id not in active:
        known = any(pipeline.pipeline_id == pipeline_id for pipeline in pipelines)
        raise MillwrightError(
            f"the pipeline {pipeline_id!r} is not active"
            if known
            else f"there is no pipeline {pipeline_id!r}; seeds/config/{SEED}.csv has {', '.join(active)}"
        )
    return active[pipeline_id]


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a cell whose values are joined by `|`."""
    return tuple(part.strip() for part in (text or "").split("|") if part.strip())


def _pipeline(row: dict[str, str | None]) -> Pipeline:
    given = {name: value for name, value in row.items() if value is not None}
    for name in ("source_tables", "feature_groups"):
        given[name] = listed(row[name])
    for name in ("interval_minutes", "threads", "max_retries", "retry_delay_minutes", "keep_days"):
        if name in given:
            given[name] = int(given[name])
    given["is_active"] = given["is_active"].lower() == "true"
    return Pipeline(**given)
