"""The lifecycle of models: procedures change states legally and completely, whatever is called, in any order, at once.

Each engine has a small project. A plain Python model says of every call of a random sequence what must come of it;
callers in two threads call at once on PostgreSQL; and who served whom is compared with pandas.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.lifecycle_project import AS_OF, LifecycleProject, Procedures, Refused
from support.postgres_server import PostgresServer
from support.world import World

ENGINES = ("duckdb", "postgres")
HOSTILE = "O'Hara'); drop table ops.deployments; -- {{ 1/0 }} \\ \"x\" %s 日本"
# Of the versions that are measured: roc_auc, log_loss, predictions with an outcome.
MEASURED = {
    "1.0.0": (0.80, 0.400, 1000),
    "1.1.0": (0.82, 0.410, 1000),
    "1.2.0": (0.65, 0.400, 1000),
    "1.3.0": (0.90, 0.450, 1000),
    "1.4.0": (0.90, 0.300, 100),
    "1.5.0": (0.75, 0.405, 600),
}
GOOD = ("1.0.0", "1.1.0", "1.5.0")


@pytest.fixture(scope="module")
def projects(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, LifecycleProject]:
    made = {}
    for engine in ENGINES:
        project = made[engine] = LifecycleProject(World(engine, tmp_path_factory.mktemp(engine), postgres))
        metrics, months = [], []
        for version, (roc_auc, log_loss, n) in MEASURED.items():
            for metric, value in (("roc_auc", roc_auc), ("log_loss", log_loss)):
                metrics.append(("churn", version, metric, "class", "true", "split=test", "all", value, n))
            # Of both months together 80 ms, of version 1.1.0 130 ms.
            slow = 50 if version == "1.1.0" else 0
            months += [("churn", version, "month", mean + slow, 200, n) for mean, n in ((60, 30), (140, 10))]
        project.insert("eval_metrics", metrics)
        project.insert("mon_prediction_metrics", months)
    return made


@pytest.fixture(params=ENGINES)
def project(request: pytest.FixtureRequest, projects: dict[str, LifecycleProject]) -> LifecycleProject:
    return projects[request.param]


# -- random sequences of calls ----------------------------------------------------------------------------------------

VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "1.2.0"])
ENVIRONMENTS = st.sampled_from(["production", "development"])
ONWARD = {
    ("review_model_version", "registered"): "in_review",
    ("review_model_version", "rejected"): "in_review",
    ("approve_model_version", "in_review"): "approved",
    ("reject", "in_review"): "rejected",
    **{("retire_model_version", status): "retired" for status in ("registered", "in_review", "approved", "rejected")},
}


class Slot:
    """The deployments of an environment: status, shares by version, and the index of the one to go back to."""

    def __init__(self) -> None:
        self.past: list[tuple[str, dict[str, int], int | None]] = []
        self.now: int | None = None

    @property
    def status(self) -> str | None:
        return self.past[self.now][0] if self.past else None

    @property
    def shares(self) -> dict[str, int]:
        return self.past[self.now][1] if self.past else {}

    def put(self, status: str, shares: dict[str, int]) -> None:
        self.past.append((status, shares, self.now))
        self.now = len(self.past) - 1

    def goes_back(self) -> None:
        self.past.append(self.past[self.past[self.now][2]])
        self.now = len(self.past) - 1


def planned(slot: Slot, version: str, strategy: str, percent: int) -> tuple[str, dict[str, int]] | None:
    """What a deployment makes of a slot; None if it has to be refused."""
    if slot.shares.get(version) == 100 or not 1 <= percent <= 100:
        return None
    others = [other for other in slot.shares if other != version]
    if strategy == "canary" and percent > 10:
        return None
    if strategy == "blue_green" and percent != 100:
        return None
    if strategy == "rolling" and percent <= slot.shares.get(version, 0):
        return None
    if strategy != "blue_green" and len(others) > 1:
        return None
    if not slot.past or percent == 100:
        status, shares = "complete", {version: 100}
    else:
        status, shares = strategy, {version: percent, others[0]: 100 - percent}
    if slot.status == "canary" or (slot.status, status) == ("rolling", "canary"):
        return None
    return status, shares


def machine(call: Procedures, transitions: set[tuple], numbers: Iterator[int]) -> type[RuleBasedStateMachine]:
    class Lifecycle(RuleBasedStateMachine):
        """Calls procedures, and knows without them what has to come of it."""

        @initialize()
        def begin(self) -> None:
            number = next(numbers)
            self.project, self.model = f"project {number}", f"model {number}"
            self.experiments = {"baseline": "queued"}
            self.versions: dict[str, str] = {}
            self.slots = {"production": Slot(), "development": Slot()}
            self.n_calls, self.last, self.seen = 0, None, set()
            self.incidents: set[tuple[str, str]] = set()
            call.execute(
                f"insert into {SCHEMA}.eval_metrics select '{self.model}', model_version, metric, average, "
                f"is_positive_class, segment, grain, value, n from {SCHEMA}.eval_metrics where model_name = 'churn'"
            )
            self.does(True, "create_model_project", project_name=self.project)

        def does(self, is_legal: bool, procedure: str, **arguments: Any) -> None:
            self.n_calls += 1
            arguments |= {"actor": "ann", "request_id": f"{self.project} {self.n_calls}"}
            try:
                answer = call(procedure, **arguments)
            except Refused as refusal:
                assert not is_legal, refusal
                assert str(refusal).startswith("Compilation Error") and f"{procedure}: " in str(refusal)
            else:
                assert is_legal, answer
                self.last = (procedure, arguments, answer)

        @rule()
        def repeat(self) -> None:
            procedure, arguments, answer = self.last
            assert call(procedure, **arguments) == answer

        @rule(name=st.sampled_from(["baseline", "trees"]))
        def start_experiment(self, name: str) -> None:
            is_legal = self.experiments.get(name) in (None, "queued")
            arguments = {"details": {"algorithm": "trees"}} if name == "trees" else {}
            self.does(is_legal, "start_experiment", project_name=self.project, experiment_name=name, **arguments)
            if is_legal:
                self.experiments[name] = "running"

        @rule(name=st.sampled_from(["baseline", "trees"]), status=st.sampled_from(["completed", "failed", "queued"]))
        def complete_experiment(self, name: str, status: str) -> None:
            is_legal = self.experiments.get(name) == "running" and status != "queued"
            names = {"project_name": self.project, "experiment_name": name}
            self.does(is_legal, "complete_experiment", **names, status=status)
            if is_legal:
                self.experiments[name] = status

        @rule(version=VERSIONS, experiment=st.sampled_from([None, None, "baseline"]))
        def register(self, version: str, experiment: str | None) -> None:
            is_legal = version not in self.versions and (not experiment or self.experiments[experiment] == "completed")
            names = {"project_name": self.project, "experiment_name": experiment}
            self.does(is_legal, "register_model_version", **names, **self.named(version))
            if is_legal:
                self.versions[version] = "registered"

        @rule(version=VERSIONS, act=st.sampled_from(["review", "review", "approve", "approve", "reject", "retire"]))
        def judge(self, version: str, act: str) -> None:
            procedure = "reject" if act == "reject" else f"{act}_model_version"
            status = ONWARD.get((procedure, self.versions.get(version)))
            arguments = {"is_approved": False, "reason": "no"} if act == "reject" else {}
            procedure = "approve_model_version" if act == "reject" else procedure
            self.does(status is not None, procedure, **self.named(version), **arguments)
            if status:
                self.versions[version] = status

        @rule(version=VERSIONS)
        def hurry(self, version: str) -> None:
            """All the way to approval, so that there is something to deploy."""
            self.register(version, None)
            self.judge(version, "review")
            self.judge(version, "approve")

        @rule(
            version=VERSIONS,
            environment=ENVIRONMENTS,
            strategy=st.sampled_from(["blue_green", "canary", "rolling"]),
            percent=st.sampled_from([100, 100, 10, 11, 30, 60, 101, 0]),
        )
        def deploy(self, version: str, environment: str, strategy: str, percent: int) -> None:
            slot = self.slots[environment]
            plan = planned(slot, version, strategy, percent)
            is_known = plan is not None and version in self.versions
            passes = environment == "development" or version in GOOD
            is_legal = is_known and passes and self.versions[version] in ("approved", "deployed")
            if is_known and not is_legal:
                self.incidents.add((environment, version))
            details = {"strategy": strategy, "traffic_percent": percent}
            self.does(is_legal, "deploy_model_version", **self.named(version), environment=environment, details=details)
            if is_legal:
                slot.put(*plan)
                self.settle()

        @rule(environment=ENVIRONMENTS)
        def promote(self, environment: str) -> None:
            slot = self.slots[environment]
            is_legal = slot.status == "canary"
            self.does(is_legal, "promote_canary", project_name=self.project, environment=environment)
            if is_legal:
                slot.put("complete", {min(slot.shares, key=slot.shares.get): 100})
                self.settle()

        @rule(environment=ENVIRONMENTS)
        def roll_back(self, environment: str) -> None:
            slot = self.slots[environment]
            is_legal = False
            if slot.past and (before := slot.past[slot.now][2]) is not None:
                is_legal = all(self.versions[version] in ("approved", "deployed") for version in slot.past[before][1])
            self.does(is_legal, "rollback_model_version", project_name=self.project, environment=environment)
            if is_legal:
                slot.goes_back()
                self.settle()

        def named(self, version: str) -> dict[str, str]:
            return {"model_name": self.model, "model_version": version}

        def settle(self) -> None:
            serving = {version for slot in self.slots.values() for version in slot.shares}
            for version, status in self.versions.items():
                if status in ("approved", "deployed"):
                    self.versions[version] = "deployed" if version in serving else "approved"

        @invariant()
        def what_there_is_is_what_was_called_for(self) -> None:
            of_project = f"where project_name = '{self.project}'"
            shares: dict[str, dict[str, int]] = {"production": {}, "development": {}}
            for environment, version, percent in call.rows(
                f"select environment, model_version, traffic_percent from {SCHEMA}.life_traffic {of_project} and is_live"
            ):
                shares[environment][version] = percent
            assert shares == {environment: slot.shares for environment, slot in self.slots.items()}
            assert all(sum(of_slot.values()) in (0, 100) for of_slot in shares.values())

            history = call.rows(
                "select entity, entity_name, revision, status, actor, recorded_at "
                f"from {SCHEMA}.life_history {of_project} order by entity, entity_name, revision"
            )
            # Nothing that was written ever changes or goes.
            assert self.seen <= set(history)
            self.seen = set(history)
            newest: dict[tuple[str, str], tuple[int, str | None]] = {}
            for entity, name, revision, status, *_ in history:
                before, from_status = newest.get((entity, name), (0, None))
                assert revision == before + 1
                assert (entity, from_status, status) in transitions
                newest[entity, name] = (int(revision), status)
            assert {
                name.rpartition(" ")[2]: status for (entity, name), (_, status) in newest.items() if entity == "version"
            } == self.versions
            assert {
                name.rpartition(" ")[2]: status
                for (entity, name), (_, status) in newest.items()
                if entity == "experiment"
            } == self.experiments
            # What was refused for want of approval or by a gate left an incident, once.
            assert sum(entity == "incident" for entity, _ in newest) == len(self.incidents)

    return Lifecycle


SCHEMA = "prod"
# What fails is not made smaller, which would take long: the steps until then are printed.
EFFORT = settings(
    max_examples=6,
    stateful_step_count=30,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_random_calls_leave_what_a_plain_model_says(project: LifecycleProject):
    def work(call: Procedures) -> None:
        rows = call.rows(f"select entity, from_status, to_status from {SCHEMA}.lifecycle_transitions")
        run_state_machine_as_test(machine(call, set(rows), iter(range(1000))), settings=EFFORT)

    project.session(work)
