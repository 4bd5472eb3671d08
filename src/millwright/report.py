"""The report: what the last run left in the warehouse, as a person wants to read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from millwright.publish import Publication, public_models
from millwright.schedule import Planned, moment_text
from millwright.warehouse import Target, Warehouse, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ModelNode

    from millwright.expectations import Validation

# Metrics with a column of their own in the table by month; the rest is shown for the whole version only.
_MONTHLY_METRICS = ("prevalence", "precision", "recall", "f1", "roc_auc", "log_loss", "label_coverage")
_LAYERS = (
    *("staging", "intermediate", "entities", "quality", "features", "feature_store"),
    *("training", "predictors", "evaluation", "monitoring", "lifecycle"),
)
_VERDICTS = {"error": "red", "fail": "red", "warn": "yellow", "insufficient": "yellow", "pass": "green"}


class Marts:
    """Queries against the project's models by name, wherever the target's schema puts them."""

    def __init__(self, warehouse: Warehouse, manifest: Manifest):
        self._warehouse = warehouse
        built = warehouse.relations()
        self.models: dict[str, ModelNode] = {
            node.name: node
            for node in manifest.nodes.values()
            if node.resource_type == "model" and (node.schema, node.alias) in built
        }

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query that names models in braces, e.g. `select * from {mon_runs}`; none if one is not built."""
        names = [name for _, name, _, _ in Formatter().parse(sql) if name]
        if any(name not in self.models for name in names):
            return []
        return self._warehouse.query(sql.format_map({name: self.models[name].relation_name for name in names}))


def print_report(console: Console, target: Target, manifest: Manifest) -> None:
    """Prints what is built, how the ML models do, what the quality rules found and where to look next.

    Raises MillwrightError (UNAVAILABLE, LOCKED) when the warehouse cannot be read. What is not built yet is left out.
    """
    with open_warehouse(target, read_only=True) as warehouse:
        marts = Marts(warehouse, manifest)
        console.rule(f"[bold]Millwright report[/] {escape(target.address)}", align="left")
        if not marts.models:
            console.print("Nothing is built yet: run `millwright nightly`.")
            return
        _print_last_run(console, marts)
        _print_layers(console, marts)
        for name in _model_names(marts):
            _print_model(console, marts, name)
        _print_baselines(console, marts)
        _print_rules(console, marts)
        _print_quarantine(console, marts)
        _print_directions(console, marts, manifest)


def print_rows(console: Console, title: str, rows: dict[str, int]) -> None:
    """Prints the number of rows by table."""
    print_table(console, title, ("table", "rows"), [(name, f"{n_rows:,}") for name, n_rows in rows.items()])


def print_publication(console: Console, publication: Publication) -> None:
    """Prints which tables, with how many rows, were published where, and which could not be."""
    print_rows(console, f"Published as {publication.file}", publication.rows)
    if publication.missing:
        console.print(f"[yellow]Not built yet, so not published:[/] {', '.join(publication.missing)}")


def _print_last_run(console: Console, marts: Marts) -> None:
    runs = marts.query("""
        select status, command, as_of, started_at, finished_at, n_steps, n_failed_steps, n_warned_steps
        from {mon_runs}
        order by started_at desc
        limit 1
    """)
    for run in runs:
        seconds = f" in {(run['finished_at'] - run['started_at']).total_seconds():.0f} s" if run["finished_at"] else ""
        console.print(
            f"Last run: dbt {run['command']} as of {run['as_of']}, {run['status']}; "
            f"begun {run['started_at']:%Y-%m-%d %H:%M} UTC, {run['n_steps']} nodes{seconds}, "
            f"{run['n_failed_steps']} failed, {run['n_warned_steps']} warned."
        )


def _print_layers(console: Console, marts: Marts) -> None:
    stored = [node for node in marts.models.values() if node.config.materialized not in ("view", "ephemeral")]
    counts = " union all ".join(f"select '{node.name}' as name, count(*) as n from {{{node.name}}}" for node in stored)
    rows = {row["name"]: row["n"] for row in marts.query(counts)} if stored else {}
    layers: dict[str, list[ModelNode]] = {}
    for node in marts.models.values():
        layers.setdefault(node.fqn[1], []).append(node)
    lines = []
    for layer, nodes in sorted(layers.items(), key=lambda item: place_of(item[0])):
        counted = [rows[node.name] for node in nodes if node.name in rows]
        schemas = ", ".join(sorted({node.schema for node in nodes}))
        n_rows = f"{sum(counted):,}" if counted else "·"
        lines.append((layer, schemas, str(len(nodes) - len(counted)), str(len(counted)), n_rows))
    print_table(console, "What is built", ("layer", "schemas", "views", "tables", "rows in tables"), lines)


def place_of(layer: str) -> tuple[int, str]:
    """Where a layer stands in the flow of data; folders that the house does not know come last."""
    return (_LAYERS.index(layer) if layer in _LAYERS else len(_LAYERS), layer)


def _model_names(marts: Marts) -> list[str]:
    """The models that decide by a threshold: the report is about yes and no."""
    rows = marts.query("""
        select distinct model_name
        from {life_model_versions}
        where decision_threshold is not null
        order by model_name
    """)
    return [row["model_name"] for row in rows]


