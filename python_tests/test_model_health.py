"""Health of versions, what a run does about it, and the dashboards, beside the same counted in Python.

Each engine has a small project of made-up rows in which two nights evaluate versions; then people and runs call the
procedures about retraining.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.lifecycle_project import AS_OF, LifecycleProject, Procedures, Refused
from support.postgres_server import PostgresServer
from support.world import REPOSITORY, World

from millwright.project import Project
from millwright.stages import finish_retraining

ENGINES = ("duckdb", "postgres")
NIGHTS = (AS_OF, AS_OF + timedelta(days=2))
NIGHTLY = (
    *("life_health_measures", "life_version_health", "life_model_health", "life_retraining_triggers"),
    *("life_executive_dashboard", "life_lifecycle_status", "life_project_costs"),
)
DELAYS = {"churn": 30}
REGRESSIONS = ("revenue",)
OPEN = ("open", "investigating")
SEVERE = ("high", "critical")
HOSTILE = "O'Hara'); drop table ops.retraining_jobs; -- {{ 1/0 }} \\ \"x\" %s 日本"
LANDED = (
    *("model_projects", "model_version_revisions", "deployments", "incidents"),
    *("model_experiments", "retraining_jobs"),
)
STAMP = {"actor": "ann", "recorded_at": AS_OF, "known_at": AS_OF}


@dataclass(eq=False)
class MadeUp:
    """Rows by table, made from a seed."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def of(self, table: str, **values: Any) -> list[dict[str, Any]]:
        return [row for row in self.rows[table] if all(row.get(name) == value for name, value in values.items())]


def made_up(seed: int) -> MadeUp:
    rng = np.random.default_rng(seed)
    world = MadeUp()
    models = ["churn", "revenue", *(f"model {number}" for number in range(2, 14))]
    for number, model in enumerate(models):
        project = f"project {number}"
        status = "deployed" if number < 8 else rng.choice(["planning", "development", "testing", "retired", "deployed"])
        created_at = AS_OF - timedelta(days=int(rng.integers(40, 300)))
        details = {
            "project_name": project,
            "domain": [None, "retention", "pricing", "fraud"][number % 4],
            "allocated_budget": [None, 0.0, 1000.0, 2500.5][int(rng.integers(4))],
            "spent_budget": [None, 0.0, 321.5, 40.25][int(rng.integers(4))],
            "project_owner": f"owner {number}",
            "target_on": (AS_OF + timedelta(days=int(rng.integers(-20, 20)))).date(),
        }
        world.add("model_projects", revision=1, status="planning", event_at=created_at, **details)
        if status != "planning":
            changed_at = created_at + timedelta(days=int(rng.integers(1, 39)), hours=5)
            world.add("model_projects", revision=2, status=str(status), event_at=changed_at, **details)
        versions = [f"1.{minor}.0" for minor in range(int(rng.integers(2, 5)) if number < 8 else number % 3)]
        for version in versions:
            key = {"project_name": project, "model_name": model, "model_version": version}
            world.add("model_version_revisions", revision=1, status="registered", event_at=created_at, **key)
            add_measures(world, rng, model, version)
        for environment in ("production", "staging") if versions and status != "retired" else ():
            add_deployments(world, rng, project, model, versions, environment)
        for _ in range(int(rng.integers(0, 6))):
            add_incident(world, rng, project, model, versions)
    return world


