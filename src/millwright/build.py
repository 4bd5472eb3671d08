"""The stage `build`: dbt builds what is selected, and what failed for a passing reason is tried again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from millwright.errors import ExitCode, MillwrightError
from millwright.progress import OUTCOMES, BuildProgress, print_problem, print_summary
from millwright.report import print_broken_rules
from millwright.run_log import wall_clock
from millwright.transient import is_transient

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult

    from millwright.run import Run

_RULE_MODELS = ("dq_rule_results", "dq_failing_rows")
# The first hook of dbt_project.yml that runs at the end logs how the invocation ended, node by node.
_LOGGING_HOOK = "on-run-end-0"


@dataclass(frozen=True)
class Step:
    """How dbt fared with a node or a hook."""

    node_id: str
    name: str
    resource_type: str
    path: str
    status: str
    message: str

    @property
    def outcome(self) -> str:
        """`ok`, `warned`, `failed` or `skipped`."""
        return OUTCOMES[self.status]


@dataclass(frozen=True)
class Attempt:
    """One invocation of dbt: how its steps ended, by node."""

    steps: Mapping[str, Step]

    @property
    def failed(self) -> list[Step]:
        """The steps that failed."""
        return [step for step in self.steps.values() if step.outcome == "failed"]

    @property
    def may_pass(self) -> bool:
        """Whether all that failed is likely to pass. That rows fail a test is a fact about data."""
        return bool(self.failed) and all(step.status != "fail" and is_transient(step.message) for step in self.failed)


def build(run: Run) -> str:
    """Builds the run's selection; called again, what is left of it: the nodes that failed or were skipped.

    Raises MillwrightError: BUILD_FAILED, USAGE for a selection of nothing, UNAVAILABLE for what may pass.
    """
    began = time.monotonic()
    arguments = _arguments(run)
    if not arguments:
        # Only hooks failed at the end: what they log the run itself does, and a watermark that stays is found again.
        run.steps = {node_id: step for node_id, step in run.steps.items() if step.resource_type != "operation"}
        return f"{len(run.steps)} nodes"
    attempt = _attempt(run, arguments)
    if attempt.may_pass and run.may_retry:
        raise MillwrightError(attempt.failed[0].message, ExitCode.UNAVAILABLE)
    return _conclude(run, time.monotonic() - began)


def _arguments(run: Run) -> list[str]:
    """dbt's arguments for what is to be built; none if all of it is."""
    selection = run.selection
    if run.steps:
        nodes = {**run.manifest.nodes, **run.manifest.unit_tests}
        left = [nodes[unique_id] for unique_id in run.selected(selection) if unique_id not in _built(run)]
        if not left:
            return []
        selection = ["--select", *(f"fqn:{'.'.join(node.fqn)}" for node in left), "--indirect-selection", "empty"]
    refreshing = ["--full-refresh"] if run.wishes.full_refresh else []
    threads = ["--threads", str(run.pipeline.threads)] if run.pipeline.threads else []
    return [*selection, *refreshing, *threads]


def _built(run: Run) -> dict[str, str]:
    """dbt's statuses of the nodes that need not be built again."""
    return {step.node_id: step.status for step in run.steps.values() if step.outcome in ("ok", "warned")}


def _variables(run: Run) -> dict[str, Any]:
    variables = {"as_of": run.wishes.as_of, "run_id": run.run_id, "pipeline_id": run.pipeline.pipeline_id}
    return variables | ({"outcomes_before": _built(run)} if run.steps else {})