def _print_model(console: Console, marts: Marts, model_name: str) -> None:
    versions = marts.query(f"""
        select model_version, trained_at, n_train_rows, decision_threshold, n_outcomes
        from {{life_model_versions}}
        where model_name = {_literal(model_name)}
        order by trained_at desc, model_version desc
    """)
    newest = versions[0]
    judged = next((version for version in versions if version["n_outcomes"]), None)
    console.print()
    console.print(
        f"[bold]Model {escape(model_name)}[/]: {len(versions)} versions, the newest {newest['model_version']}, "
        f"trained at {newest['trained_at']} on {_count(newest['n_train_rows'])} rows, "
        f"decision threshold {_number(newest['decision_threshold'])}."
    )
    if judged is None:
        console.print(
            "None of its predictions in ops.predictions has a known outcome yet, so there is nothing to measure."
        )
        return
    if judged is not newest:
        console.print(
            f"Its predictions wait for their outcomes; measured below is {judged['model_version']}, "
            "the newest version with outcomes."
        )
    version, segment = judged["model_version"], _segment(marts, model_name)
    of_what = f"{version}, {_describe(segment)}"
    _print_confusion(console, marts, model_name, version, segment, of_what)
    _print_metrics(console, marts, model_name, version, segment, of_what)
    _print_months(console, marts, model_name, segment)


def _segment(marts: Marts, model_name: str) -> str:
    """The segment that judges fairly: customers whom no version was fitted on, if the model has such a split."""
    segments = marts.query(f"""
        select distinct segment
        from {{eval_metrics}}
        where model_name = {_literal(model_name)}
    """)
    return "split=test" if {"segment": "split=test"} in segments else "all"


def _describe(segment: str) -> str:
    return {"all": "all customers", "split=test": "customers it has never seen (split=test)"}[segment]


def _print_confusion(console: Console, marts: Marts, model_name: str, version: str, segment: str, of_what: str) -> None:
    cells = marts.query(f"""
        select actual_class, predicted_class, n
        from {{eval_confusion_cells}}
        where
            model_name = {_literal(model_name)}
            and model_version = {_literal(version)}
            and grain = 'all'
            and segment = {_literal(segment)}
    """)
    n = Counter({(cell["actual_class"], cell["predicted_class"]): int(cell["n"]) for cell in cells})
    classes = sorted({name for pair in n for name in pair})
    lines = []
    for actual in classes:
        counts = [n[actual, predicted] for predicted in classes]
        lines.append((escape(actual), *(f"{count:,}" for count in [*counts, sum(counts)])))
    totals = [sum(n[actual, predicted] for actual in classes) for predicted in classes]
    if lines:
        lines.append(("total", *(f"{count:,}" for count in [*totals, sum(totals)])))
    columns = ("actual", *(f"predicted {name}" for name in classes), "total")
    print_table(console, f"Confusion matrix of {of_what}", columns, lines)


def _print_metrics(console: Console, marts: Marts, model_name: str, version: str, segment: str, of_what: str) -> None:
    metrics = marts.query(f"""
        select metric, value, n
        from {{eval_metrics}}
        where
            model_name = {_literal(model_name)}
            and model_version = {_literal(version)}
            and grain = 'all'
            and segment = {_literal(segment)}
            and (average = 'all' or is_positive_class)
        order by metric
    """)
    lines = [(row["metric"], _number(row["value"]), f"{row['n']:,}") for row in metrics]
    print_table(console, f"Metrics of {of_what}", ("metric", "value", "predictions"), lines)


def _print_months(console: Console, marts: Marts, model_name: str, segment: str) -> None:
    rows = marts.query(f"""
        select period_start_at, model_version, metric, value, n
        from {{eval_metrics}}
        where
            model_name = {_literal(model_name)}
            and grain = 'month'
            and segment = {_literal(segment)}
            and (average = 'all' or is_positive_class)
        order by period_start_at, model_version
    """)
    months: dict[tuple[Any, str], dict[str, dict[str, Any]]] = {}
    for row in rows:
        months.setdefault((row["period_start_at"], row["model_version"]), {})[row["metric"]] = row
    lines = []
    for (month, version), metrics in months.items():
        values = [_number(metrics[name]["value"]) if name in metrics else "·" for name in _MONTHLY_METRICS]
        n_outcomes = metrics["prevalence"]["n"] if "prevalence" in metrics else 0
        lines.append((f"{month:%Y-%m}", version, f"{n_outcomes:,}", *values))
    columns = ("month", "version", "outcomes", *_MONTHLY_METRICS)
    print_table(console, f"Month by month, {_describe(segment)}", columns, lines)


