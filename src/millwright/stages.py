"""The stages of a run, in their order: small functions that take the run and say in a line what they found or did.

What a stage raises ends the run: no later one begins. To put a gate before the build or a checkpoint after it, write
such a function and name it in `STAGES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from millwright.build import build
from millwright.configuration import problems_of_configuration, refuse
from millwright.errors import ExitCode, MillwrightError
from millwright.freshness import Age, ages, check_presence, raw_tables
from millwright.pipelines import find_pipeline, read_pipelines
from millwright.publish import publish
from millwright.report import Marts, print_broken_rules, print_publication, print_report
from millwright.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from millwright.run import Run


@dataclass(frozen=True)
class Stage:
    """A named step of a run."""

    name: str
    perform: Callable[[Run], str]


def check_configuration(run: Run) -> str:
    """The seeds steer the run as they should, and the run goes on from where history stands."""
    configure(run)
    missing = missing_feature_groups(run)
    if missing:
        raise MillwrightError(
            f"the pipeline {run.pipeline.pipeline_id} has feature groups that it does not build: {', '.join(missing)}; "
            "widen its selection or take them out of its feature_groups",
            ExitCode.CONFIGURATION,
        )
    with open_warehouse(run.project.target, read_only=True) as warehouse:
        if not run.wishes.full_refresh:
            check_history(run, warehouse)
    return f"no problem; pipeline {run.pipeline.pipeline_id}"


def configure(run: Run) -> None:
    """Prints what is wrong in the seeds, gives the run its pipeline. Raises MillwrightError (CONFIGURATION, USAGE)."""
    problems = problems_of_configuration(run.project, run.manifest)
    for problem in problems:
        run.console.print(f"[red]problem[/] {escape(str(problem))}", soft_wrap=True, highlight=False)
    refuse(problems)
    run.pipeline = find_pipeline(read_pipelines(run.project, run.manifest), run.wishes.pipeline_id)


def missing_feature_groups(run: Run) -> list[str]:
    """The pipeline's feature groups that are not in what it builds."""
    if not run.pipeline.feature_groups:
        return []
    selected = {
        run.manifest.nodes[node].name for node in run.selected(run.pipeline.selection) if node in run.manifest.nodes
    }
    return [group for group in run.pipeline.feature_groups if f"feat_{group}" not in selected]


def check_history(run: Run, warehouse: Warehouse) -> None:
    """Raises MillwrightError (USAGE) when `as_of` lies before that of an earlier run: history only grows.

    A run that failed counts, since part of it was built; what came before the last full refresh does not. dbt holds
    itself to the same (`macros/schema/refuse_to_go_back.sql`); here it is said before anything is begun.
    """
    newest = run.log.newest_as_of(warehouse)
    if newest is not None and datetime.fromisoformat(run.wishes.as_of) < newest:
        raise MillwrightError(
            f"--as-of {run.wishes.as_of} lies before that of an earlier run, {newest}; history is append-only: "
            "run from that moment on, or build everything anew with --full-refresh"
        )


def check_freshness(run: Run) -> str:
    """The raw tables that the pipeline needs are there, and none is older than the sources' YAML allows."""
    tables = raw_tables(run.manifest, run.pipeline.source_tables)
    with open_warehouse(run.project.target, read_only=True) as warehouse:
        check_presence(warehouse, tables)
        found = ages(warehouse, tables, run.wishes.as_of)
    for age in found:
        if age.verdict == "warn":
            run.warn(str(age))
    if stale := [str(age) for age in found if age.verdict == "error"]:
        raise MillwrightError(
            f"as of {run.wishes.as_of} {', '.join(stale)}, more than the `freshness` in the sources' YAML allows, so "
            "nothing is built; see that the loader ran, or pass as --as-of a moment that the data reaches",
            ExitCode.STALE,
        )
    return f"{len(tables)} raw tables{_oldest(found)}"


def _oldest(found: list[Age]) -> str:
    if not found:
        return ""
    return f"; {max(found, key=lambda age: timedelta.max if age.age is None else age.age)}"


