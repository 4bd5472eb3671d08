"""A dry run: what a run would do now, without a change to any file or table."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from millwright.errors import MillwrightError
from millwright.lock import run_lock
from millwright.progress import layer_of
from millwright.project import Project
from millwright.report import place_of, print_table
from millwright.run import Run, Wishes
from millwright.run_log import last_runs
from millwright.schedule import moment_text, next_run_at
from millwright.stages import STAGES, configure


def dry_run(project: Project, console: Console, wishes: Wishes) -> None:
    """Prints what a run would build, how often it would try again, who holds the lock and what is wrong.

    Raises MillwrightError (CONFIGURATION) when the run would end with it, USAGE and BUILD_FAILED as a run does.
    """
    with tempfile.TemporaryDirectory(prefix="millwright-") as scratch:
        project = replace(project, scratch=Path(scratch))
        run = Run(project, console, wishes, run_lock(project.target), project.parse())
        console.print(
            f"[bold]millwright nightly --dry-run[/] as of {wishes.as_of} UTC\n"
            f"target {project.target.name}: {escape(project.target.address)}",
            highlight=False,
        )
        configure(run)
        facts = {
            "pipeline": run.pipeline.pipeline_id,
            "builds": " ".join(run.selection),
            "stages": " → ".join(stage.name for stage in STAGES),
            "retries": f"{run.n_retries}, {run.retry_delay_minutes:g} minutes apart",
            "lock": _lock_holder(run),
            "last run": _last_run(run),
            "next run": moment_text(next_run_at(run.pipeline, datetime.now(UTC))),
        }
        for name, value in facts.items():
            console.print(f"{name + ':':<10} {escape(value)}", highlight=False, soft_wrap=True)
        nodes = {**run.manifest.nodes, **run.manifest.unit_tests}
        counts = Counter(layer_of(nodes[unique_id]) for unique_id in run.selected(run.selection))
        rows = [(layer, f"{n:,}") for layer, n in sorted(counts.items(), key=lambda item: place_of(item[0]))]
        print_table(console, f"Would build {sum(counts.values()):,} nodes", ("layer", "nodes"), rows)


def _lock_holder(run: Run) -> str:
    try:
        holder = run.lock.holder()
    except MillwrightError as error:
        return str(error)
    return f"held by {holder}" if holder else "free"


def _last_run(run: Run) -> str:
    # A DuckDB file that another process has open cannot be read, and one that is not there yet has no runs.
    try:
        last = last_runs(run.project.target, run.manifest).get(run.pipeline.pipeline_id)
    except MillwrightError as error:
        return str(error)
    return f"{last['status']}, begun {last['started_at']:%Y-%m-%d %H:%M} UTC" if last else "none"
