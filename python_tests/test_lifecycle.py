"""The lifecycle of models: procedures change states legally and completely, whatever is called, in any order, at once.

Each engine has a small project. A plain Python model says of every call of a random sequence what must come of it;
callers in two threads call at once on PostgreSQL; and who served whom is compared with pandas.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.lifecycle_project import AS_OF, LifecycleProject, Procedures, Refused
from support.postgres_server import PostgresServer
from support.world import REPOSITORY, World

from millwright.lifecycle import problems_of_transitions

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


def rows_of(project: LifecycleProject, query: str) -> list[tuple]:
    return [tuple(row.values()) for row in project.rows(query)]


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
                answer = refusal
            assert is_legal != isinstance(answer, Refused), answer
            if is_legal:
                self.last = (procedure, arguments, answer)
            else:
                assert f"{procedure}: " in str(answer)

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
                "select environment, model_version, traffic_percent "
                f"from {SCHEMA}.life_traffic {of_project} and is_live"
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
    max_examples=4,
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


# -- what is deployed, and what is not --------------------------------------------------------------------------------


@dataclass
class Story:
    """What one project of a warehouse went through: answers and refusals by name, and the warehouse."""

    project: LifecycleProject
    said: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[tuple]] = field(default_factory=dict)

    def rows(self, query: str) -> list[tuple]:
        return rows_of(self.project, query)


REPEATED = {"actor": "ann", "request_id": "once"}
BAD = {
    "nobody": ("create_model_project", {"project_name": "x", "actor": " "}, "actor is empty; say who you are"),
    "no name": ("create_model_project", {"project_name": None}, "project_name is empty"),
    "taken": ("create_model_project", {"project_name": "CHURN"}, 'there is a project "churn" already, deployed'),
    "hostile detail": (
        "create_model_project",
        {"project_name": "x", "details": {HOSTILE: 1}},
        f'there is no detail "{HOSTILE}"; there are ',
    ),
    "no list": (
        "create_model_project",
        {"project_name": "x", "details": {"priority_level": "huge"}},
        'priority_level is "huge"; it must be one of low, medium, high, critical',
    ),
    "no amount": (
        "update_model_project",
        {"project_name": "churn", "details": {"spent_budget": -1}},
        "spent_budget is -1; it must be a number, 0 or more",
    ),
    "no date": (
        "update_model_project",
        {"project_name": "churn", "details": {"target_on": "soon"}},
        'target_on is "soon"; it must be an ISO date',
    ),
    "a day that is not": (
        "update_model_project",
        {"project_name": "churn", "details": {"target_on": "2100-02-29"}},
        'target_on is "2100-02-29"; it must be an ISO date',
    ),
    "nothing": ("update_model_project", {"project_name": "churn"}, "neither a status nor a detail to change"),
    "not over": (
        "update_model_project",
        {"project_name": "churn", "status": "retired"},
        "has traffic in production, so the project churn is not over",
    ),
    "unknown project": (
        "start_experiment",
        {"project_name": HOSTILE + "?", "experiment_name": "x"},
        f'there is no project "{HOSTILE}?"; the newest are',
    ),
    "no algorithm": (
        "start_experiment",
        {"project_name": "churn", "experiment_name": "x"},
        "the detail algorithm is missing",
    ),
    "a number": (
        "register_model_version",
        {"project_name": "churn", "model_name": "churn", "model_version": 1.1},
        "model_version is 1.1, no text; put it in quotes",
    ),
    "no version": (
        "register_model_version",
        {"project_name": "churn", "model_name": "churn", "model_version": "1.01.0"},
        'model_version is "1.01.0", no semantic version',
    ),
    "queued": (
        "register_model_version",
        {"project_name": "churn", "model_name": "churn", "model_version": "3.0.0", "experiment_name": "baseline"},
        "the experiment baseline of churn is queued; a version can come out of one that is completed",
    ),
    "without a reason": (
        "approve_model_version",
        {"model_name": "churn", "model_version": "1.0.0", "is_approved": False},
        "reason is empty; say why the version is rejected",
    ),
    "unknown version": (
        "deploy_model_version",
        {"model_name": "churn", "model_version": "9.0.0", "environment": "production"},
        'there is no version "churn 9.0.0"; the newest are churn',
    ),
    "nowhere": (
        "deploy_model_version",
        {"model_name": "churn", "model_version": "1.1.0", "environment": "moon"},
        'there is no environment "moon"; there are development, staging, production',
    ),
    "too much": (
        "deploy_model_version",
        {
            "model_name": "churn",
            "model_version": "1.1.0",
            "environment": "production",
            "details": {"traffic_percent": 110},
        },
        "traffic_percent is 110; it must be from 1 to 100",
    ),
    "no canary": (
        "promote_canary",
        {"project_name": "churn", "environment": "staging"},
        "churn has no canary in staging",
    ),
    "nothing before": (
        "rollback_model_version",
        {"project_name": "churn", "environment": "development"},
        "there is nothing to go back to for churn in development; nothing was ever deployed there",
    ),
    "no gate": (
        "override_quality_gate",
        {
            "model_name": "churn",
            "model_version": "1.3.0",
            "environment": "production",
            "gate_id": HOSTILE,
            "reason": "x",
        },
        f'no quality gate "{HOSTILE}" applies to churn in production; there are auc, loss',
    ),
    "traffic": (
        "retire_model_version",
        {"model_name": "churn", "model_version": "1.0.0"},
        "the version churn 1.0.0 is deployed and cannot become retired",
    ),
    "unknown incident": ("update_incident", {"incident_id": "x", "status": "resolved"}, 'there is no incident "x"'),
    "strangers": (
        "open_incident",
        {
            "project_name": "churn",
            "title": "x",
            "details": {"incident_type": "system_failure", "model_name": "churn", "affected_versions": ["9.0.0"]},
        },
        "the project churn has no version churn 9.0.0",
    ),
    "another call": (
        "update_model_project",
        {"project_name": "churn", "details": {"domain": "x"}, "request_id": "once"},
        'the request_id "once" was that of another call, create_model_project with',
    ),
}


def live(project: LifecycleProject) -> Story:
    story = Story(project)

    def work(call: Procedures) -> None:
        def tried(name: str, procedure: str, **arguments: Any) -> None:
            try:
                story.said[name] = call(procedure, **{"actor": "ann"} | arguments)
            except Refused as refusal:
                story.said[name] = str(refusal)

        def deployed(name: str, version: str, environment: str = "production", **details: Any) -> None:
            names = {"model_name": "churn", "model_version": version, "environment": environment}
            tried(name, "deploy_model_version", **names, details=details, request_id=name)
            traffic = f"select model_version, traffic_percent from {SCHEMA}.life_traffic where is_live"
            story.tables[name] = call.rows(f"{traffic} and project_name = 'churn' and environment = 'production'")

        for number in range(2):
            tried(f"created {number}", "create_model_project", project_name="churn", **REPEATED)
        details = {
            "domain": HOSTILE,
            "success_criteria": {HOSTILE: [1, None]},
            "target_on": date(2024, 6, 1),
            "allocated_budget": 200,
        }
        tried("hostile", "create_model_project", project_name=HOSTILE, details=details, actor=HOSTILE, reason=HOSTILE)
        tried("spent", "update_model_project", project_name=HOSTILE, details={"spent_budget": 50.5})
        trained = {"project_name": "churn", "experiment_name": "trees"}
        fitted = {"algorithm": "boosted trees", "hyperparameters": {"depth": 3}}
        tried("started", "start_experiment", **trained, details=fitted)
        tried("early", "register_model_version", **trained, model_name="churn", model_version="1.0.0")
        tried("ended", "complete_experiment", **trained, details={"metrics": {"auc": 0.8}})
        for version in MEASURED:
            names = {"model_name": "churn", "model_version": version}
            tried("registered", "register_model_version", **trained, **names)
            if version != "1.5.0":
                tried("reviewed", "review_model_version", **names)
                tried("approved", "approve_model_version", actor="bob", **names)

        deployed("first", "1.0.0", strategy="canary", traffic_percent=5)
        for name, version in {
            "fails": "1.2.0",
            "worse": "1.3.0",
            "too few": "1.4.0",
            "not approved": "1.5.0",
        }.items():
            deployed(name, version)
        # The same call, and the same version in another.
        deployed("fails", "1.2.0")
        deployed("fails again", "1.2.0")
        deployed("slow", "1.1.0", "staging")
        deployed("fast", "1.0.0", "staging")
        names = {"model_name": "churn", "model_version": "1.3.0", "environment": "production"}
        tried("checked", "check_quality_gates", **names)
        tried("overridden", "override_quality_gate", **names, gate_id="loss", reason=HOSTILE)
        tried("passed", "check_quality_gates", **names)

        deployed("canary", "1.1.0", strategy="canary", traffic_percent=7)
        deployed("between", "1.3.0")
        slot = {"project_name": "churn", "environment": "production"}
        tried("promoted", "promote_canary", **slot)
        for number in range(3):
            tried(f"back {number}", "rollback_model_version", **slot)
            deployed(f"after {number}", "9.0.0")
        deployed("rolling", "1.3.0", strategy="rolling", traffic_percent=30)
        deployed("further", "1.3.0", strategy="rolling")
        tried("left", "rollback_model_version", **slot)
        tried("left", "rollback_model_version", **slot)
        tried("retired", "retire_model_version", model_name="churn", model_version="1.1.0")

        known = {"incident_type": "accuracy_drop", "incident_key": "recall", "model_name": "churn"}
        for number in range(2):
            tried(
                f"incident {number}",
                "open_incident",
                project_name="churn",
                title=HOSTILE,
                details=known | {"affected_versions": ["1.0.0", "1.1.0"]},
            )
        incident = {"incident_id": story.said["incident 0"]["incident_id"]}
        tried("closed", "update_incident", **incident, status="closed")
        tried("resolved", "update_incident", **incident, status="resolved", details={"root_cause": HOSTILE})
        tried("incident 2", "open_incident", project_name="churn", title="x", details=known)

        before = [
            call.rows(f"select * from ops.{table} order by recorded_at") for table in ("lifecycle_calls", "incidents")
        ]
        for name, (procedure, arguments, _) in BAD.items():
            tried(name, procedure, **arguments)
        after = [
            call.rows(f"select * from ops.{table} order by recorded_at") for table in ("lifecycle_calls", "incidents")
        ]
        story.tables["before"], story.tables["after"] = before, after

    def earlier(call: Procedures) -> None:
        with pytest.raises(Refused) as refusal:
            call("update_model_project", project_name="churn", actor="ann", details={"domain": "x"})
        story.said["earlier"] = str(refusal.value)

    project.session(work)
    project.session(earlier, AS_OF - timedelta(days=1))
    return story


@pytest.fixture(scope="module")
def stories(projects: dict[str, LifecycleProject]) -> dict[str, Story]:
    return {engine: live(project) for engine, project in projects.items()}


@pytest.fixture(params=ENGINES)
def story(request: pytest.FixtureRequest, stories: dict[str, Story]) -> Story:
    return stories[request.param]


def test_what_cannot_be_done_is_refused_by_name_and_leaves_nothing(story: Story):
    for name, (procedure, _, message) in BAD.items():
        assert f"{procedure}: " in story.said[name], (name, story.said[name])
        assert message in story.said[name], (name, story.said[name])
    assert story.tables["before"] == story.tables["after"]
    assert "history only grows: pass that moment or a later one" in story.said["earlier"]


def test_a_repeated_call_is_answered_and_not_done_again(story: Story):
    assert story.said["created 0"] == story.said["created 1"]
    assert story.rows(
        "select count(*) from ops.model_projects where project_name = 'churn' and status = 'planning'"
    ) == [(1,)]
    # So is one that was refused; its incident is opened once, by whatever calls.
    assert story.rows(
        "select count(*) as n_rows, count(distinct incident_id) as n from ops.incidents "
        "where title like 'churn 1.2.0 %production'"
    ) == [(1, 1)]


def test_texts_are_kept_as_they_were_given(story: Story):
    literal = "'" + HOSTILE.replace("'", "''") + "'"
    ((domain, criteria, target_on, spent_rate, changed_by),) = story.rows(
        "select domain, success_criteria, target_on, spent_rate, changed_by "
        f"from {SCHEMA}.life_projects where project_name = {literal}"
    )
    assert (domain, json.loads(criteria)) == (HOSTILE, {HOSTILE: [1, None]})
    assert (target_on, spent_rate, changed_by) == (date(2024, 6, 1), 0.2525, "ann")
    assert story.rows(f"select count(*) from {SCHEMA}.life_history where actor = {literal} and reason = {literal}") == [
        (2,)
    ]
    assert story.rows(
        f"select status, root_cause, affected_versions from {SCHEMA}.life_incidents where title = {literal}"
    ) == [("resolved", HOSTILE, '["1.0.0", "1.1.0"]')]


def test_what_does_not_pass_stays_out_and_leaves_its_reasons(story: Story):
    reasons = {
        "fails": "auc: roc_auc (positive, split=test) is 0.65 of 1000 predictions, wanted is at least 0.7",
        "worse": "loss: log_loss (positive, split=test) is 0.45 of 1000 predictions, wanted is at most 0.42, "
        "by that of churn 1.0.0",
        "too few": "auc: roc_auc (positive, split=test) is known of 100 predictions, and it takes 500",
        "not approved": "the version churn 1.5.0 is registered, not approved",
        "slow": "latency: latency_mean_ms (all, all) is 130.0 of 40 predictions, wanted is at most 100.0",
    }
    for name, reason in reasons.items():
        assert reason in story.said[name], (name, story.said[name])
        assert "Nothing is deployed, the traffic stays as it was (incident-" in story.said[name]
        assert story.tables[name] == [("1.0.0", 100)]
    assert story.said["fast"]["traffic"] == ["churn 1.0.0 100%"]
    incidents = story.rows(
        "select affected_versions, environment, severity, status, opened_by from "
        f"{SCHEMA}.life_incidents where incident_type = 'deployment_failure' and project_name = 'churn' order by 1"
    )
    assert incidents == [
        ('["1.1.0"]', "staging", "high", "open", "ann"),
        *((f'["{version}"]', "production", "high", "open", "ann") for version in ("1.2.0", "1.3.0", "1.4.0", "1.5.0")),
    ]
    decisions = story.rows(f"""
        select model_version, gate_id, status, value, n, incumbent_value
        from {SCHEMA}.life_gate_decisions
        where revision = 1 and model_name = 'churn' and environment = 'production'
        order by model_version, gate_id
    """)
    assert decisions == [
        ("1.0.0", "auc", "pass", 0.8, 1000, None),
        ("1.0.0", "loss", "pass", 0.4, 1000, None),
        ("1.1.0", "auc", "pass", 0.82, 1000, 0.8),
        ("1.1.0", "loss", "pass", 0.41, 1000, 0.4),
        ("1.2.0", "auc", "fail", 0.65, 1000, 0.8),
        ("1.2.0", "loss", "pass", 0.4, 1000, 0.4),
        ("1.3.0", "auc", "pass", 0.9, 1000, 0.8),
        ("1.3.0", "loss", "fail", 0.45, 1000, 0.4),
        ("1.4.0", "auc", "insufficient", 0.9, 100, 0.8),
        ("1.4.0", "loss", "insufficient", 0.3, 100, 0.4),
    ]


def test_a_gate_that_is_overridden_is_passed_and_says_so(story: Story):
    assert not story.said["checked"]["is_passed"]
    assert story.said["passed"]["is_passed"]
    assert [decision["status"] for decision in story.said["passed"]["decisions"]] == ["pass", "overridden"]
    assert story.said["rolling"]["traffic"] == ["churn 1.3.0 30%", "churn 1.0.0 70%"]
    assert story.said["further"]["traffic"] == ["churn 1.3.0 50%", "churn 1.0.0 50%"]


def test_a_rollback_restores_the_very_traffic_one_deployment_after_the_other(story: Story):
    assert story.tables["first"] == [("1.0.0", 100)]
    assert sorted(story.tables["canary"]) == [("1.0.0", 93), ("1.1.0", 7)]
    # Whoever comes between a canary and its end waits, without an incident.
    assert "cannot become complete; it can become complete (promote_canary)" in story.said["between"]
    assert story.said["promoted"]["traffic"] == ["churn 1.1.0 100%"]
    assert sorted(story.tables["after 0"]) == sorted(story.tables["canary"])
    assert story.tables["after 1"] == story.tables["first"]
    assert "churn 1.0.0 was the first there" in story.said["back 2"]
    assert story.rows(f"""
        select deployment.strategy, previous.revision as previous_revision, restored.revision as restored_revision
        from {SCHEMA}.life_deployments as deployment
        left join {SCHEMA}.life_deployments as previous on deployment.previous_deployment_id = previous.deployment_id
        left join {SCHEMA}.life_deployments as restored on deployment.restored_deployment_id = restored.deployment_id
        where deployment.project_name = 'churn' and deployment.environment = 'production'
        order by deployment.revision
    """) == [
        ("canary", None, None),
        ("canary", 1, None),
        ("canary", 2, None),
        ("rollback", 1, 2),
        ("rollback", None, 1),
        ("rolling", 5, None),
        ("rolling", 6, None),
        ("rollback", 5, 6),
        ("rollback", None, 5),
    ]


def test_versions_say_how_far_they_came_and_by_whom(story: Story):
    columns = (
        "model_version, status, approved_by, deployed_at is not null as is_old, retired_at is not null as is_retired"
    )
    assert story.rows(f"select {columns} from {SCHEMA}.life_versions where model_name = 'churn' order by 1") == [
        ("1.0.0", "deployed", "bob", True, False),
        ("1.1.0", "retired", "bob", True, True),
        ("1.2.0", "approved", "bob", False, False),
        ("1.3.0", "approved", "bob", True, False),
        ("1.4.0", "approved", "bob", False, False),
        ("1.5.0", "registered", None, False, False),
    ]
    assert (
        "the experiment trees of churn is running; a version can come out of one that is completed"
        in story.said["early"]
    )
    assert story.rows(
        "select model_version, algorithm, parameters, created_by from ops.model_versions "
        "where model_name = 'churn' order by 1"
    ) == [(version, "boosted trees", '{"depth": 3}', "ann") for version in MEASURED]
    assert story.rows(f"select status, n_versions from {SCHEMA}.life_projects where project_name = 'churn'") == [
        ("deployed", len(MEASURED))
    ]


def test_incidents_of_a_cause_are_open_once_at_a_time(story: Story):
    first, again, anew = (story.said[f"incident {number}"] for number in range(3))
    assert (first["is_new"], again["is_new"], anew["is_new"]) == (True, False, True)
    assert first["incident_id"] == again["incident_id"] != anew["incident_id"]
    assert "is open and cannot become closed; it can become investigating" in story.said["closed"]


def test_both_engines_tell_the_same(stories: dict[str, Story]):
    columns = "entity, entity_name, project_name, revision, status, actor, reason, request_id, valid_from, valid_to"
    duckdb, postgres = (
        stories[engine].rows(f"select {columns} from {SCHEMA}.life_history where project_name not like 'project %'")
        for engine in ENGINES
    )
    assert duckdb
    assert sorted(map(str, duckdb)) == sorted(map(str, postgres))
    assert stories["duckdb"].said == stories["postgres"].said


# -- callers at once --------------------------------------------------------------------------------------------------


def test_callers_at_once_never_lose_a_change(projects: dict[str, LifecycleProject]):
    project, n_rounds = projects["postgres"], 6

    def caller(procedure: str, **arguments: Any) -> Callable[[Procedures], Any]:
        return lambda call: call(procedure, actor="ann", **arguments)

    def work(call: Procedures) -> list[list[Any]]:
        rounds = []
        for number in range(n_rounds):
            name = f"shared {number}"
            slot = {"project_name": name, "environment": "development"}
            versions = [{"model_name": name, "model_version": f"1.{minor}.0"} for minor in range(2)]
            rounds.append(call.at_once(*[caller("create_model_project", project_name=name, request_id=name)] * 2))
            rounds.append(call.at_once(*[caller("register_model_version", project_name=name, **versions[0])] * 2))
            call("register_model_version", actor="ann", project_name=name, **versions[1])
            for version in versions:
                call("review_model_version", actor="ann", **version)
                call("approve_model_version", actor="ann", **version)
            deploy = [caller("deploy_model_version", **version, environment="development") for version in versions]
            rounds.append(call.at_once(*deploy))
            rounds.append(call.at_once(caller("rollback_model_version", **slot), *deploy))
        return rounds

    rounds = project.session(work)
    for created, registered, deployed, mixed in zip(*(rounds[start::4] for start in range(4)), strict=True):
        # The same request is answered twice; of two callers without one the second is told what the first has done.
        assert created[0] == created[1]
        assert not isinstance(created[0], Refused)
        (refusal,) = (str(answer) for answer in registered if isinstance(answer, Refused))
        assert "is registered and cannot become registered" in refusal
        assert not any(isinstance(answer, Refused) for answer in deployed)
        assert {answer["revision"] for answer in deployed} == {1, 2}
        done = [answer["revision"] for answer in mixed if not isinstance(answer, Refused)]
        assert sorted(done) == list(range(3, 3 + len(done)))
    of_shared = "where project_name like 'shared %'"
    (totals,) = zip(
        *rows_of(project, f"select sum(traffic_percent) from {SCHEMA}.life_traffic {of_shared} group by deployment_id"),
        strict=True,
    )
    assert set(totals) == {100}
    for table, key in {
        "model_version_revisions": "model_name, model_version",
        "deployments": "project_name, environment, model_name, model_version",
        "model_projects": "project_name",
        "incidents": "incident_id",
    }.items():
        revisions = f"select {key}, revision from ops.{table} group by {key}, revision"
        assert rows_of(project, f"{revisions} having count(*) > 1") == []
    assert rows_of(
        project,
        f"select count(*) from (select project_name from {SCHEMA}.life_traffic {of_shared} and is_live "
        "group by project_name, environment having count(distinct deployment_id) <> 1) as wrong",
    ) == [(0,)]


# -- which version served whom, when ----------------------------------------------------------------------------------


def predictions() -> list[list[tuple]]:
    """What three nights learn: predictions of some entities by changing versions, some of them late."""
    draws = np.random.default_rng(3)
    nights: list[list[tuple]] = [[], [], []]
    for number in range(1500):
        entity = f"e{draws.integers(40)}"
        day = int(draws.integers(90))
        night = min(day // 30 + int(draws.random() < 0.1), 2)
        version = f"1.{day // 20 + int(draws.random() < 0.15)}.0"
        environment = [None, "production", "production", "staging"][draws.integers(4)]
        at = datetime(2024, 1, 1) + timedelta(days=day, hours=int(draws.integers(3)))
        known_at = max(at, datetime(2024, 1, 1) + timedelta(days=30 * (night + 1), hours=-int(draws.integers(1, 60))))
        nights[night].append((["churn", "value"][number % 2], version, environment, entity, at, known_at))
    return nights


def spans_of(rows: list[tuple]) -> pd.DataFrame:
    """The reference: spans of equal versions, in pandas."""
    names = ["model_name", "model_version", "environment", "entity_id", "event_at", "known_at"]
    frame = pd.DataFrame(rows, columns=names).fillna({"environment": "unknown"})
    entity = ["model_name", "environment", "entity_id"]
    frame = frame.sort_values([*entity, "event_at", "model_version"], ignore_index=True)
    said = frame[[*entity, "model_version"]]
    is_begin = (said != said.shift()).any(axis=1)
    spans = frame.groupby([*entity, "model_version", is_begin.cumsum().rename("span")], as_index=False).agg(
        served_from=("event_at", "min"), last_predicted_at=("event_at", "max"), known_at=("known_at", "max")
    )
    spans = spans.sort_values("span", ignore_index=True)
    spans["served_until"] = spans.groupby(entity)["served_from"].shift(-1)
    columns = [*entity, "model_version", "served_from", "served_until", "last_predicted_at", "known_at"]
    return spans[columns].sort_values([*entity, "served_from", "model_version"], ignore_index=True)


def test_each_night_adds_to_who_was_served_by_which_version(project: LifecycleProject):
    told: list[tuple] = []
    for number, night in enumerate(predictions()):
        project.insert("eval_predictions", night)
        told += night
        as_of = AS_OF + timedelta(days=30 * (number + 1))
        for options in [[], ["--full-refresh"]] if number == 2 else [[]]:
            result, said = project.dbt("run", "--select", "life_serving_history", *options, as_of=as_of)
            assert result.success, said
            held = pd.DataFrame(project.rows(f"select * from {SCHEMA}.life_serving_history"))
            expected = spans_of(told)
            held = held[expected.columns].sort_values(list(expected.columns[[0, 1, 2, 4, 3]]), ignore_index=True)
            pd.testing.assert_frame_equal(held, expected, check_dtype=False)
    entity = "model_name = 'churn' and environment = 'production' and entity_id = 'e7'"
    # Which version served whom on a day is one query.
    moment = datetime(2024, 2, 20, 12)
    of_entity = [row for row in told if (row[0], row[2], row[3]) == ("churn", "production", "e7") and row[4] <= moment]
    assert rows_of(
        project,
        f"select model_version from {SCHEMA}.life_serving_history where {entity} "
        f"and served_from <= timestamp '{moment}' and (served_until > timestamp '{moment}' or served_until is null)",
    ) == [(max(of_entity, key=lambda row: (row[4], row[1]))[1],)]


def test_what_is_built_holds_by_its_data_tests(project: LifecycleProject, stories: dict[str, Story]):
    result, said = project.dbt("test", as_of=AS_OF + timedelta(days=90))
    assert result.success, said
    assert len(result.result) > 10


# -- the seed of transitions ------------------------------------------------------------------------------------------


def test_the_diagrams_are_those_of_the_seed():
    command = [sys.executable, "-m", "millwright.lifecycle"]
    drawn = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert drawn == (REPOSITORY / "docs" / "lifecycle.md").read_text(), (
        f"run {' '.join(command[1:])} > docs/lifecycle.md"
    )


def test_transitions_that_lead_nowhere_are_named_by_line():
    names = ("entity", "from_status", "to_status", "procedure")
    rows = [
        ("version", None, "registered", "register_model_version"),
        ("version", "registered", "approved", "bless_model_version"),
        ("version", "reviewed", "rejected", "approve_model_version"),
        ("incident", "open", "open", "update_incident"),
    ]
    procedures = {"register_model_version", "approve_model_version", "update_incident"}
    lines = [(number, dict(zip(names, row, strict=True))) for number, row in enumerate(rows, 2)]
    assert list(problems_of_transitions(lines, procedures)) == [
        (3, "there is no procedure 'bless_model_version' in macros/procedures/"),
        (4, "nothing ever becomes 'reviewed', since no line for version leads to it"),
        (5, "nothing for incident has a blank from_status, so none ever begins"),
    ]