def check_rules(run: Run) -> str:
    """What the quality rules found lets the marts be published.

    A blocking rule ends the build wherever the test `blocking_rules_hold` stands on its relation; where that was left
    out it ends the run here. Raises MillwrightError (BUILD_FAILED).
    """
    target = run.project.target
    with open_warehouse(target, read_only=True) as warehouse:
        rules = Marts(warehouse, run.manifest).query("""
            select rule_id, relation_name, action, verdict
            from {dq_rule_results}
            order by rule_id
        """)
    blocking = [rule for rule in rules if rule["action"] == "block" and rule["verdict"] in ("fail", "error")]
    if blocking:
        print_broken_rules(run.console, target, run.manifest)
        named = ", ".join(f"{rule['rule_id']} on {rule['relation_name']}" for rule in blocking)
        raise MillwrightError(
            f"rules that block do not hold: {named}; nothing is published. Repair the data, and put the test "
            "`blocking_rules_hold` on these relations, so that nothing is built on them",
            ExitCode.BUILD_FAILED,
        )
    if not rules:
        return "no quality rules were evaluated"
    verdicts = Counter(rule["verdict"] for rule in rules)
    return f"{len(rules)} quality rules: {', '.join(f'{n} {verdict}' for verdict, n in sorted(verdicts.items()))}"


def begin_retraining(run: Run) -> str:
    """Retraining jobs that are queued begin, so that the build trains what they ask for."""
    if not _retraining_jobs(run, "queued"):
        return "no retraining job waits"
    return _said_by(run, "begin_retraining_jobs")


def finish_retraining(run: Run) -> str:
    """Retraining jobs end with what the build trained for them, and what is unwell gets an incident and a job, once."""
    said = []
    if _retraining_jobs(run, "running"):
        said.append(_said_by(run, "finish_retraining_jobs"))
    with open_warehouse(run.project.target, read_only=True) as warehouse:
        triggers = Marts(warehouse, run.manifest).query("select trigger_type from {life_retraining_triggers}")
    said.append(_said_by(run, "evaluate_retraining_triggers") if triggers else "no retraining trigger holds")
    return "; ".join(said)


def _retraining_jobs(run: Run, status: str) -> list[dict[str, Any]]:
    """The retraining jobs with this status of models that the build fits itself; none before they are built."""
    with open_warehouse(run.project.target, read_only=True) as warehouse:
        return Marts(warehouse, run.manifest).query(f"""
            select retraining_job_id
            from {{life_retraining_jobs}}
            where status = '{status}' and model_name in (select model_name from {{train_customer__schedule}})
        """)


def _said_by(run: Run, procedure: str) -> str:
    """What a procedure answers, without its name."""
    variables = {"as_of": run.wishes.as_of, "run_id": run.run_id}
    said = run.project.run_operation(run.manifest, procedure, {"actor": "run"}, variables)
    return said.partition(": ")[2]


def publish_tables(run: Run) -> str:
    """The public tables of a DuckDB warehouse are copied for readers."""
    if run.project.target.engine != "duckdb":
        return "readers query the server"
    if not run.wishes.publishing:
        return "not wanted"
    run.publication = publish(run.project.target, run.manifest)
    return f"{len(run.publication.rows)} tables in {run.publication.file}"


def check_health(run: Run) -> str:
    """What is beyond its threshold is told, and which alerts are open; neither ends the run, which is over."""
    with open_warehouse(run.project.target, read_only=True) as warehouse:
        marts = Marts(warehouse, run.manifest)
        metrics = marts.query("""
            select metric_name, subject, value, limit_kind, limit_value, is_violated
            from {mon_health_metrics}
            where measured_at = (select max(measured_at) from {mon_health_metrics})
            order by metric_name, subject
        """)
        open_alerts = marts.query("select alert_id from {mon_alerts} where status = 'open'")
    if not metrics:
        return "no health metrics were measured"
    violated = [metric for metric in metrics if metric["is_violated"]]
    for metric in violated:
        measured = f"{metric['metric_name']} of {metric['subject']} is {metric['value']:.4g}"
        run.warn(f"{measured}, {metric['limit_kind']} {metric['limit_value']:.4g}")
    return f"{len(metrics)} metrics, {len(violated)} beyond their threshold; {len(open_alerts)} alerts open"


def report(run: Run) -> str:
    """What came out is printed."""
    print_report(run.console, run.project.target, run.manifest)
    if run.publication:
        print_publication(run.console, run.publication)
    return "printed"


STAGES: tuple[Stage, ...] = (
    Stage("configuration", check_configuration),
    Stage("freshness", check_freshness),
    Stage("queue", begin_retraining),
    Stage("build", build),
    Stage("checkpoint", check_rules),
    Stage("retraining", finish_retraining),
    Stage("publish", publish_tables),
    Stage("health", check_health),
    Stage("report", report),
)
