"""Trees that are rows score as scikit-learn does; what is fitted is chosen well, weighted, and the same every time."""

from collections.abc import Iterator
from functools import cache
from hashlib import md5
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.ensemble import HistGradientBoostingClassifier
from support.postgres_server import PostgresServer
from support.world import World
from threadpoolctl import threadpool_limits

from millwright.challengers import (
    COLUMNS,
    MAX_ITERATIONS,
    MAX_LEAF_NODES,
    SETTINGS,
    Challenger,
    fit_due_versions,
    predict_proba,
    score_due_snapshots,
)
from millwright.transfer import copy_from_postgres, copy_to_postgres, create_postgres_table
from millwright.warehouse import open_warehouse

VERSION = "1998.3.0"
FEATURES = ["steady", "gappy", "whole", "all_or_nothing"]
CLASSES = {2: ["no", "yes"], 3: ["none", "some", "much"]}
MOMENTS = pd.to_datetime(["1997-09-01", "1997-10-01"])
N_ROWS = 4000


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads of scikit-learn wait for each other busily, which takes long where others work, too."""
    with threadpool_limits(1):
        yield


def made_up(n_classes: int, seed: int = 0) -> pd.DataFrame:
    """Rows of two versions, with a feature that is mostly there, one that tells by being there, and rare classes."""
    draw = np.random.default_rng(seed)
    steady, gappy = draw.normal(size=(2, N_ROWS))
    is_there = draw.random(N_ROWS) < 0.5
    signal = steady + np.where(gappy > 1.2, np.nan_to_num(gappy), 0) + is_there + draw.logistic(size=N_ROWS)
    frame = pd.DataFrame(
        {
            "model_version": np.where(np.arange(N_ROWS) % 2, "1997.9.0", "1997.10.0"),
            "customer_id": [f"shop-{number:05}" for number in draw.permutation(N_ROWS)],
            "snapshot_at": MOMENTS[0],
            "data_split": np.where(draw.random(N_ROWS) < 0.7, "train", "valid"),
            "label": np.array(CLASSES[n_classes])[np.searchsorted([1.2, 2.5][: n_classes - 1], signal)],
            "steady": steady,
            "gappy": np.where(draw.random(N_ROWS) < 0.2, np.nan, gappy),
            "whole": draw.integers(0, 7, N_ROWS),
            "all_or_nothing": np.where(is_there, 1.0, np.nan),
        }
    )
    frame["sample_weight"] = np.where(frame["label"] == CLASSES[n_classes][0], 9.5, 1.0)
    return frame.assign(model_name="made_up")


def relations(session: duckdb.DuckDBPyConnection, examples: pd.DataFrame) -> SimpleNamespace:
    """What a Python model would refer to; missing values are NULL."""
    schedule = pd.DataFrame(
        {"model_name": "made_up", "model_version": ["1997.9.0", "1997.10.0"], "trained_at": MOMENTS}
    )
    # An array as a column has NaN for a number; pandas hands it over as NULL.
    session.register("examples_frame", examples)
    session.register("schedule_frame", schedule)
    return SimpleNamespace(
        schedule=session.table("schedule_frame"),
        examples=session.sql("""
            select * replace (
                case when isnan(gappy) then null else gappy end as gappy,
                case when isnan(all_or_nothing) then null else all_or_nothing end as all_or_nothing
            )
            from examples_frame
        """),
    )


def fitted(n_classes: int, examples: pd.DataFrame, held: list[str] | None = None) -> pd.DataFrame:
    with duckdb.connect() as session:
        of = relations(session, examples)
        held_frame = pd.DataFrame({"model_version": held or []}, dtype="string")
        return fit_due_versions(
            Challenger("made_up", CLASSES[n_classes]),
            of.schedule,
            lambda: of.examples,
            FEATURES,
            held=None if held is None else session.from_df(held_frame),
        )


@cache
def fitted_once(n_classes: int) -> pd.DataFrame:
    return fitted(n_classes, made_up(n_classes))


def facts_of(rows: pd.DataFrame) -> pd.Series:
    return rows[rows["node"].isna() & rows["output"].isna()].set_index("parameter")["value"]


def refitted(facts: pd.Series, train: pd.DataFrame, classes: list[str]) -> HistGradientBoostingClassifier:
    """The model that was chosen, fitted by scikit-learn with no more iterations than it has; classes are numbers."""
    model = HistGradientBoostingClassifier(
        max_leaf_nodes=int(facts["max_leaf_nodes"]), max_iter=int(facts["n_iterations"]), **SETTINGS
    )
    labels = train["label"].map(classes.index)
    return model.fit(train.drop(columns=["label", "sample_weight"]), labels, sample_weight=train["sample_weight"])


@pytest.mark.parametrize("n_classes", CLASSES)
def test_scores_from_rows_equal_predict_proba_with_values_missing(n_classes: int):
    examples, others = made_up(n_classes), made_up(n_classes, seed=1)[FEATURES]
    others.loc[:9] = np.nan
    rows = fitted_once(n_classes)
    for version, of_version in rows.groupby("model_version"):
        sample = examples[examples["model_version"] == version].sort_values("customer_id")
        train = sample.loc[sample["data_split"] == "train", [*FEATURES, "label", "sample_weight"]]
        model = refitted(facts_of(of_version), train, CLASSES[n_classes])
        challenger = Challenger("made_up", CLASSES[n_classes])
        found = predict_proba(challenger, of_version, others.to_numpy(), FEATURES)
        np.testing.assert_allclose(found, model.predict_proba(others), rtol=1e-9)
    thresholds = rows[rows["parameter"] == "threshold"]
    assert set(thresholds["is_missing_left"]) == {False, True}
    assert np.isinf(thresholds.loc[thresholds["feature"] == "all_or_nothing", "value"]).any()


@pytest.mark.parametrize("n_classes", CLASSES)
def test_the_trees_with_the_least_log_loss_on_the_valid_rows_are_kept(n_classes: int):
    examples = made_up(n_classes).query("model_version == '1997.9.0'").sort_values("customer_id")
    train, valid = (examples[examples["data_split"] == split] for split in ("train", "valid"))
    of_train, of_valid = (part["label"].map(CLASSES[n_classes].index) for part in (train, valid))
    losses = {}
    for leaves in MAX_LEAF_NODES:
        model = HistGradientBoostingClassifier(max_leaf_nodes=leaves, max_iter=MAX_ITERATIONS, **SETTINGS)
        model.fit(train[FEATURES], of_train, sample_weight=train["sample_weight"])
        for iteration, scores in enumerate(model.staged_predict_proba(valid[FEATURES]), start=1):
            losses[leaves, iteration] = metrics.log_loss(of_valid, scores, sample_weight=valid["sample_weight"])
    facts = facts_of(fitted(n_classes, examples, held=["1997.10.0"]))
    assert (facts["max_leaf_nodes"], facts["n_iterations"]) == min(losses, key=losses.get)
    assert facts["valid_log_loss"] == pytest.approx(min(losses.values()), rel=1e-9)
    assert (facts["n_train_rows"], facts["n_valid_rows"]) == (len(train), len(valid))


@pytest.mark.parametrize("n_classes", CLASSES)
def test_weights_keep_probabilities_those_of_all_rows(n_classes: int):
    examples = made_up(n_classes).query("model_version == '1997.9.0'")
    rows = fitted(n_classes, examples, held=["1997.10.0"])
    scores = predict_proba(Challenger("made_up", CLASSES[n_classes]), rows, examples[FEATURES].to_numpy(), FEATURES)
    rates = rows[rows["parameter"] == "train_rate"].set_index("output")["value"]
    for number, name in enumerate(CLASSES[n_classes]):
        is_class = examples["label"] == name
        share = np.average(is_class, weights=examples["sample_weight"])
        assert abs(share - is_class.mean()) > 0.05
        assert np.average(scores[:, number], weights=examples["sample_weight"]) == pytest.approx(share, abs=0.03)
        if name in rates:
            train = examples[examples["data_split"] == "train"]
            expected = np.average(train["label"] == name, weights=train["sample_weight"])
            assert rates[name] == pytest.approx(expected, rel=1e-12)


def test_a_fit_is_the_same_every_time_and_whatever_the_order_of_rows():
    examples = made_up(3)
    rows = fitted_once(3)
    assert list(rows.columns) == COLUMNS
    for again in (examples, examples.sample(frac=1, random_state=0)):
        pd.testing.assert_frame_equal(fitted(3, again), rows, check_exact=True)


def test_a_version_that_is_held_is_not_fitted_again():
    rows = fitted_once(2)
    first = rows[rows["model_version"] == "1997.9.0"]
    later = fitted(2, made_up(2, seed=5), held=["1997.9.0"])
    assert set(later["model_version"]) == {"1997.10.0"}
    assert set(first["model_version"]) == {"1997.9.0"}
    none = fitted(2, made_up(2), held=["1997.9.0", "1997.10.0"])
    assert len(none) == 0
    assert (none.dtypes == rows.dtypes).all()


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_class_that_is_missing_is_named(split: str):
    examples = made_up(3)
    with pytest.raises(ValueError, match=f"The {split} split has no row of some"):
        fitted(3, examples[(examples["data_split"] != split) | (examples["label"] != "some")])
    with pytest.raises(ValueError, match="made_up does not know the classes much"):
        fitted(2, examples.replace({"label": {"none": "no", "some": "yes"}}))


def test_snapshots_are_scored_once_by_the_versions_in_force_which_share_the_customers():
    rows = fitted_once(2)
    snapshots = pd.date_range("1997-09-01", periods=3, freq="MS")
    in_force = pd.DataFrame(
        {
            "model_name": "made_up",
            "snapshot_at": [snapshots[0], snapshots[1], snapshots[1], snapshots[2]],
            "model_version": ["1997.9.0", "1997.9.0", "1997.10.0", "1997.10.0"],
            "share_from": [0, 0, 0.9, 0],
            "share_until": [1, 0.9, 1, 1],
        }
    )
    examples = pd.concat([made_up(2, seed=7).assign(snapshot_at=snapshot) for snapshot in snapshots])
    challenger = Challenger("made_up", CLASSES[2])
    with duckdb.connect() as session:
        relation = relations(session, examples).examples
        given = (session.from_df(rows), session.from_df(in_force), lambda: relation, FEATURES)
        scores = score_due_snapshots(challenger, *given, held=None, salt="traffic")
        held = session.from_df(pd.DataFrame({"snapshot_at": snapshots[:2]}))
        later = score_due_snapshots(challenger, *given, held=held, salt="traffic")
        all_held = session.from_df(pd.DataFrame({"snapshot_at": snapshots}))
        none = score_due_snapshots(challenger, *given, held=all_held, salt="traffic")
    assert set(scores[scores["snapshot_at"] == snapshots[0]]["model_version"]) == {"1997.9.0"}
    of_second = scores[scores["snapshot_at"] == snapshots[1]].set_index("customer_id")["model_version"]
    fractions = [int(md5(f"traffic:{customer}".encode()).hexdigest()[:8], 16) / 16**8 for customer in of_second.index]
    assert list(of_second == "1997.10.0") == [fraction >= 0.9 for fraction in fractions]
    assert of_second.nunique() == 2
    assert len(of_second) == of_second.index.nunique() == N_ROWS
    of_last = scores[scores["snapshot_at"] == snapshots[2]].reset_index(drop=True)
    pd.testing.assert_frame_equal(later, of_last)
    assert len(none) == 0
    assert (none.dtypes == scores.dtypes).all()
    of_rows = made_up(2, seed=7).sort_values("customer_id")
    assert list(of_last["customer_id"]) == list(of_rows["customer_id"])
    newest = rows[rows["model_version"] == "1997.10.0"]
    expected = predict_proba(challenger, newest, of_rows[FEATURES].to_numpy(), FEATURES)
    np.testing.assert_array_equal(of_last[["no_score", "yes_score"]], expected)


def test_trees_and_infinity_pass_through_postgresql_as_they_are(postgres: PostgresServer, tmp_path):
    """What the materialization of Python models does on PostgreSQL."""
    rows = fitted_once(2)
    world = World("postgres", tmp_path, postgres, schema="challengers")
    with duckdb.connect() as session, open_warehouse(world.target) as warehouse:
        session.register("rows", rows)
        create_postgres_table(session, "select * from rows", warehouse.connection, "pg_temp.trees")
        copy_to_postgres(session, "select * from rows", warehouse.connection, "pg_temp.trees")
        copy_from_postgres(warehouse.connection, "select * from pg_temp.trees", session, "back")
        returned = session.table("back").df().astype(rows.dtypes.to_dict())
    keys = ["model_version", "parameter", "output", "iteration", "node"]
    pd.testing.assert_frame_equal(
        returned.sort_values(keys, ignore_index=True), rows.sort_values(keys, ignore_index=True), check_exact=True
    )
    assert np.isinf(returned["value"]).any()


CHALLENGERS = {
    "repurchase": ["no_repurchase", "repurchase"],
    "value_tier": ["nothing", "low", "medium", "high"],
}


@pytest.mark.parametrize("task", CHALLENGERS)
def test_scores_of_the_sample_world_equal_predict_proba(world: World, task: str):
    """The whole version again from its sample, by scikit-learn alone."""
    classes, parameters = (
        CHALLENGERS[task],
        world.query(f"""
        select * from predictors.pred_{task}__challenger_parameters where model_version = '{VERSION}'
    """),
    )
    features = world.query("select distinct feature from predictors.pred_repurchase__features order by 1")["feature"]
    sample = world.query(f"""
        select data_split, label, sample_weight, {", ".join(features)}
        from training.train_customer__sampled_examples
        where model_name = '{task}_challenger' and model_version = '{VERSION}'
    """)
    train = sample.loc[sample["data_split"] == "train", [*features, "label", "sample_weight"]]
    model = refitted(facts_of(parameters), train, classes)
    scored = world.query(f"""
        select scores.*, {", ".join(features)}
        from predictors.pred_{task}__challenger_scores as scores
        inner join training.train_customer__examples as examples
            on scores.entity_id = examples.customer_id and scores.event_at = examples.snapshot_at
        where scores.model_version = '{VERSION}'
    """)
    assert len(scored) > 2_000
    expected = model.predict_proba(scored[list(features)].astype(float))
    if task == "repurchase":
        np.testing.assert_allclose(scored["score"], expected[:, 1], rtol=1e-9)
        is_predicted = scored["score"] >= facts_of(parameters)["decision_threshold"]
        assert ((scored["predicted_class"] == "repurchase") == is_predicted).all()
        assert 0.05 < is_predicted.mean() < 0.5
    else:
        np.testing.assert_allclose(scored[[f"{name}_score" for name in classes]], expected, rtol=1e-9)
        assert (scored["predicted_class"] == np.array(classes)[expected.argmax(axis=1)]).all()


def test_challengers_do_better_than_the_baselines_on_customers_never_seen(world: World):
    """Log loss of the test split over all snapshots whose outcomes are known."""
    scores = {"repurchase": "1 - score as no_repurchase_score, score as repurchase_score"}
    for task, classes in CHALLENGERS.items():
        losses = {}
        for relation in (f"pred_{task}__scores", f"pred_{task}__challenger_scores"):
            rows = world.query(f"""
                select labels.label, scores.*
                from (
                    select entity_id, event_at, data_split, {scores.get(task, ", ".join(f"{c}_score" for c in classes))}
                    from predictors.{relation}
                ) as scores
                inner join training.train_{task}__examples as labels
                    on scores.entity_id = labels.customer_id and scores.event_at = labels.snapshot_at
                where scores.data_split = 'test' and labels.label_superseded_at is null
            """)
            probabilities = rows[[f"{name}_score" for name in classes]].to_numpy()
            losses[relation] = metrics.log_loss(rows["label"].map(classes.index), probabilities)
        baseline, challenger = losses.values()
        assert challenger < baseline
