"""The sample's months, lived through night by night: a model is deployed, drifts, is trained again and comes back.

`make replay` runs this in the project's directory. Two people do what people would: Ann offers each month's version for
production until the quality gates let one in, Bob promotes each canary once it has served for a month. Everything else
the nightly command does.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from millwright.errors import MillwrightError
from millwright.lock import run_lock
from millwright.nightly import run_nightly
from millwright.project import Project
from millwright.report import Marts, print_table
from millwright.run import Wishes
from millwright.sample.load import load_sample
from millwright.warehouse import load_target, open_warehouse

# The first version is trained at the first of them; what was before it is built with it.
NIGHTS = [datetime(1997 + (7 + number) // 12, (7 + number) % 12 + 1, 1) for number in range(12)]
PROJECT = MODEL = "repurchase"
DAY = timedelta(days=1)
LIVE = "select * from {life_deployments} where is_live"
CANARIES = f"{LIVE} and status = 'canary'"
JOBS = """
    select retraining_job_id, queued_at, started_at, status, outcome
    from {life_retraining_jobs}
    order by queued_at
"""
DEPLOYMENTS = """
    select deployed_at, model_version, traffic_percent, status, deployed_by
    from {life_deployments}
    order by deployed_at
"""
SERVED = """
    select event_at, model_version, count(*) as n_customers
    from {eval_predictions}
    where model_name = 'repurchase'
    group by event_at, model_version
    order by event_at, model_version
"""


class Replay:
    """The project with the sample world, and a console that hears of it."""

    def __init__(self, directory: Path, console: Console):
        self._project = Project(directory, load_target(directory))
        self._console = console
        self._manifest = self._project.parse()

    def load(self) -> None:
        """Loads the sample world."""
        with run_lock(self._project.target), open_warehouse(self._project.target) as warehouse:
            load_sample(warehouse)

    def begin(self) -> None:
        """The first night, and a project for the model."""
        self._run(NIGHTS[0])
        self._call(NIGHTS[0], "create_model_project", "ann", project_name=PROJECT, details={"domain": "retention"})
        self._offer(NIGHTS[0])

    def live_through(self, previous: datetime, night: datetime) -> None:
        """What Bob does before a night, the night, and what Ann does after it."""
        if self._rows(CANARIES + f" and deployed_at < '{previous}'"):
            self._call(night - DAY, "promote_canary", "bob", project_name=PROJECT, environment="production")
        self._run(night)
        if not self._rows(LIVE):
            self._offer(night)

    def tell(self) -> None:
        """Prints the retraining jobs, the deployments, and who was served by which version."""
        jobs = [
            (row["retraining_job_id"], _day(row["queued_at"]), _day(row["started_at"]), row["status"], row["outcome"])
            for row in self._rows(JOBS)
        ]
        print_table(self._console, "Retraining jobs", ["job", "queued", "begun", "status", "outcome"], jobs)
        deployments = [
            (
                _day(row["deployed_at"]),
                row["model_version"],
                f"{row['traffic_percent']}%",
                row["status"],
                row["deployed_by"],
            )
            for row in self._rows(DEPLOYMENTS)
        ]
        print_table(self._console, "Deployments", ["day", "version", "traffic", "status", "by"], deployments)
        served = [
            (_day(row["event_at"]), row["model_version"], f"{row['n_customers']:,}") for row in self._rows(SERVED)
        ]
        print_table(self._console, "Who was served by which version", ["snapshot", "version", "customers"], served)

    def _offer(self, night: datetime) -> None:
        """Offers the version that a night trained for production."""
        version = {"model_name": MODEL, "model_version": f"{night.year}.{night.month}.0"}
        self._call(night, "register_model_version", "ann", project_name=PROJECT, **version)
        for procedure in ("review_model_version", "approve_model_version"):
            self._call(night, procedure, "ann", **version)
        self._call(night, "deploy_model_version", "ann", environment="production", **version)

    def _run(self, night: datetime) -> None:
        with self._console.status(f"the night of {_day(night)}"):
            run_nightly(self._project, Console(file=io.StringIO()), Wishes(str(night), publishing=False))
        self._console.print(f"{_day(night)} nightly", highlight=False)

    def _call(self, day: datetime, procedure: str, actor: str, **arguments: Any) -> None:
        try:
            said = self._project.run_operation(
                self._manifest, procedure, arguments | {"actor": actor}, {"as_of": str(day)}
            )
        except MillwrightError as refusal:
            said = str(refusal).strip().splitlines()[1].strip()
        self._console.print(f"{_day(day)} {actor}: {said}", highlight=False, soft_wrap=True)

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        with open_warehouse(self._project.target, read_only=True) as warehouse:
            return Marts(warehouse, self._manifest).query(sql)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def main() -> None:
    """Replays the sample's months in the project of the current directory."""
    console = Console()
    replay = Replay(Path.cwd(), console)
    replay.load()
    replay.begin()
    for previous, night in pairwise(NIGHTS):
        replay.live_through(previous, night)
    replay.tell()


if __name__ == "__main__":
    main()
