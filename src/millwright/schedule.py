"""When pipelines run: the next moment by cron or interval, and which runs are overdue."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from millwright.configuration import problems_of_configuration, refuse
from millwright.pipelines import Pipeline, read_pipelines
from millwright.project import Project
from millwright.run_log import last_runs


def next_run_at(pipeline: Pipeline, after: datetime) -> datetime | None:
    """The first moment later than `after` (with a time zone) at which the pipeline is due, in its own time zone.

    Of a cron, a time of day that summer time skips comes when the clock has moved, one that there is twice comes once,
    as in Debian's cron. An interval counts from `after`. None for a pipeline without either, and one that is inactive.
    """
    if not pipeline.is_active:
        return None
    zone = ZoneInfo(pipeline.time_zone)
    if pipeline.cron:
        return next(CronSim(pipeline.cron, after.astimezone(zone)))
    if pipeline.interval_minutes:
        return (after.astimezone(UTC) + timedelta(minutes=pipeline.interval_minutes)).astimezone(zone)
    return None


@dataclass(frozen=True)
class Planned:
    """A pipeline with its last run (`run_id`, `status`, `started_at` in UTC; None if there is none) and its next."""

    pipeline: Pipeline
    last_run: dict[str, Any] | None
    next_run_at: datetime | None
    is_overdue: bool


def plan(pipelines: Sequence[Pipeline], last_runs: dict[str, dict[str, Any]], now: datetime) -> list[Planned]:
    """What is due when. A pipeline is overdue if a moment at which it was due has passed since its last run began.

    One that has not run yet is not: nobody knows since when it should have.
    """
    planned = []
    for pipeline in pipelines:
        last = last_runs.get(pipeline.pipeline_id)
        upcoming = next_run_at(pipeline, now)
        due_at = next_run_at(pipeline, last["started_at"].replace(tzinfo=UTC)) if last else None
        is_overdue = due_at is not None and due_at <= now
        if pipeline.interval_minutes and due_at:
            upcoming = max(due_at, now.astimezone(due_at.tzinfo))
        planned.append(Planned(pipeline, last, upcoming, is_overdue))
    return planned


def read_plan(project: Project) -> list[Planned]:
    """What is due when in a project, by its seed and its warehouse; nothing is written, a night may be under way.

    Raises MillwrightError: CONFIGURATION when the seeds are wrong, UNAVAILABLE or LOCKED when the warehouse cannot be
    read, as a DuckDB file cannot during a night.
    """
    with tempfile.TemporaryDirectory(prefix="millwright-") as scratch:
        project = replace(project, scratch=Path(scratch))
        manifest = project.parse()
        refuse(problems_of_configuration(project, manifest))
        pipelines = read_pipelines(project, manifest)
        return plan(pipelines, last_runs(project.target, manifest), datetime.now(UTC))


def moment_text(moment: datetime | None) -> str:
    """A moment with its time zone, as tables and messages show it."""
    return "·" if moment is None else f"{moment:%Y-%m-%d %H:%M} {moment.tzname()}"
