"""The nightly run: take the lock, tell of runs that died, go through the stages, say what happened and what is next."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape

from millwright.errors import ExitCode, MillwrightError
from millwright.lock import run_lock
from millwright.project import Project
from millwright.run import Run, Wishes
from millwright.run_log import wall_clock
from millwright.schedule import moment_text, next_run_at
from millwright.stages import STAGES, Stage
from millwright.transient import may_pass
from millwright.warehouse import open_warehouse

_AS_OF_FORM = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)


def normalise_as_of(text: str | None) -> str:
    """The run's moment as `YYYY-MM-DD HH:MM:SS` in UTC.

    `text` is an ISO date (its midnight) or a timestamp to the second with `Z`, an offset or neither (then it is UTC);
    None means the midnight with which today began. Raises MillwrightError (USAGE) for anything else.
    """
    if text is None:
        return f"{datetime.now(UTC):%Y-%m-%d} 00:00:00"
    try:
        if not _AS_OF_FORM.fullmatch(text):
            raise ValueError("not one of the forms below")
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MillwrightError(
            f"--as-of {text!r} is no moment ({error}); write 1998-07-01, 1998-07-01T06:00:00 (UTC) "
            "or 1998-07-01T06:00:00+02:00"
        ) from error
    return moment.replace(tzinfo=None).isoformat(sep=" ")


def run_nightly(project: Project, console: Console, wishes: Wishes) -> None:
    """Runs a pipeline stage by stage and prints what happens; the first stage that fails is the last.

    Raises MillwrightError with the exit code that says why it failed.
    """
    with run_lock(project.target) as lock:
        console.print(
            f"[bold]millwright nightly[/] as of {wishes.as_of} UTC\n"
            f"target {project.target.name}: {escape(project.target.address)}",
            highlight=False,
        )
        with console.status("reading the dbt project"):
            # Without the moment: dbt would read everything anew for each of them, and nothing read depends on it.
            run = Run(project, console, wishes, lock, project.parse())
        try:
            bury_dead_runs(run)
            for stage in STAGES:
                _perform(run, stage)
            run.log.append("runs", run.event("completed", f"{len(STAGES)} stages"))
        except MillwrightError as error:
            run.log.append("runs", run.event("failed", str(error)))
            raise
        finally:
            upcoming = next_run_at(run.pipeline, datetime.now(UTC))
            if upcoming:
                console.print(f"Next run of {run.pipeline.pipeline_id}: {moment_text(upcoming)}", highlight=False)


def bury_dead_runs(run: Run) -> None:
    """Says which runs began and never ended, and records each as `died`: who holds the lock knows that they have."""
    target = run.project.target
    if target.engine == "duckdb" and not target.file.exists():
        return
    with open_warehouse(target, read_only=True) as warehouse:
        dead_runs = [dead for dead in run.log.runs(warehouse) if dead["status"] == "running"]
    for dead in dead_runs:
        began = f"{dead['started_at']:%Y-%m-%d %H:%M:%S} UTC"
        run.warn(f"run {dead['run_id']}, begun {began}, has died")
        message = f"found without an ending by run {run.run_id}"
        fields = ("run_id", "invocation_id", "pipeline_id", "command", "target_name", "as_of", "is_full_refresh")
        event = {"event": "died", "recorded_at": wall_clock(), "message": message}
        run.log.append("runs", {name: dead[name] for name in fields} | event)


def _perform(run: Run, stage: Stage) -> None:
    """Performs one stage and records how it ended."""
    started_at = wall_clock()
    run.console.print(f"[bold]{stage.name}[/]", highlight=False)
    status, message = "failed", "interrupted"
    try:
        message = _persist(run, stage)
        status = "completed"
    except MillwrightError as error:
        message = str(error)
        raise
    finally:
        run.log.append(
            "run_stages",
            {
                "run_id": run.run_id,
                "pipeline_id": run.pipeline.pipeline_id,
                "stage": stage.name,
                "status": status,
                "started_at": started_at,
                "finished_at": wall_clock(),
                "message": message,
            },
        )
    seconds = (wall_clock() - started_at).total_seconds()
    run.console.print(f"  {escape(message)} ({seconds:.1f} s)", highlight=False, soft_wrap=True)


def _persist(run: Run, stage: Stage) -> str:
    """Performs a stage, and again what failed for a passing reason, each time holding the lock.

    Raises MillwrightError: the stage's own, LOCKED when another run has taken a lock that was lost with its connection.
    """
    while True:
        try:
            run.lock.renew()
            return stage.perform(run)
        except Exception as error:
            if not may_pass(error):
                raise
            reason = " ".join(str(error).split())
            if not run.may_retry:
                raise MillwrightError(reason, ExitCode.UNAVAILABLE) from error
        run.n_retried += 1
        again = datetime.now(UTC) + timedelta(minutes=run.retry_delay_minutes)
        run.console.print(
            f"[yellow]likely to pass:[/] {escape(reason)}\n"
            f"retry {run.n_retried} of {run.n_retries} at {again:%H:%M:%S} UTC",
            highlight=False,
            soft_wrap=True,
        )
        time.sleep(60 * run.retry_delay_minutes)
