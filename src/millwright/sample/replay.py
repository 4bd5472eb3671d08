"""The sample's months, lived through night by night: a model is deployed, drifts, is trained again and comes back.

`make replay` runs this in the project's directory. Two people do what people would: Ann puts the first version into
production, Bob promotes each canary once it has served for a month. Everything else the nightly command does.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from millwright.lock import run_lock
from millwright.nightly import run_nightly
from millwright.project import Project
from millwright.report import Marts, print_table
from millwright.run import Wishes
from millwright.sample.load import load_sample
from millwright.warehouse import load_target, open_warehouse

# The first version is trained at the first of them; what was before it is built with it.
NIGHTS = [datetime(1997 + (7 + number) // 12, (7 + number) % 12 + 1, 1) for number in range(12)]
MODEL = {"model_name": "repurchase", "model_version": "1997.8.0"}
# Procedures with their arguments, but for the actor.
FIRST_DEPLOYMENT: list[tuple[str, dict[str, Any]]] = [
    ("create_model_project", {"project_name": "repurchase", "details": {"domain": "retention"}}),
    ("register_model_version", {"project_name": "repurchase", **MODEL}),
    ("review_model_version", MODEL),
    ("approve_model_version", MODEL),
    ("deploy_model_version", {**MODEL, "environment": "production"}),
]
HAPPENED = """
    select valid_from, recorded_at, entity, entity_name, status, actor, reason
    from {life_history}
    where entity in ('deployment', 'retraining_job', 'incident', 'version')
    order by recorded_at
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

    def begin(self, night: datetime) -> None:
        """The first night, and the first version in production."""
        self._run(night)
        for procedure, arguments in FIRST_DEPLOYMENT:
            self._call(night, procedure, "ann", arguments)

    def live_through(self, previous: datetime, night: datetime) -> None:
        """What people do between two nights, and the later one."""
        canaries = "select * from {life_deployments} where is_live and status = 'canary'"
        if self._rows(f"{canaries} and deployed_at < '{previous}'"):
            slot = {"project_name": "repurchase", "environment": "production"}
            self._call(night - timedelta(days=1), "promote_canary", "bob", slot)
        self._run(night)

    def tell(self) -> None:
        """Prints what happened and who was served by which version."""
        happened = [
            (f"{row['valid_from']:%Y-%m-%d}", row["entity_name"], row["status"], row["actor"], row["reason"] or "")
            for row in self._rows(HAPPENED)
        ]
        print_table(self._console, "What happened", ["day", "to", "became", "by", "reason"], happened)
        served = [
            (f"{row['event_at']:%Y-%m-%d}", row["model_version"], f"{row['n_customers']:,}")
            for row in self._rows(SERVED)
        ]
        print_table(self._console, "Who was served by which version", ["snapshot", "version", "customers"], served)

    def _run(self, night: datetime) -> None:
        with self._console.status(f"the night of {night:%Y-%m-%d}"):
            run_nightly(self._project, Console(file=io.StringIO()), Wishes(str(night), publishing=False))
        self._console.print(f"{night:%Y-%m-%d} nightly", highlight=False)

    def _call(self, night: datetime, procedure: str, actor: str, arguments: dict[str, Any]) -> None:
        said = self._project.run_operation(
            self._manifest, procedure, arguments | {"actor": actor}, {"as_of": str(night)}
        )
        self._console.print(f"{night:%Y-%m-%d} {actor}: {said}", highlight=False, soft_wrap=True)

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        with open_warehouse(self._project.target, read_only=True) as warehouse:
            return Marts(warehouse, self._manifest).query(sql)


def main() -> None:
    """Replays the sample's months in the project of the current directory."""
    console = Console()
    replay = Replay(Path.cwd(), console)
    replay.load()
    replay.begin(NIGHTS[0])
    for previous, night in pairwise(NIGHTS):
        replay.live_through(previous, night)
    replay.tell()


if __name__ == "__main__":
    main()
