"""The nightly run: check that it can work, take the lock, build, publish, say what happened."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from millwright.errors import ExitCode, MillwrightError
from millwright.lock import run_lock
from millwright.progress import OUTCOMES, BuildProgress, print_problem, print_summary
from millwright.project import Project
from millwright.publish import publish
from millwright.report import print_broken_rules, print_publication, print_report
from millwright.rules import problems_of_rules
from millwright.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.contracts.graph.manifest import Manifest

_RULE_MODELS = ("dq_rule_results", "dq_failing_rows")
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


def run_nightly(
    project: Project,
    console: Console,
    as_of: str,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    publishing: bool = True,
) -> ExitCode:
    """Runs the project up to `as_of` (as `normalise_as_of` writes it) and prints what happened.

    `select` are dbt's selection expressions; none means the selector `nightly`. Only DuckDB warehouses are published,
    and only when nothing failed. Returns OK or BUILD_FAILED. Raises MillwrightError: LOCKED, UNAVAILABLE, USAGE, or
    BUILD_FAILED when dbt could not even begin.
    """
    target = project.target
    run_id = str(uuid.uuid4())
    with run_lock(target):
        console.print(
            f"[bold]millwright nightly[/] as of {as_of} UTC\n"
            f"target {target.name}: {escape(target.address)}, run {run_id}",
            highlight=False,
        )
        with console.status("reading the dbt project"):
            # Without the moment: dbt would read everything anew for each of them, and nothing read depends on it.
            manifest = project.parse()
        with open_warehouse(target, read_only=True) as warehouse:
            check_sources(warehouse, manifest)
            if not full_refresh:
                check_history(warehouse, manifest, as_of)
        for problem in problems_of_rules(project, manifest):
            console.print(f"[red]problem[/] {escape(problem)}", soft_wrap=True, highlight=False)
        if not _build(project, console, manifest, as_of, run_id, select, full_refresh):
            return ExitCode.BUILD_FAILED
        publication = publish(target, manifest) if publishing and target.engine == "duckdb" else None
        print_report(console, target, manifest)
        if publication:
            print_publication(console, publication)
    return ExitCode.OK


def check_sources(warehouse: Warehouse, manifest: Manifest) -> None:
    """Raises MillwrightError (UNAVAILABLE) naming the raw tables that are not there.

    The source `ops` is left out: its tables are made by the build.
    """
    present = warehouse.relations()
    missing = sorted(
        f"{source.schema}.{source.identifier}"
        for source in manifest.sources.values()
        if source.source_name != "ops" and (source.schema, source.identifier) not in present
    )
    if missing:
        raise MillwrightError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {warehouse.target.address}; "
            "load the sample world with `millwright sample` or point the var `raw_schemas` at your own tables",
            ExitCode.UNAVAILABLE,
        )


def check_history(warehouse: Warehouse, manifest: Manifest, as_of: str) -> None:
    """Raises MillwrightError (USAGE) when `as_of` lies before that of an earlier run: history only grows.

    A run that failed counts, since part of it was built; what came before the last full refresh does not. dbt holds
    itself to the same (`macros/schema/refuse_to_go_back.sql`); here it is said before anything is begun.
    """
    runs = next(
        (source for source in manifest.sources.values() if (source.source_name, source.name) == ("ops", "runs")), None
    )
    if runs is None or (runs.schema, runs.identifier) not in warehouse.relations():
        return
    newest = warehouse.query(f"""
        select max(as_of) as as_of
        from {runs.relation_name}
        where recorded_at >= coalesce(
            (select max(recorded_at) from {runs.relation_name} where is_full_refresh),
            cast('0001-01-01' as timestamp)
        )
    """)[0]["as_of"]
    if newest is not None and datetime.fromisoformat(as_of) < newest:
        raise MillwrightError(
            f"--as-of {as_of} lies before that of an earlier run, {newest}; history is append-only: "
            "run from that moment on, or build everything anew with --full-refresh"
        )


def _build(
    project: Project,
    console: Console,
    manifest: Manifest,
    as_of: str,
    run_id: str,
    select: Sequence[str],
    full_refresh: bool,
) -> bool:
    """Builds and prints the outcome; True when nothing failed."""
    arguments = [argument for expression in select for argument in ("--select", expression)]
    arguments = arguments or ["--selector", "nightly"]
    if full_refresh:
        arguments.append("--full-refresh")
    variables = {"as_of": as_of, "run_id": run_id}
    began = time.monotonic()
    with BuildProgress(console, manifest) as progress:
        results = project.build(manifest, arguments, variables, progress)
    if all(result.node.resource_type == "operation" for result in results):
        raise MillwrightError(f"nothing to build: {' '.join(arguments)} matches no node")
    failed = [result for result in results if OUTCOMES[result.status] == "failed"]
    for result in failed:
        # dbt sends no event for the end of a hook.
        if result.node.resource_type == "operation":
            print_problem(console, result.status, result.node.name, result.node.original_file_path, result.message)
    print_summary(console, results, time.monotonic() - began)
    if failed:
        _evaluate_skipped_rules(project, console, manifest, results, variables)
        console.print(
            f"[red]{len(failed)} of {len(results)} nodes failed[/]; nothing is published. "
            f"dbt's log: {escape(str(project.log_file))}",
            soft_wrap=True,
        )
    return not failed


def _evaluate_skipped_rules(
    project: Project,
    console: Console,
    manifest: Manifest,
    results: Sequence[NodeResult],
    variables: dict[str, str],
) -> None:
    """Has the quality rules evaluated after all where a failure kept dbt from it, and prints which do not hold.

    The rule that stopped the run would be missing in the log otherwise.
    """
    skipped = [result.node.name for result in results if result.status == "skipped"]
    if models := [name for name in _RULE_MODELS if name in skipped]:
        project.build(manifest, ["--resource-type", "model", "--select", *models], variables, lambda _: None)
        print_broken_rules(console, project.target, manifest)
