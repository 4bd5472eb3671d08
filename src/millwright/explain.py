"""Explaining: what the engine does to answer a dbt model's query, measured, without building the model."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from millwright.errors import ExitCode, MillwrightError
from millwright.project import Project, landing_table
from millwright.report import print_table
from millwright.warehouse import Warehouse, literal, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ModelNode

# Both run the query; PostgreSQL's also says what was read from where.
_EXPLAIN = {"duckdb": "explain analyze", "postgres": "explain (analyze, buffers)"}
_MATERIALIZED_BY_NOBODY = ("view", "ephemeral")


@dataclass(frozen=True)
class Explanation:
    """A measured plan; `runs` are the model's last runs, newest first."""

    node_id: str
    materialized: str
    as_of: str
    seconds: float
    plan: str
    runs: Sequence[dict[str, Any]]


def explain(project: Project, manifest: Manifest, name: str, as_of: str) -> Explanation:
    """Runs the query of the dbt model `name` as of a moment, and keeps its plan in `ops.query_plans`.

    The model's table stays as it is. Raises MillwrightError: USAGE for what is no dbt model, a Python model and a view;
    UNAVAILABLE when an input or the landing table is not there; BUILD_FAILED when the query cannot be compiled or run.
    """
    model = find_model(manifest, name)
    plans, steps = landing_table(manifest, "query_plans"), landing_table(manifest, "run_steps")
    with open_warehouse(project.target, read_only=True) as warehouse:
        _check_inputs(warehouse, manifest, model)
    query = project.compile(manifest, model.unique_id, {"as_of": as_of})
    explained_at, began = datetime.now(UTC).replace(tzinfo=None), time.monotonic()
    with open_warehouse(project.target, read_only=True) as warehouse:
        plan = _plan(warehouse, model, query)
        seconds = time.monotonic() - began
        runs = warehouse.query(f"""
            select started_at, status, execution_seconds, n_rows, run_id
            from {steps}
            where node_id = {literal(model.unique_id)} and started_at is not null
            order by started_at desc
            limit 5
        """)
    with open_warehouse(project.target) as warehouse:
        values = (model.unique_id, explained_at, as_of, seconds, plan, uuid.uuid4())
        warehouse.execute(
            f"insert into {plans} (node_id, explained_at, as_of, seconds, plan, run_id) "
            f"values ({', '.join(map(literal, values))})"
        )
    return Explanation(model.unique_id, str(model.config.materialized), as_of, seconds, plan, runs)


def find_model(manifest: Manifest, name: str) -> ModelNode:
    """The SQL model that is built as a table. Raises MillwrightError (USAGE) that says what else it is."""
    models = {node.name: node for node in manifest.nodes.values() if node.resource_type == "model"}
    if name not in models:
        near = get_close_matches(name, models, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "`dbt ls --resource-type model` lists them"
        raise MillwrightError(f"there is no dbt model {name!r}; {hint}")
    model = models[name]
    if model.language == "python":
        raise MillwrightError(
            f"{name} is a Python model, and a plan tells nothing of what Python does; ops.run_steps has its timings"
        )
    if model.config.materialized in _MATERIALIZED_BY_NOBODY:
        readers = sorted(_tables_that_read(model, list(models.values())))
        hint = f"explain what reads it: {', '.join(readers)}" if readers else "no table reads it"
        raise MillwrightError(f"{name} is a {model.config.materialized}: nothing is computed until it is read; {hint}")
    return model


def _tables_that_read(view: ModelNode, models: Sequence[ModelNode]) -> set[str]:
    """Names of the models built as tables that read a view, or a view of it."""
    readers = [node for node in models if view.unique_id in node.depends_on_nodes]
    tables = {node.name for node in readers if node.config.materialized not in _MATERIALIZED_BY_NOBODY}
    views = [node for node in readers if node.name not in tables]
    return tables.union(*(_tables_that_read(node, models) for node in views))


def _check_inputs(warehouse: Warehouse, manifest: Manifest, model: ModelNode) -> None:
    built = warehouse.relations()
    nodes = {**manifest.nodes, **manifest.sources}
    inputs = [nodes[unique_id] for unique_id in model.depends_on_nodes if unique_id in nodes]
    missing = sorted(
        f"{node.schema}.{node.identifier}"
        for node in [*inputs, *(source for source in manifest.sources.values() if source.source_name == "ops")]
        if (node.schema, node.identifier) not in built
    )
    if missing:
        raise MillwrightError(
            f"what {model.name} reads is not built in {warehouse.target.address}: {', '.join(missing)}; "
            f"run `dbt build --select +{model.name}` first",
            ExitCode.UNAVAILABLE,
        )


def _plan(warehouse: Warehouse, model: ModelNode, query: str) -> str:
    # The drivers' errors have no base in common.
    try:
        rows = warehouse.query(f"{_EXPLAIN[warehouse.engine]} {query}")
    except Exception as error:
        raise MillwrightError(f"the query of {model.name} fails: {error}", ExitCode.BUILD_FAILED) from error
    return "\n".join(list(row.values())[-1] for row in rows)


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Prints the plan, and how long the model took when it was built."""
    console.rule(f"[bold]{explanation.node_id}[/] as of {explanation.as_of} UTC", align="left")
    console.print(escape(explanation.plan), soft_wrap=True, highlight=False)
    console.print(f"\nThe query took {explanation.seconds:.2f} s ({explanation.materialized}, nothing was built).")
    if not explanation.runs:
        console.print("No run has built this model yet.")
        return
    print_table(
        console,
        "Its last runs, writing included",
        ("begun (UTC)", "status", "seconds", "rows", "run"),
        [
            (
                f"{run['started_at']:%Y-%m-%d %H:%M:%S}",
                run["status"],
                f"{run['execution_seconds']:.2f}",
                "·" if run["n_rows"] is None else f"{run['n_rows']:,}",
                run["run_id"] or "·",
            )
            for run in explanation.runs
        ],
    )