def _print_baselines(console: Console, marts: Marts) -> None:
    rows = marts.query("""
        select model_name, reference, loss, model_loss, reference_loss, margin, margin_low, margin_high, margin_rate
        from {eval_baselines}
        order by model_name, reference
    """)
    lines = [
        (
            escape(row["model_name"]),
            row["loss"].replace("_", " "),
            _number(row["model_loss"]),
            row["reference"],
            _number(row["reference_loss"]),
            f"{_number(row['margin'])} ({_number(row['margin_low'])} to {_number(row['margin_high'])})",
            "·" if row["margin_rate"] is None else f"{row['margin_rate']:.1%}",
        )
        for row in rows
    ]
    columns = ("model", "mean loss", "its own", "beside", "its", "margin (95% interval)", "share")
    print_table(console, "Models beside what any should beat, on customers they have never seen", columns, lines)


def print_broken_rules(console: Console, target: Target, manifest: Manifest) -> None:
    """Prints the quality rules that failed or could not be evaluated."""
    with open_warehouse(target, read_only=True) as warehouse:
        _print_rules(console, Marts(warehouse, manifest), only=("error", "fail"))


def _print_rules(console: Console, marts: Marts, only: Sequence[str] = tuple(_VERDICTS)) -> None:
    rules = marts.query("""
        select rule_id, relation_name, column_name, n_rows, n_failed, failed_rate, verdict, description, problem
        from {dq_rule_results}
        order by rule_id
    """)
    rules = [rule for rule in rules if rule["verdict"] in only]
    rules.sort(key=lambda rule: list(_VERDICTS).index(rule["verdict"]))
    lines = [
        (
            f"[{_VERDICTS[rule['verdict']]}]{rule['verdict']}[/]",
            _count(rule["n_failed"]),
            _count(rule["n_rows"]),
            "·" if rule["failed_rate"] is None else f"{rule['failed_rate']:.2%}",
            escape(rule["relation_name"]),
            escape(rule["problem"] or rule["description"]),
        )
        for rule in rules
    ]
    columns = ("verdict", "failed", "of rows", "rate", "relation", "rule")
    print_table(console, "What the quality rules found", columns, lines)


def print_validations(console: Console, validations: Sequence[Validation], docs: Path) -> None:
    """Prints what Great Expectations counted beside what the newest run did, and where its Data Docs are."""
    lines = [
        (
            f"[{_VERDICTS[each.verdict]}]{each.verdict}[/]",
            _count(each.logged_n_failed),
            _count(each.n_failed),
            "yes" if each.agrees else "[red]no[/]",
            escape(each.relation_name),
            escape(each.rule_id),
            escape(each.problem or ""),
        )
        for each in sorted(
            validations, key=lambda each: (each.agrees, list(_VERDICTS).index(each.verdict), each.rule_id)
        )
    ]
    columns = ("verdict", "failed by SQL", "by Great Expectations", "same", "relation", "rule", "problem")
    print_table(console, "The quality rules of the newest run, counted twice", columns, lines)
    console.print(f"\nData Docs: {escape(str(docs / 'index.html'))}", soft_wrap=True, highlight=False)


def print_plan(console: Console, planned: Sequence[Planned]) -> None:
    """Prints when pipelines ran last, and when they are due."""
    lines = [
        (
            each.pipeline.pipeline_id,
            each.last_run["status"] if each.last_run else "·",
            f"{each.last_run['started_at']:%Y-%m-%d %H:%M} UTC" if each.last_run else "·",
            moment_text(each.next_run_at) if each.pipeline.is_active else "inactive",
            "[red]yes[/]" if each.is_overdue else "no",
            escape(each.pipeline.description),
        )
        for each in planned
    ]
    columns = ("pipeline", "last run", "begun", "next run", "overdue", "what it builds")
    print_table(console, "Pipelines", columns, lines)


def _print_quarantine(console: Console, marts: Marts) -> None:
    reasons = marts.query("""
        select relation_name, reason, count(*) as n
        from {dq_quarantined_rows}
        group by relation_name, reason
        order by relation_name, n desc, reason
    """)
    lines = [(f"{row['n']:,}", escape(row["relation_name"]), escape(row["reason"])) for row in reasons]
    print_table(console, "Rows kept out (quarantined)", ("rows", "kept out of", "reason"), lines)


def _print_directions(console: Console, marts: Marts, manifest: Manifest) -> None:
    lines = [
        (f"{node.schema}.{node.alias}", escape(node.description.split(". ")[0].strip().rstrip(".")))
        for node in public_models(manifest)
        if node.name in marts.models
    ]
    print_table(console, "Where to look next", ("table", "what it holds"), lines)
    console.print(
        "\nAny table:      dbt show --inline \"select * from {{ ref('eval_metrics') }}\"\n"
        "Documentation:  dbt docs generate && dbt docs serve",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def print_table(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a titled table, numbers flush right; nothing when it has no rows. Cells may contain rich's markup."""
    if not rows:
        return
    table = Table(show_edge=False, row_styles=["", "dim"] if len(rows) > 20 else None)
    for position, column in enumerate(columns):
        is_number = all(re.fullmatch(r"-?[\d,]+(\.\d+)?%?|·", row[position]) for row in rows)
        table.add_column(escape(column), justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(f"\n[bold]{escape(title)}[/]", soft_wrap=True)
    console.print(table)


def _number(value: float | None) -> str:
    return "·" if value is None else f"{value:.4f}"


def _count(value: int | None) -> str:
    return "·" if value is None else f"{value:,}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
