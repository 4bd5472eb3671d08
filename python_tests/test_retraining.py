"""A queued retraining job has the next run train a version, judge it, and give it a canary's customers.

Each engine goes on in a copy of its world. What serves there is deployed, a job is queued in the morning, and a run and
a month later the customers of a snapshot are divided by the deployment.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5

import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from support.history import LAST_NIGHT, History
from support.world import World, copy_of

MORNING, NEXT_MONTH = "1998-07-01 06:00:00", "1998-08-01"
SERVING, TRAINED = "1998.7.0", "1998.7.1"
OF_SERVING = {"model_name": "repurchase", "model_version": SERVING, "actor": "ann"}
QUEUED = {"model_name": "repurchase", "model_version": SERVING, "deploys_canary": True}
# What trains a version, scores it, and tells of it.
TRAINING = (
    *("train_customer__schedule", "train_customer__versions_in_force", "train_repurchase__encodings"),
    *("pred_repurchase__parameters", "pred_repurchase__versions", "pred_repurchase__holdout_scores"),
    *("eval_holdout_metrics", "life_gate_measures", "life_retraining_jobs"),
)
SCORING = (
    *("int_snapshots", "train_customer__spine", "feat_customer__rfm", "feat_customer__windows"),
    *("train_customer__examples", "train_customer__versions_in_force", "pred_repurchase__scores"),
)


@dataclass(frozen=True)
class Retrained:
    """What became of a world by a job, and what the run and another one printed."""

    world: World
    said: str
    said_again: str


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def retrained(
    request: pytest.FixtureRequest,
    histories: dict[str, History],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Retrained]:
    directory = tmp_path_factory.mktemp("retraining") / request.param
    with copy_of(histories[request.param].world, directory, "retraining") as world:
        deploy(world)
        call(world, MORNING, "queue_retraining", project_name="repurchase", actor="ann", details=QUEUED)
        selected = [argument for model in TRAINING for argument in ("--select", model)]
        night = ("millwright", "nightly", "--as-of", MORNING, "--no-publish")
        said = world.run(*night, *selected)
        said_again = world.run(*night, "--select", "life_retraining_jobs")
        # On PostgreSQL what is replaced takes with it the views that stand on it, here those of half the project.
        if request.param == "duckdb":
            world.run("dbt", "run", "--vars", f"{{as_of: '{NEXT_MONTH}'}}", "--select", *SCORING)
        yield Retrained(world, said, said_again)


def deploy(world: World) -> None:
    call(world, LAST_NIGHT, "create_model_project", project_name="repurchase", actor="ann")
    call(world, LAST_NIGHT, "register_model_version", project_name="repurchase", **OF_SERVING)
    for procedure in ("review_model_version", "approve_model_version"):
        call(world, LAST_NIGHT, procedure, **OF_SERVING)
    call(world, LAST_NIGHT, "deploy_model_version", **OF_SERVING, environment="production")


def call(world: World, as_of: str, procedure: str, **arguments: object) -> None:
    world.run("dbt", "run-operation", procedure, "--args", json.dumps(arguments), "--vars", f"{{as_of: '{as_of}'}}")


def test_a_run_begins_the_job_trains_a_version_and_makes_it_a_canary(retrained: Retrained):
    lines = [line.strip() for line in retrained.said.splitlines()]
    assert any(line.startswith("retraining_job-1 begins") for line in lines)
    (job,) = retrained.world.query("select * from lifecycle.life_retraining_jobs").to_dict("records")
    assert (job["status"], job["new_model_version"]) == ("completed", TRAINED)
    assert job["started_at"] == job["ended_at"] == pd.Timestamp(MORNING)
    (version,) = retrained.world.query(
        f"select * from lifecycle.life_versions where model_name = 'repurchase' and model_version = '{TRAINED}'"
    ).to_dict("records")
    assert (version["status"], version["approved_by"]) == ("deployed", "run")
    traffic = retrained.world.query("""
        select model_version, traffic_percent
        from lifecycle.life_traffic
        where project_name = 'repurchase' and is_live
        order by traffic_percent
    """)
    assert traffic.values.tolist() == [[TRAINED, 10], [SERVING, 90]]


def test_the_version_was_fitted_on_what_was_known_when_the_job_began(retrained: Retrained):
    trained = retrained.world.query(f"""
        select parameter, value
        from predictors.pred_repurchase__parameters
        where model_version = '{TRAINED}' and parameter in ('n_train_rows', 'n_valid_rows')
    """).set_index("parameter")["value"]
    known = retrained.world.query(f"""
        select data_split, count(*) as n
        from training.train_repurchase__examples
        where
            label_known_at <= cast('{MORNING}' as timestamp)
            and (label_superseded_at > cast('{MORNING}' as timestamp) or label_superseded_at is null)
        group by data_split
    """).set_index("data_split")["n"]
    assert trained.to_dict() == {"n_train_rows": known["train"], "n_valid_rows": known["valid"]}


def test_gates_saw_both_versions_on_the_same_customers_as_scikit_learn_does(retrained: Retrained):
    scores = retrained.world.query("select * from predictors.pred_repurchase__holdout_scores")
    by_version = dict(iter(scores.groupby("model_version")))
    assert by_version.keys() == {SERVING, TRAINED}
    assert scores["event_at"].nunique() == 3
    rows = [sorted(zip(of_one["entity_id"], of_one["event_at"], strict=True)) for of_one in by_version.values()]
    assert rows[0] == rows[1]
    measured = retrained.world.query("select * from evaluation.eval_holdout_metrics").set_index(
        ["model_version", "metric"]
    )["value"]
    for version, of_one in by_version.items():
        is_positive = of_one["actual_class"] == "repurchase"
        assert measured[version, "roc_auc"] == pytest.approx(roc_auc_score(is_positive, of_one["score"]), abs=1e-9)
        assert measured[version, "log_loss"] == pytest.approx(log_loss(is_positive, of_one["score"]), abs=1e-9)
    decisions = retrained.world.query(f"""
        select gate_id, status, value, incumbent_value
        from lifecycle.life_gate_decisions
        where model_version = '{TRAINED}' and is_newest
        order by gate_id
    """)
    assert list(decisions["gate_id"]) == ["repurchase_log_loss", "repurchase_roc_auc"]
    assert set(decisions["status"]) == {"pass"}
    assert list(decisions["value"]) == pytest.approx([measured[TRAINED, "log_loss"], measured[TRAINED, "roc_auc"]])
    assert decisions["incumbent_value"][0] == pytest.approx(measured[SERVING, "log_loss"])


def test_the_next_snapshot_is_divided_by_the_deployment(retrained: Retrained):
    if retrained.world.target.engine == "postgres":
        pytest.skip("unit tests divide customers on PostgreSQL")
    scores = retrained.world.query(f"""
        select entity_id, model_version
        from predictors.pred_repurchase__scores
        where event_at = cast('{NEXT_MONTH}' as timestamp)
    """)
    assert scores["entity_id"].is_unique
    digits = [md5(f"traffic:{customer}".encode()).hexdigest()[:8] for customer in scores["entity_id"]]
    expected = [TRAINED if int(of_one, 16) / 16**8 >= 0.9 else SERVING for of_one in digits]
    assert list(scores["model_version"]) == expected
    assert len(set(expected)) == 2
    examples = retrained.world.query(f"""
        select count(*) as n
        from training.train_customer__examples
        where snapshot_at = cast('{NEXT_MONTH}' as timestamp)
    """)
    assert len(scores) == examples["n"][0]


def test_another_run_has_nothing_to_begin_or_to_end(retrained: Retrained):
    said = retrained.said_again
    assert "no retraining job waits" in said
    assert "no retraining trigger holds" in said