def _attempt(run: Run, arguments: Sequence[str]) -> Attempt:
    """One invocation of dbt, whose steps become the run's. Raises what kept dbt from beginning or ending."""
    error, results = None, []
    with BuildProgress(run.console, run.manifest) as progress:
        try:
            results = run.project.build(run.manifest, arguments, _variables(run), progress)
        except Exception as failure:
            # What dbt told before the connection went holds, though its own end was lost.
            error = failure
    attempt = Attempt(_steps(progress, results))
    if error is None and all(step.resource_type == "operation" for step in attempt.steps.values()):
        raise MillwrightError(f"nothing to build: {' '.join(arguments)} matches no node")
    run.steps |= attempt.steps
    if error or any(step.node_id.endswith(_LOGGING_HOOK) for step in attempt.failed):
        _log_for_dbt(run, progress, error)
    if error:
        raise error
    _keep_results(run)
    for step in attempt.failed:
        # dbt sends no event for the end of a hook.
        if step.resource_type == "operation":
            print_problem(run.console, step.status, step.name, step.path, step.message)
    return attempt


def _steps(progress: BuildProgress, results: Sequence[NodeResult]) -> dict[str, Step]:
    steps = {}
    for node_id, data in progress.finished.items():
        node, result = data.node_info, data.run_result
        steps[node_id] = Step(
            node_id, node.node_name, node.resource_type, node.node_path, result.status, result.message
        )
    for result in results:
        node, kind = result.node, str(result.node.resource_type)
        steps[node.unique_id] = Step(
            node.unique_id, node.name, kind, node.original_file_path, str(result.status), result.message or ""
        )
    return steps


def _log_for_dbt(run: Run, progress: BuildProgress, error: Exception | None) -> None:
    """Has the landing tables tell of an invocation whose end dbt could not log, as soon as they can be written to."""
    reason = f"dbt could not log how it ended: {error or 'its last hook failed'}"
    run.log.append("runs", {**run.event("failed", reason), "invocation_id": progress.invocation_id})
    rows = []
    for node_id, data in progress.finished.items():
        result = data.run_result
        execution = next((timing for timing in result.timing_info if timing.name == "execute"), None)
        rows.append(
            {
                "run_id": run.run_id,
                "invocation_id": progress.invocation_id,
                "node_id": node_id,
                "resource_type": data.node_info.resource_type,
                "status": result.status,
                "started_at": execution and execution.started_at.ToDatetime(),
                "completed_at": execution and execution.completed_at.ToDatetime(),
                "execution_seconds": result.execution_time,
                "n_failures": result.num_failures,
                "message": result.message,
            }
        )
    run.log.append("run_steps", *rows)


def _keep_results(run: Run) -> None:
    """Keeps dbt's `run_results.json`, which its next invocation replaces, as long as the pipeline's `keep_days` say."""
    file, kept = run.project.target_path / "run_results.json", run.project.target_path / "runs"
    if not file.exists():
        return
    own = kept / run.run_id
    own.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, own / f"run_results_{len(list(own.iterdir())) + 1}.json")
    oldest = wall_clock() - timedelta(days=run.pipeline.keep_days)
    for directory in kept.iterdir():
        if datetime.fromtimestamp(directory.stat().st_mtime, UTC).replace(tzinfo=None) < oldest:
            shutil.rmtree(directory)


def _conclude(run: Run, seconds: float) -> str:
    """Prints how the build ended. Raises MillwrightError (BUILD_FAILED) when a step failed in its last attempt."""
    steps = list(run.steps.values())
    print_summary(run.console, [(step.resource_type, step.status) for step in steps], seconds)
    failed = [step for step in steps if step.outcome == "failed"]
    if failed:
        _evaluate_skipped_rules(run)
        raise MillwrightError(
            f"{len(failed)} of {len(steps)} nodes failed; nothing is published. dbt's log: {run.project.log_file}",
            ExitCode.BUILD_FAILED,
        )
    return f"{len(steps)} nodes"


def _evaluate_skipped_rules(run: Run) -> None:
    """Has the quality rules evaluated after all where a failure kept dbt from it, and prints which do not hold.

    The rule that stopped the run would be missing in the log otherwise.
    """
    skipped = [step.name for step in run.steps.values() if step.outcome == "skipped"]
    if models := [name for name in _RULE_MODELS if name in skipped]:
        selection = ["--resource-type", "model", "--select", *models]
        run.project.build(run.manifest, selection, _variables(run), lambda _: None)
        print_broken_rules(run.console, run.project.target, run.manifest)