def add_measures(world: MadeUp, rng: np.random.Generator, model: str, version: str) -> None:
    key = {"model_name": model, "model_version": version}
    # Some are asked every few hours, some once in a while, some not at all.
    n_hours = int(rng.choice([0, 2, 30, 60]))
    hours_ago = rng.choice(24 * 75, size=n_hours, replace=False)
    speed, skill = rng.choice([20, 80, 600, 1500]), rng.choice([0.5, 0.78, 0.95])
    for ago in hours_ago:
        hour = NIGHTS[1] - timedelta(hours=int(ago))
        n = int(rng.integers(0, 40))
        n_rejected, n_errors = (int(rng.choice([0, 0, 0, 0, most])) for most in (7, 3))
        n_latencies = int(rng.choice([0, n]))
        n_judged = 0 if model in REGRESSIONS else int(rng.integers(0, n + 1))
        world.add(
            "mon_prediction_hours",
            **key,
            hour_starts_at=hour,
            n_predictions=n,
            n_latencies=n_latencies,
            total_latency_ms=float(n_latencies * speed) if n_latencies else None,
            n_judged=n_judged,
            n_right=int(rng.binomial(n_judged, skill)),
            n_validation_failures=n_rejected,
            n_logged_errors=n_errors,
            last_event_at=None if n == 0 else hour + timedelta(minutes=int(rng.integers(60))),
        )
        if model in REGRESSIONS:
            for _ in range(2):
                world.add(
                    "eval_regression_partials",
                    **key,
                    hour_starts_at=hour,
                    n=3,
                    sum_absolute_error=float(rng.integers(1, 9)),
                    sum_absolute_actual=10.0,
                )
    for week in range(int(rng.integers(0, 4))):
        for reference in (version, "0.0.1"):
            for _ in range(3):
                world.add(
                    "mon_drift",
                    **key,
                    reference_version=reference,
                    grain=str(rng.choice(["week", "week", "month"])),
                    period_start_at=AS_OF - timedelta(weeks=week),
                    psi=float(rng.choice([0.05, 0.35, 0.5, 1.7])),
                    verdict=str(rng.choice(["none", "significant", "insufficient_sample"])),
                )


def add_deployments(
    world: MadeUp, rng: np.random.Generator, project: str, model: str, versions: Sequence[str], environment: str
) -> None:
    began_at = AS_OF - timedelta(days=int(rng.integers(1, 40)))
    for revision in range(1, int(rng.integers(0, 4)) + 1):
        began_at += timedelta(hours=3)
        shares = [100] if len(versions) == 1 or rng.random() < 0.5 else [10, 90]
        chosen = rng.choice(versions, size=len(shares), replace=False)
        for number, (version, percent) in enumerate(zip(chosen, shares, strict=True)):
            world.add(
                "deployments",
                deployment_id=f"{project} {environment} {revision}",
                project_name=project,
                environment=environment,
                revision=revision,
                status="complete" if len(shares) == 1 else "canary",
                strategy="blue_green" if len(shares) == 1 else "canary",
                model_name=model,
                model_version=str(version),
                traffic_percent=percent,
                is_candidate=number == 0,
                event_at=began_at,
            )
            of_version = world.of("model_version_revisions", model_name=model, model_version=str(version))
            world.add(
                "model_version_revisions",
                **of_version[0] | {"revision": len(of_version) + 1, "status": "deployed", "event_at": began_at},
            )


def add_incident(world: MadeUp, rng: np.random.Generator, project: str, model: str, versions: Sequence[str]) -> None:
    number = len(world.of("incidents", revision=1))
    named = [str(version) for version in rng.permutation(versions)[:1]]
    details = {
        "incident_id": f"made up {number}",
        "project_name": project,
        "incident_key": [None, f"health:{model} {number}"][int(rng.random() < 0.2)],
        "incident_type": "data_drift",
        "severity": str(rng.choice(["low", "medium", "high", "critical"])),
        "title": HOSTILE,
        "environment": [None, "production", "staging", "development"][int(rng.integers(4))],
        "model_name": [None, model, "another"][int(rng.integers(3))],
        "affected_versions": f'["{named[0]}"]' if named and rng.random() < 0.5 else None,
    }
    opened_at = NIGHTS[0] - timedelta(hours=int(rng.integers(-20, 60)))
    world.add("incidents", revision=1, status="open", event_at=opened_at, **details)
    if (later := str(rng.choice(["open", "investigating", "resolved"]))) != "open":
        world.add("incidents", revision=2, status=later, event_at=opened_at + timedelta(minutes=1), **details)


# -- the same, counted in Python --------------------------------------------------------------------------------------


def newest(rows: Sequence[dict[str, Any]], *key: str) -> list[dict[str, Any]]:
    by_key: dict[tuple, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["revision"]):
        by_key[tuple(row[name] for name in key)] = row
    return list(by_key.values())


