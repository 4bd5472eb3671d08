"""Features, labels, fit, scores and metrics of the model `repurchase`, each against pandas or scikit-learn."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.world import World

VERSION = "1998.3.0"
PINNED = "1997.8.0"
ORACLE = {
    "accuracy": lambda actual, predicted, score: metrics.accuracy_score(actual, predicted),
    "balanced_accuracy": lambda actual, predicted, score: metrics.balanced_accuracy_score(actual, predicted),
    "precision": lambda actual, predicted, score: metrics.precision_score(actual, predicted, zero_division=np.nan),
    "recall": lambda actual, predicted, score: metrics.recall_score(actual, predicted, zero_division=np.nan),
    "specificity": lambda actual, predicted, score: metrics.recall_score(actual, predicted, pos_label=False),
    "negative_predictive_value": lambda actual, predicted, score: metrics.precision_score(
        actual, predicted, pos_label=False
    ),
    "false_positive_rate": lambda actual, predicted, score: (
        1 - metrics.recall_score(actual, predicted, pos_label=False)
    ),
    "false_negative_rate": lambda actual, predicted, score: 1 - metrics.recall_score(actual, predicted),
    "f1": lambda actual, predicted, score: metrics.f1_score(actual, predicted),
    "jaccard": lambda actual, predicted, score: metrics.jaccard_score(actual, predicted),
    "matthews_correlation": lambda actual, predicted, score: metrics.matthews_corrcoef(actual, predicted),
    "cohen_kappa": lambda actual, predicted, score: metrics.cohen_kappa_score(actual, predicted),
    "brier_score": lambda actual, predicted, score: metrics.brier_score_loss(actual, score),
    "log_loss": lambda actual, predicted, score: metrics.log_loss(actual, score),
    "roc_auc": lambda actual, predicted, score: metrics.roc_auc_score(actual, score),
    "average_precision": lambda actual, predicted, score: metrics.average_precision_score(actual, score),
    "f_beta": lambda actual, predicted, score: metrics.fbeta_score(actual, predicted, beta=2),
    "selection_rate": lambda actual, predicted, score: predicted.mean(),
    "support": lambda actual, predicted, score: actual.sum(),
    "prevalence": lambda actual, predicted, score: actual.mean(),
}


@pytest.fixture(scope="module")
def predictions(world: World) -> pd.DataFrame:
    return world.relation("evaluation.eval_predictions where model_name = 'repurchase'")


@pytest.fixture(scope="module")
def reported(world: World) -> pd.DataFrame:
    return world.relation(
        "evaluation.eval_metrics where model_name = 'repurchase' and (average = 'all' or is_positive_class)"
    )


def test_metrics_equal_scikit_learn_on_the_same_rows(predictions: pd.DataFrame, reported: pd.DataFrame):
    known = predictions[predictions["actual_class"].notna()]
    months = known["event_at"].dt.to_period("M").dt.to_timestamp()
    n_compared = 0
    for (version, month), rows in known.groupby(["model_version", months]):
        for segment, part in {"all": rows, **{f"split={name}": of for name, of in rows.groupby("data_split")}}.items():
            arguments = part["actual_class"] == "repurchase", part["predicted_class"] == "repurchase", part["score"]
            mart = reported[
                (reported["model_version"] == version)
                & (reported["grain"] == "month")
                & (reported["period_start_at"] == month)
                & (reported["segment"] == segment)
            ].set_index("metric")
            for metric, oracle in ORACLE.items():
                assert mart.loc[metric, "value"] == pytest.approx(oracle(*arguments), rel=1e-9), (
                    version,
                    segment,
                    metric,
                )
                assert mart.loc[metric, "n"] == len(part)
                n_compared += 1
    assert n_compared == 8 * 4 * len(ORACLE)
    others = {"label_coverage", "expected_calibration_error", "max_calibration_error"}
    assert set(reported["metric"]) == {*ORACLE, *others}


def test_metrics_of_all_time_equal_scikit_learn(predictions: pd.DataFrame, reported: pd.DataFrame):
    part = predictions[(predictions["model_version"] == VERSION) & predictions["actual_class"].notna()]
    arguments = part["actual_class"] == "repurchase", part["predicted_class"] == "repurchase", part["score"]
    mart = reported[
        (reported["model_version"] == VERSION) & (reported["grain"] == "all") & (reported["segment"] == "all")
    ].set_index("metric")["value"]
    for metric, oracle in ORACLE.items():
        assert mart[metric] == pytest.approx(oracle(*arguments), rel=1e-9), metric


def test_confusion_cells_equal_scikit_learn(world: World, predictions: pd.DataFrame):
    part = predictions[(predictions["model_version"] == VERSION) & predictions["actual_class"].notna()]
    cells = world.query(f"""
        select actual_class, predicted_class, n
        from evaluation.eval_confusion_cells
        where model_name = 'repurchase' and model_version = '{VERSION}' and grain = 'all' and segment = 'all'
    """).pivot(index="actual_class", columns="predicted_class", values="n")
    expected = metrics.confusion_matrix(part["actual_class"], part["predicted_class"], labels=list(cells.index))
    assert (cells.to_numpy() == expected).all()


def test_versions_without_outcomes_have_no_metrics_but_their_coverage(reported: pd.DataFrame):
    newest = reported[(reported["model_version"] == "1998.7.0") & (reported["segment"] == "all")].set_index("metric")
    assert (newest.loc["label_coverage", "value"] == 0).all()
    assert newest.drop("label_coverage")["value"].isna().all()


def test_scores_in_sql_equal_a_fit_by_scikit_learn(world: World):
    """The whole version again: its examples by pandas, fit and predict_proba by a scikit-learn pipeline."""
    trained_at = pd.Timestamp("1998-03-01")
    examples = world.relation("training.train_repurchase__examples")
    parameters = world.query(f"""
        select parameter, feature, value
        from predictors.pred_repurchase__parameters
        where model_version = '{VERSION}'
    """)
    of_version = parameters[parameters["feature"].isna()].set_index("parameter")["value"]
    features = sorted(parameters["feature"].dropna().unique())

    known = examples[
        (examples["label_known_at"] <= trained_at)
        & ~(examples["label_superseded_at"].notna() & (examples["label_superseded_at"] <= trained_at))
    ]
    assert not known.duplicated(["customer_id", "snapshot_at"]).any()
    train, valid = known[known["data_split"] == "train"], known[known["data_split"] == "valid"]
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10)).fit(
        train[features].to_numpy(), train["label"] == "repurchase"
    )
    valid_scores = model.predict_proba(valid[features].to_numpy())[:, 1]

    assert of_version["n_train_rows"] == len(train)
    assert of_version["n_valid_rows"] == len(valid)
    assert of_version["train_positive_rate"] == pytest.approx((train["label"] == "repurchase").mean(), rel=1e-12)
    assert of_version["valid_log_loss"] == pytest.approx(
        metrics.log_loss(valid["label"] == "repurchase", valid_scores), rel=1e-9
    )
    f1_of = {
        threshold: metrics.f1_score(valid["label"] == "repurchase", valid_scores >= threshold)
        for threshold in (of_version["decision_threshold"], *np.quantile(valid_scores, np.linspace(0.5, 0.99, 50)))
    }
    assert f1_of[of_version["decision_threshold"]] >= max(f1_of.values()) - 1e-9

    scored = world.query(f"""
        select scores.score, {", ".join(f"cast({feature} as float8) as {feature}" for feature in features)}
        from predictors.pred_repurchase__scores as scores
        inner join features.feat_customer__rfm as rfm
            on scores.entity_id = rfm.customer_id and scores.event_at = rfm.event_at
        inner join features.feat_customer__windows as windows
            on scores.entity_id = windows.customer_id and scores.event_at = windows.event_at
        where scores.model_version = '{VERSION}'
    """)
    assert len(scored) > 2_000
    expected = model.predict_proba(scored[features].to_numpy())[:, 1]
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-9)


def test_the_pinned_version_goes_on_as_it_was_fitted_and_is_measured_on_the_same_customers(
    world: World, predictions: pd.DataFrame
):
    """Its scores by hand from its parameters; the monthly loss by scikit-learn, of it and of its successors."""
    pinned = world.relation("evaluation.eval_predictions where model_name = 'repurchase_pinned'")
    parameters = world.query(f"""
        select parameter, feature, value
        from predictors.pred_repurchase__parameters
        where model_version = '{PINNED}'
    """)
    of_version = parameters[parameters["feature"].isna()].set_index("parameter")["value"]
    of_features = parameters.dropna(subset="feature").pivot(index="feature", columns="parameter", values="value")
    examples = world.relation("training.train_customer__examples").set_index(["customer_id", "snapshot_at"])
    rows = examples.loc[pd.MultiIndex.from_frame(pinned[["entity_id", "event_at"]]), of_features.index]
    standard = (rows.astype(float) - of_features["mean"]) / of_features["scale"]
    log_odds = of_version["intercept"] + (standard * of_features["coefficient"]).sum(axis=1).to_numpy()
    np.testing.assert_allclose(pinned["score"], 1 / (1 + np.exp(-log_odds)), rtol=1e-9)

    of_test = predictions[predictions["data_split"] == "test"]
    keys = ["entity_id", "event_at"]
    assert set(map(tuple, pinned[keys].to_numpy())) == set(map(tuple, of_test[keys].to_numpy()))

    marts = world.query("""
        select model_name, period_start_at, value
        from evaluation.eval_metrics
        where
            model_name in ('repurchase', 'repurchase_pinned') and metric = 'log_loss'
            and grain = 'month' and segment = 'split=test'
    """).set_index(["model_name", "period_start_at"])["value"]
    months = sorted(of_test.loc[of_test["actual_class"].notna(), "event_at"].unique())
    assert len(months) == 8
    for name, said in (("repurchase", of_test), ("repurchase_pinned", pinned)):
        for month, part in said[said["event_at"].isin(months)].groupby("event_at"):
            expected = metrics.log_loss(part["actual_class"] == "repurchase", part["score"])
            assert marts[name, month] == pytest.approx(expected, rel=1e-9), (name, month)
    first, *later = months
    assert marts["repurchase_pinned", first] == pytest.approx(marts["repurchase", first], rel=1e-12)
    assert all(marts["repurchase_pinned", month] > marts["repurchase", month] for month in later)


def test_splits_are_within_the_bounds_of_the_hash(world: World):
    shares = world.relation("training.train_customer__splits")["data_split"].value_counts(normalize=True)
    for split, share in {"train": 0.7, "valid": 0.15, "test": 0.15}.items():
        four_sigma = 4 * math.sqrt(share * (1 - share) / 2_357)
        assert shares[split] == pytest.approx(share, abs=four_sigma)


def test_no_version_saw_a_test_customer_or_the_future(world: World):
    versions = world.query("select model_version, event_at, n_train_rows from predictors.pred_repurchase__versions")
    examples = world.relation("training.train_repurchase__examples")
    for version in versions.itertuples():
        known = examples[
            (examples["data_split"] == "train")
            & (examples["label_known_at"] <= version.event_at)
            & ~(examples["label_superseded_at"].notna() & (examples["label_superseded_at"] <= version.event_at))
        ]
        assert version.n_train_rows == len(known)
        assert (known["snapshot_at"] + pd.Timedelta(days=97) <= version.event_at).all()


def test_exactly_one_version_is_current(world: World):
    versions = world.relation("lifecycle.life_model_versions")
    for model_name in ("repurchase", "repurchase_challenger"):
        of_model = versions[versions["model_name"] == model_name]
        assert list(of_model[of_model["is_current"]]["model_version"]) == ["1998.7.0"]
        assert len(of_model) == 12