def traffic(world: MadeUp) -> list[dict[str, Any]]:
    slots: dict[tuple[str, str], int] = {}
    for row in world.rows["deployments"]:
        slot = row["project_name"], row["environment"]
        slots[slot] = max(slots.get(slot, 0), row["revision"])
    return [
        row for row in world.rows["deployments"] if slots[row["project_name"], row["environment"]] == row["revision"]
    ]


def serving(world: MadeUp) -> list[tuple[str, str, str]]:
    return sorted({(row["project_name"], row["model_name"], row["model_version"]) for row in traffic(world)})


def last_day(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    last = max((row["hour_starts_at"] for row in rows), default=None)
    return [row for row in rows if row["hour_starts_at"] > last - timedelta(hours=24)]


def ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def clamped(points: float, share: float | None) -> float | None:
    return None if share is None else points * min(1, max(0, share))


def word(score: float | None) -> str | None:
    if score is None:
        return None
    names = ((90, "excellent"), (80, "good"), (70, "fair"), (60, "poor"), (0, "critical"))
    return next(name for least, name in names if score >= least)


def health(world: MadeUp, as_of: datetime, project: str, model: str, version: str) -> dict[str, Any]:
    key = {"model_name": model, "model_version": version}
    hours = world.of("mon_prediction_hours", **key)
    asked = [row for row in hours if row["n_predictions"] + row["n_validation_failures"] + row["n_logged_errors"]]
    day = last_day([row for row in asked if as_of - timedelta(days=31) < row["hour_starts_at"] <= as_of])
    n = sum(row["n_predictions"] for row in day)
    failed = sum(row["n_validation_failures"] + row["n_logged_errors"] for row in day)
    latency = ratio(sum(row["total_latency_ms"] or 0 for row in day), sum(row["n_latencies"] for row in day))

    delay = timedelta(days=DELAYS.get(model, 0))
    partials = defaultdict(list)
    for row in world.of("eval_regression_partials", **key):
        partials[row["hour_starts_at"]].append(row)
    due = last_day(
        [
            row
            for row in hours
            if (row["n_judged"] or partials[row["hour_starts_at"]])
            and row["last_event_at"]
            and row["last_event_at"] + delay <= as_of
            and row["hour_starts_at"] > as_of - delay - timedelta(days=31)
        ]
    )
    if model in REGRESSIONS:
        judged = [partial for row in due for partial in partials[row["hour_starts_at"]]]
        n_judged = sum(row["n"] for row in judged)
        wrong = ratio(
            sum(row["sum_absolute_error"] for row in judged), sum(row["sum_absolute_actual"] for row in judged)
        )
        accuracy = None if wrong is None else 1 - wrong
    else:
        n_judged = sum(row["n_judged"] for row in due)
        accuracy = ratio(sum(row["n_right"] for row in due), n_judged)

    drifts = [
        row
        for row in world.of("mon_drift", **key, reference_version=version, grain="week")
        if row["verdict"] != "insufficient_sample" and row["period_start_at"] <= as_of
    ]
    last_week = max((row["period_start_at"] for row in drifts), default=None)
    drift = max((row["psi"] for row in drifts if row["period_start_at"] == last_week), default=None)
    n_incidents = sum(
        row["project_name"] == project
        and row["status"] in OPEN
        and row["severity"] in SEVERE
        and row["model_name"] in (None, model)
        and row["affected_versions"] in (None, f'["{version}"]')
        and not (row["incident_key"] or "").startswith("health:")
        for row in newest(world.rows["incidents"], "incident_id")
    )
    points = dict.fromkeys(("latency", "accuracy", "errors", "drift"))
    if n + failed:
        points = {
            "latency": clamped(25, None if latency is None else 1 - latency / 1000),
            "accuracy": clamped(30, accuracy),
            "errors": clamped(25, n / (n + failed)),
            "drift": clamped(20, None if drift is None else 1 - drift),
        }
    most = {"latency": 25, "accuracy": 30, "errors": 25, "drift": 20}
    known = sum(most[name] for name, value in points.items() if value is not None)
    score = 100 * sum(value or 0 for value in points.values()) / known if known else 50
    score = float(max(0, score - 10 * n_incidents))
    return {
        "evaluated_on": as_of.date(),
        "project_name": project,
        **key,
        "has_traffic": n + failed > 0,
        "n_predictions": n,
        "n_failed": failed,
        "n_latencies": sum(row["n_latencies"] for row in day),
        "latency_mean_ms": latency,
        "n_judged": n_judged,
        "accuracy_rate": accuracy,
        "error_rate": ratio(failed, n + failed),
        "drift_psi": drift,
        **{f"{name}_points": value for name, value in points.items()},
        "known_rate": known / 100 if known else None,
        "n_severe_incidents": n_incidents,
        "health_score": score,
        "health_status": word(score),
    }


@cache
def healths(world: MadeUp) -> list[dict[str, Any]]:
    return [health(world, as_of, *version) for as_of in NIGHTS for version in serving(world)]


def triggers(world: MadeUp) -> set[tuple[str, str, str]]:
    held = set()
    for _, model, version in serving(world):
        nights = [row for row in healths(world) if (row["model_name"], row["model_version"]) == (model, version)]
        asked = [row for row in nights if row["has_traffic"]]

        def mean(measure: str, rows: Sequence[dict[str, Any]]) -> float | None:
            values = [row[measure] for row in rows if row[measure] is not None]
            return ratio(sum(values), len(values))

        today = [row for row in asked if row["evaluated_on"] == NIGHTS[1].date()]
        deployed = world.of("model_version_revisions", model_name=model, model_version=version, status="deployed")
        holds = {
            "accuracy_degradation": (0.75, mean("accuracy_rate", asked)),
            "health_degradation": (70, mean("health_score", asked)),
            "critical_health": (60, mean("health_score", today)),
        }
        held |= {
            (model, version, name) for name, (limit, value) in holds.items() if value is not None and value < limit
        }
        if (mean("drift_psi", asked) or 0) > 0.4:
            held.add((model, version, "data_drift"))
        if min(row["event_at"] for row in deployed) < NIGHTS[1] - timedelta(days=30):
            held.add((model, version, "scheduled_retraining"))
    return held


def predictions_of_day(world: MadeUp, model: str, version: str) -> int:
    return sum(
        row["n_predictions"]
        for row in world.of("mon_prediction_hours", model_name=model, model_version=version)
        if NIGHTS[1] - timedelta(hours=24) < row["hour_starts_at"] <= NIGHTS[1]
    )


def total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def dashboard(world: MadeUp) -> list[dict[str, Any]]:
    now = {(row["model_name"], row["model_version"]): row for row in healths(world)}
    projects = newest(world.rows["model_projects"], "project_name")
    rows = []
    for domain in {row["domain"] for row in projects}:
        own = [row for row in projects if row["domain"] == domain]
        names = [row["project_name"] for row in own]
        scores = [now[version[1:]]["health_score"] for version in serving(world) if version[0] in names]
        versions = [row for row in world.of("model_version_revisions", revision=1) if row["project_name"] in names]
        n_predictions = sum(predictions_of_day(world, row["model_name"], row["model_version"]) for row in versions)
        incidents = [row for row in newest(world.rows["incidents"], "incident_id") if row["project_name"] in names]
        opened = {row["incident_id"]: row["event_at"] for row in world.of("incidents", revision=1)}
        days = []
        for row in own:
            (begun,) = world.of("model_projects", project_name=row["project_name"], revision=1)
            end = row["event_at"] if row["status"] in ("deployed", "retired") else NIGHTS[1]
            days.append((end - begun["event_at"]) / timedelta(days=1))
        spent, allocated = (total([row[name] for row in own]) for name in ("spent_budget", "allocated_budget"))
        mean = ratio(sum(scores), len(scores))
        of_status = defaultdict(int)
        for row in own:
            of_status[row["status"]] += 1
        rows.append(
            {
                "domain": domain,
                "n_projects": len(own),
                **{
                    f"n_{status}_projects": of_status[status]
                    for status in ("planning", "development", "testing", "deployed", "retired")
                },
                "mean_development_days": sum(days) / len(days),
                "allocated_budget": allocated,
                "spent_budget": spent,
                "spent_rate": None if spent is None else ratio(spent, allocated),
                "n_serving_versions": len(scores),
                "mean_health_score": mean,
                "health_status": word(mean),
                "n_predictions_24h": n_predictions,
                "n_severe_incidents_24h": sum(
                    row["severity"] in SEVERE and opened[row["incident_id"]] > NIGHTS[1] - timedelta(hours=24)
                    for row in incidents
                ),
                "n_open_incidents": sum(row["status"] in OPEN for row in incidents),
                "predictions_per_budget": ratio(n_predictions, spent),
            }
        )
    return rows


def add_training(world: MadeUp, rng: np.random.Generator) -> None:
    """Experiments and retraining jobs of every project, begun or not, with and without a cost."""
    for row in newest(world.rows["model_projects"], "project_name"):
        project = row["project_name"]
        for table, key, name in (
            ("model_experiments", "experiment_name", "experiment"),
            ("retraining_jobs", "retraining_job_id", f"{project} job"),
        ):
            for number in range(int(rng.integers(0, 4))):
                thing = {"project_name": project, key: f"{name} {number}", "event_at": row["event_at"]}
                world.add(table, revision=1, status="queued", training_cost=None, **thing)
                if rng.random() < 0.7:
                    world.add(table, revision=2, status="running", training_cost=None, **thing)
                    cost = [None, 0.0, 12.5, 300.25][int(rng.integers(4))]
                    world.add(table, revision=3, status="completed", training_cost=cost, **thing)
                elif table == "retraining_jobs":
                    # What waits would keep runs from queueing another.
                    world.add(table, revision=2, status="cancelled", training_cost=None, **thing)


def costs(world: MadeUp) -> list[dict[str, Any]]:
    rows = []
    for project in newest(world.rows["model_projects"], "project_name"):
        name, spent, allocated = (project[column] for column in ("project_name", "spent_budget", "allocated_budget"))
        is_known = spent is not None and allocated is not None
        counted = {}
        for table, key, n, cost in (
            ("model_experiments", "experiment_name", "n_experiments", "experiment_cost"),
            ("retraining_jobs", "retraining_job_id", "n_retraining_jobs", "retraining_cost"),
        ):
            own = newest([row for row in world.rows[table] if row["project_name"] == name], key)
            begun = [row for row in own if row["status"] not in ("queued", "cancelled")]
            known = [row["training_cost"] for row in begun if row["training_cost"] is not None]
            counted |= {n: len(begun), cost: sum(known) if known else None}
        versions = {
            (row["model_name"], row["model_version"])
            for row in world.rows["model_version_revisions"]
            if row["project_name"] == name
        }
        n_predictions = sum(
            row["n_predictions"]
            for row in world.rows["mon_prediction_hours"]
            if (row["model_name"], row["model_version"]) in versions
        )
        rows.append(
            {
                "project_name": name,
                "remaining_budget": allocated - spent if is_known else None,
                "is_over_budget": spent > allocated if is_known else None,
                "n_versions": len(versions),
                "n_predictions": n_predictions,
                "cost_per_1000_predictions": None if spent is None else ratio(1000 * spent, n_predictions),
                **counted,
            }
        )
    return rows


def statuses(world: MadeUp) -> list[dict[str, Any]]:
    now = {(row["model_name"], row["model_version"]): row for row in healths(world)}
    rows = []
    for project in newest(world.rows["model_projects"], "project_name"):
        name = project["project_name"]
        own = [row for row in traffic(world) if row["project_name"] == name]
        for environment in sorted({row["environment"] for row in own}) or [None]:
            shares = [row for row in own if row["environment"] == environment]
            shares.sort(key=lambda row: (-row["traffic_percent"], row["model_version"]))
            well = [(row["traffic_percent"], now[row["model_name"], row["model_version"]]) for row in shares]
            incidents = [
                row
                for row in newest(world.rows["incidents"], "incident_id")
                if row["project_name"] == name
                and row["status"] in OPEN
                and (environment is None or row["environment"] in (None, environment))
            ]
            n_severe = sum(row["severity"] in SEVERE for row in incidents)
            lowest = min((row["health_score"] for _, row in well), default=None)
            score = sum(percent * row["health_score"] for percent, row in well) / 100 if well else None

            def mean(measure: str, weight: str, of_versions=well) -> float | None:
                known = [row for _, row in of_versions if row[measure] is not None]
                return ratio(sum(row[measure] * row[weight] for row in known), sum(row[weight] for row in known))

            asked = sum(row["n_predictions"] + row["n_failed"] for _, row in well)
            is_deployed = project["status"] == "deployed"
            flag = "normal"
            if is_deployed and lowest is not None and lowest < 70:
                flag = "needs_attention"
            elif is_deployed and n_severe:
                flag = "critical_issues"
            elif project["status"] not in ("deployed", "retired") and project["target_on"] < NIGHTS[1].date():
                flag = "overdue"
            rows.append(
                {
                    "project_name": name,
                    "environment": environment,
                    "current_versions": ", ".join(
                        f"{row['model_name']} {row['model_version']} {row['traffic_percent']}%" for row in shares
                    )
                    or None,
                    "n_serving_versions": len(shares),
                    "health_score": score,
                    "lowest_health_score": lowest,
                    "health_status": word(score),
                    "n_predictions_24h": sum(
                        predictions_of_day(world, row["model_name"], row["model_version"]) for row in shares
                    ),
                    "accuracy_rate": mean("accuracy_rate", "n_judged"),
                    "latency_mean_ms": mean("latency_mean_ms", "n_latencies"),
                    "error_rate": ratio(sum(row["n_failed"] for _, row in well), asked),
                    "n_open_incidents": len(incidents),
                    "n_severe_incidents": n_severe,
                    "days_since_deployment": (NIGHTS[1] - shares[0]["event_at"]) / timedelta(days=1) if well else None,
                    "flag": flag,
                }
            )
    return rows


# -- what the project says --------------------------------------------------------------------------------------------

WORLD = made_up(18)
add_training(WORLD, np.random.default_rng(19))


def load(project: LifecycleProject) -> None:
    def literal(value: Any) -> str:
        return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

    for table, rows in WORLD.rows.items():
        is_landed = table in LANDED
        columns = list(rows[0]) + (list(STAMP) if is_landed else [])
        values = [[literal((STAMP | row)[column]) for column in columns] for row in rows]
        project.world.execute(
            f"insert into {'ops' if is_landed else project.schema}.{table} ({', '.join(columns)}) values "
            + ", ".join(f"({', '.join(row)})" for row in values)
        )


@pytest.fixture(scope="module")
def projects(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, LifecycleProject]:
    made = {}
    for engine in ENGINES:
        project = made[engine] = LifecycleProject(World(engine, tmp_path_factory.mktemp(engine), postgres))
        load(project)
        # What the first night needs besides is built already; the second is done twice.
        for as_of, selected in ((NIGHTS[0], ["life_model_health"]), (NIGHTS[1], NIGHTLY), (NIGHTS[1], NIGHTLY[2:3])):
            results = project.run(as_of, *selected)
            assert {str(result.status) for result in results.values()} == {"success"}
    return made


@pytest.fixture(params=ENGINES)
def project(request: pytest.FixtureRequest, projects: dict[str, LifecycleProject]) -> LifecycleProject:
    return projects[request.param]


def assert_same(project: LifecycleProject, mart: str, expected: list[dict[str, Any]], key: Sequence[str]) -> None:
    found = project.rows(f"select {', '.join(expected[0])} from {project.schema}.{mart}")
    assert len(found) == len(expected)

    def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(rows, key=lambda row: [str(row[name]) for name in key])

    for row, wanted in zip(in_order(found), in_order(expected), strict=True):
        numbers = {name: value for name, value in wanted.items() if isinstance(value, float)}
        assert {name: row[name] for name in numbers} == pytest.approx(numbers, rel=1e-6, abs=1e-5)
        assert {**row, **numbers} == wanted


def test_health_is_what_python_counts_on_every_night(project: LifecycleProject):
    expected = healths(WORLD)
    assert_same(project, "life_model_health", expected, ("evaluated_on", "model_name", "model_version"))
    # Whatever can be of a version occurs.
    assert {row["health_status"] for row in expected} == {"excellent", "good", "fair", "poor", "critical"}
    assert {row["has_traffic"] for row in expected} == {True, False}
    for name in ("latency", "accuracy", "drift"):
        known = [row[f"{name}_points"] is not None for row in expected if row["has_traffic"]]
        assert {True, False} == set(known)


def test_triggers_are_those_that_python_finds(project: LifecycleProject):
    found = project.rows(
        f"select model_name, model_version, trigger_type from {project.schema}.life_retraining_triggers"
    )
    expected = triggers(WORLD)
    assert len({name for *_, name in expected}) == 5
    assert sorted(tuple(row.values()) for row in found) == sorted(expected)


def test_dashboards_count_nothing_twice(project: LifecycleProject):
    assert_same(project, "life_executive_dashboard", dashboard(WORLD), ("domain",))
    expected = statuses(WORLD)
    assert_same(project, "life_lifecycle_status", expected, ("project_name", "environment"))
    assert {row["flag"] for row in expected} == {"needs_attention", "critical_issues", "overdue", "normal"}
    expected = costs(WORLD)
    assert_same(project, "life_project_costs", expected, ("project_name",))
    assert {row["is_over_budget"] for row in expected} == {True, False, None}


# -- what is done about it --------------------------------------------------------------------------------------------


def test_a_run_opens_incidents_and_queues_jobs_once(project: LifecycleProject, monkeypatch: pytest.MonkeyPatch):
    for name, value in project.world.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DBT_PROFILES_DIR", str(REPOSITORY))
    run = SimpleNamespace(
        project=Project(project.directory, project.world.target),
        manifest=project.manifest,
        wishes=SimpleNamespace(as_of=f"{NIGHTS[1]}"),
        run_id="tonight",
    )
    held = triggers(WORLD)
    urgent = ("accuracy_degradation", "health_degradation", "critical_health")
    unwell = {(model, version) for model, version, name in held if name in urgent}
    wanted = {model for model, _, name in held if name not in ("critical_health", "scheduled_retraining")}
    for said in (finish_retraining(run), finish_retraining(run)):
        assert said.startswith(f"{len(held)} triggers hold; opened: ")
    assert said.endswith("opened: no incident; queued: no job")
    incidents = project.rows(
        f"select model_name, affected_versions, severity, status from {project.schema}.life_incidents "
        "where opened_by = 'run'"
    )
    assert sorted(tuple(row.values()) for row in incidents) == sorted(
        (model, f'["{version}"]', "high", "open") for model, version in unwell
    )
    jobs = project.rows(
        f"select model_name, status, queued_by, triggers from {project.schema}.life_retraining_jobs "
        "where queued_by = 'run' order by model_name"
    )
    assert [row["model_name"] for row in jobs] == sorted(wanted)
    assert {(row["status"], row["queued_by"]) for row in jobs} == {("queued", "run")}
    assert all("is " in row["triggers"] for row in jobs)


def refusal(call: Procedures, procedure: str, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(procedure, actor="ann", **arguments)
    return str(refused.value)


def test_retraining_goes_from_the_queue_to_a_canary(project: LifecycleProject):
    project.insert(
        "eval_metrics",
        [("fresh", f"1.{minor}.0", "roc_auc", "class", "true", "split=test", "all", 0.9, 1000) for minor in (0, 1)],
    )
    names = {"project_name": "fresh"}

    def work(call: Procedures) -> None:
        call("create_model_project", actor="ann", **names)
        for minor in range(3):
            version = {"model_name": "fresh", "model_version": f"1.{minor}.0", "actor": "ann"}
            call("register_model_version", **names, **version)
            call("review_model_version", **version)
            call("approve_model_version", **version)
        served = {"model_name": "fresh", "model_version": "1.0.0"}
        call("deploy_model_version", **served, environment="production", actor="ann")
        other = call.rows("select project_name from prod.life_projects where project_name <> 'fresh' limit 1")[0][0]

        assert 'no project "nowhere"' in refusal(call, "queue_retraining", project_name="nowhere")
        assert "is no version of the project" in refusal(call, "queue_retraining", project_name=other, details=served)
        details = served | {"deploys_canary": True, "outcome": HOSTILE}
        first = call("queue_retraining", actor="ann", **names, details=details, reason=HOSTILE, request_id="one")
        assert (
            call("queue_retraining", actor="ann", **names, details=details, reason=HOSTILE, request_id="one") == first
        )
        second = call("queue_retraining", actor="bob", **names)
        assert (first["is_new"], second["is_new"]) == (True, False)
        assert second["retraining_job_id"] == first["retraining_job_id"]
        assert "is queued already; no other one is queued" in second["message"]

        job = {"retraining_job_id": first["retraining_job_id"]}
        new = {"new_model_version": "1.1.0"}
        assert "is queued and cannot become completed" in refusal(call, "complete_retraining", **job, details=new)
        assert 'no experiment "fresh ?"' in refusal(call, "start_retraining", **job, experiment_name="?")
        call("start_retraining", actor="ann", **job, experiment_name="baseline")
        assert "is running and cannot become running" in refusal(call, "start_retraining", **job)
        assert "new_model_version are missing" in refusal(call, "complete_retraining", **job)
        stranger = {"new_model_name": "churn", "new_model_version": "1.0.0"}
        assert "is a version of the project" in refusal(call, "complete_retraining", **job, details=stranger)
        answer = call("complete_retraining", actor="ann", **job, details=new | {"outcome": HOSTILE})
        assert answer["message"].endswith("fresh 1.1.0 is approved, and becomes a canary")
        traffic_now = (
            "select model_version, traffic_percent from prod.life_traffic where is_live and project_name = 'fresh'"
        )
        assert sorted(call.rows(traffic_now)) == [("1.0.0", 90), ("1.1.0", 10)]
        assert "is completed and cannot become failed" in refusal(call, "complete_retraining", **job, status="failed")

        # What the gates refuse stays as it is, and the job is over all the same.
        call("promote_canary", actor="ann", project_name="fresh", environment="production")
        job["retraining_job_id"] = call(
            "queue_retraining", actor="ann", **names, details={"model_name": "fresh", "deploys_canary": True}
        )["retraining_job_id"]
        call("start_retraining", actor="ann", **job)
        said = refusal(call, "complete_retraining", **job, details={"new_model_version": "1.2.0"})
        assert "Nothing is deployed, the traffic stays as it was" in said
        assert call.rows(traffic_now) == [("1.1.0", 100)]
        jobs = call.rows(
            "select status, trigger_type, experiment_name, new_model_version, outcome from prod.life_retraining_jobs "
            "where project_name = 'fresh' order by queued_at, revision desc, new_model_version"
        )
        assert jobs == [
            ("completed", "manual", "baseline", "1.1.0", HOSTILE),
            ("completed", "manual", None, "1.2.0", None),
        ]

        # A run waits after a job has ended; people need not.
        queued = call.rows(
            "select retraining_job_id, project_name from prod.life_retraining_jobs where status = 'queued' order by 2"
        )
        call("complete_retraining", actor="ann", retraining_job_id=queued[0][0], status="cancelled", reason="not now")
        assert call("evaluate_retraining_triggers", actor="run")["retraining_jobs"] == []
        assert call("queue_retraining", actor="ann", project_name=queued[0][1])["is_new"]

        version = call.rows("select model_name, model_version from prod.life_version_health order by 1, 2 limit 1")[0]
        found = call("evaluate_model_health", model_name=version[0], model_version=version[1])
        assert tuple(found.values()) == call.rows("select * from prod.life_version_health order by 2, 3 limit 1")[0]
        with pytest.raises(Refused, match=r"fresh 1\.2\.0 has no traffic, so there is no health of it; some that have"):
            call("evaluate_model_health", model_name="fresh", model_version="1.2.0")

        if project.world.target.engine == "postgres":
            call("create_model_project", actor="ann", project_name="busy")
            at_once = [lambda caller: caller("queue_retraining", actor="ann", project_name="busy")] * 3
            answers = call.at_once(*at_once)
            assert sorted(answer["is_new"] for answer in answers) == [False, False, True]
            assert len({answer["retraining_job_id"] for answer in answers}) == 1

    project.session(work, as_of=NIGHTS[1])
