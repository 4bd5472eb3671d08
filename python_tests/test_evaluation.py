"""The evaluation marts say of landed predictions and outcomes what scikit-learn, SciPy and NumPy say.

Both engines live through the same nights (`support.evaluation_world`): before there are predictions, with a first
delivery, with a second one that changes some of it, and everything anew.
"""

import json
import math
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk
from support import evaluation_world as made
from support.evaluation_world import Group, Life, deliveries, evaluated, groups_of, live_through, segments_of
from support.postgres_server import PostgresServer
from support.reference_metrics import Metric, assert_close, average_of, averaged, quotient, rates_of
from support.world import World

ENGINES = ("duckdb", "postgres")
GRAINS = ("hour", "day", "week", "month", "all")
GRAINS_OF_SCORES = GRAINS[1:]
BETA = 2
EPSILON = np.finfo(float).eps
PERIOD = ["model_name", "model_version", "grain", "period_start_at"]
GROUP = [*PERIOD, "segment"]
SHARES = {
    *("accuracy", "precision", "recall", "specificity", "negative_predictive_value", "false_positive_rate"),
    *("false_negative_rate", "prevalence", "selection_rate", "subset_accuracy", "label_coverage"),
}
THRESHOLDS = np.arange(101) / 100

pytestmark = pytest.mark.filterwarnings("ignore:A single label was found")


@pytest.fixture(scope="module")
def lives(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Life]:
    """What both engines lived through, side by side."""
    worlds = [World(engine, tmp_path_factory.mktemp(engine), postgres, schema=made.SCHEMA) for engine in ENGINES]
    with ThreadPoolExecutor() as pool:
        return dict(zip(ENGINES, pool.map(lambda world: live_through(world, bad_rows()), worlds), strict=True))


@pytest.fixture(scope="module", params=ENGINES)
def life(request: pytest.FixtureRequest, lives: dict[str, Life]) -> Life:
    return lives[request.param]


@cache
def judged() -> list[dict[str, Any]]:
    """What is to be judged on the last night."""
    return evaluated(deliveries())


@cache
def groups(grains: tuple[str, ...]) -> dict[Group, list[dict[str, Any]]]:
    return groups_of(judged(), grains)


def group_of(row: dict[str, Any]) -> Group:
    return (*(row[name] for name in PERIOD[:3]), row["period_start_at"].to_pydatetime(), row["segment"])


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for what is NULL."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def columns_of(rows: list[dict[str, Any]], *names: str) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in names]


def known_of(rows: list[dict[str, Any]], actual: str) -> list[dict[str, Any]]:
    return [row for row in rows if row[actual] is not None]


# -- what the metrics are ---------------------------------------------------------------------------------------------


def class_values(rows: list[dict[str, Any]]) -> dict[Metric, float]:
    """Of models that predict a class."""
    actual, predicted = columns_of(known_of(rows, "actual"), "actual", "predicted")
    whole = ["accuracy", "balanced_accuracy", "matthews_correlation", "cohen_kappa"]
    labels = sorted({*actual, *predicted})
    # As numbers, which scikit-learn is faster with.
    numbers = {label: number for number, label in enumerate(labels)}
    actual, predicted = ([numbers[label] for label in column] for column in (actual, predicted))
    if not actual:
        return averaged(np.zeros((0, 2, 2)), labels, BETA) | {("all", None, metric): math.nan for metric in whole}
    values = averaged(sk.multilabel_confusion_matrix(actual, predicted, labels=range(len(labels))), labels, BETA)
    is_varied = len({*actual}) > 1 and len({*predicted}) > 1
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore")
        given = {"labels": range(len(labels)), "beta": BETA, "zero_division": np.nan}
        # Of few groups, for time.
        for average in ("micro", "macro", "weighted") if len(rows) > 50 else ():
            known = sk.precision_recall_fscore_support(actual, predicted, average=average, **given)[:3]
            of_classes = [values[average, None, metric] for metric in ("precision", "recall", "f_beta")]
            assert of_classes == pytest.approx(known, nan_ok=True)
        whole_values = [
            sk.accuracy_score(actual, predicted),
            sk.balanced_accuracy_score(actual, predicted),
            sk.matthews_corrcoef(actual, predicted) if is_varied else math.nan,
            sk.cohen_kappa_score(actual, predicted) if len(labels) > 1 else math.nan,
        ]
    return values | {("all", None, metric): value for metric, value in zip(whole, whole_values, strict=True)}


def label_values(rows: list[dict[str, Any]]) -> dict[Metric, float]:
    """Of models that predict several labels."""
    scored = sorted({label for row in rows for label in row["scores"]})
    known = known_of(rows, "actual_labels")
    actual = np.array([[label in row["actual_labels"] for label in scored] for row in known], dtype=int)
    predicted = np.array([[label in row["labels"] for label in scored] for row in known], dtype=int)
    if not known:
        values = averaged(np.zeros((len(scored), 2, 2)), scored, BETA)
        of_samples = dict.fromkeys(rates_of(np.zeros((1, 2, 2)), None), math.nan)
        whole = {"subset_accuracy": math.nan, "hamming_loss": math.nan}
    else:
        values = averaged(sk.multilabel_confusion_matrix(actual, predicted), scored, BETA)
        matrices = sk.multilabel_confusion_matrix(actual, predicted, samplewise=True)
        of_samples = {metric: average_of(rates) for metric, rates in rates_of(matrices, None).items()}
        for score, metric in [(sk.precision_score, "precision"), (sk.recall_score, "recall"), (sk.f1_score, "f1")]:
            expected = score(actual, predicted, average="samples", zero_division=np.nan)
            assert of_samples[metric] == pytest.approx(expected, nan_ok=True)
        whole = {
            "subset_accuracy": sk.accuracy_score(actual, predicted),
            "hamming_loss": sk.hamming_loss(actual, predicted),
        }
    values |= {("samples", None, metric): value for metric, value in of_samples.items()}
    return values | {("all", None, metric): value for metric, value in whole.items()}


def number_values(rows: list[dict[str, Any]]) -> dict[Metric, float]:
    """Of models that predict a number."""
    names = [
        *("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "mean_absolute_percentage_error"),
        *("median_absolute_error", "max_error", "mean_error", "r2", "explained_variance", "relative_accuracy"),
    ]
    actual, predicted = map(np.array, columns_of(known_of(rows, "actual_value"), "actual_value", "predicted_value"))
    if not len(actual):
        return {("all", None, metric): math.nan for metric in names}
    is_varied = len(np.unique(actual)) > 1
    values = [
        sk.mean_absolute_error(actual, predicted),
        sk.mean_squared_error(actual, predicted),
        sk.root_mean_squared_error(actual, predicted),
        sk.mean_absolute_percentage_error(actual, predicted),
        sk.median_absolute_error(actual, predicted),
        sk.max_error(actual, predicted),
        (predicted - actual).mean(),
        sk.r2_score(actual, predicted) if is_varied else math.nan,
        sk.explained_variance_score(actual, predicted) if is_varied else math.nan,
        1 - np.abs(predicted - actual).sum() / np.abs(actual).sum(),
    ]
    return {("all", None, metric): value for metric, value in zip(names, values, strict=True)}


def scores_of(rows: list[dict[str, Any]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By class or label, of predictions with a known outcome: whether it came true, and its score."""
    pairs: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for row in rows:
        for name, score in row["scores"].items():
            told = row["actual"] if row["actual_labels"] is None else row["actual_labels"]
            if told is not None and score is not None:
                pairs[name].append((name == told if isinstance(told, str) else name in told, score))
            else:
                pairs[name] += []
    return {
        name: (np.array([is_actual for is_actual, _ in told], dtype=bool), np.array([score for _, score in told]))
        for name, told in pairs.items()
    }


def score_values(rows: list[dict[str, Any]]) -> dict[Metric, float]:
    """Of models that give classes or labels a score."""
    values: dict[Metric, float] = {}
    scores = scores_of(rows)
    areas: dict[str, list[float]] = {"roc_auc": [], "average_precision": []}
    support = []
    for name, (actual, score) in scores.items():
        tenths = np.minimum(np.searchsorted(np.arange(11) / 10, score, side="right") - 1, 9)
        gaps = np.array([abs((score - actual)[tenths == tenth].sum()) for tenth in np.unique(tenths)])
        sizes = np.array([(tenths == tenth).sum() for tenth in np.unique(tenths)])
        is_mixed = 0 < actual.sum() < len(actual)
        of_class = {
            "log_loss": sk.log_loss(actual, score, labels=[False, True]) if len(actual) else math.nan,
            "brier_score": np.mean((score - actual) ** 2) if len(actual) else math.nan,
            "expected_calibration_error": gaps.sum() / sizes.sum() if len(actual) else math.nan,
            "max_calibration_error": (gaps / sizes).max() if len(actual) else math.nan,
            "roc_auc": sk.roc_auc_score(actual, score) if is_mixed else math.nan,
            "average_precision": sk.average_precision_score(actual, score) if actual.any() else math.nan,
        }
        if is_mixed:
            assert of_class["brier_score"] == pytest.approx(sk.brier_score_loss(actual, score))
        values |= {("class", name, metric): value for metric, value in of_class.items()}
        support.append(actual.sum())
        for metric, of_classes in areas.items():
            of_classes.append(of_class[metric])
    task = rows[0]["task"]
    if task != "binary":
        weights = np.array(support, dtype=float)
        for metric, of_classes in areas.items():
            known = np.array(of_classes)
            values["macro", None, metric] = average_of(known)
            is_weighted = weights[~np.isnan(known)].sum() > 0
            values["weighted", None, metric] = average_of(known, weights) if is_weighted else math.nan
    if task == "multiclass":
        values |= whole_values(rows, list(scores))
        actual = [row["actual"] for row in known_of(rows, "actual")]
        if len({*actual}) == len(scores) > 2 and {frozenset(row["scores"]) for row in rows} == {frozenset(scores)}:
            given = {"labels": sorted(scores), "multi_class": "ovr"}
            table = np.array([[row["scores"][name] for name in sorted(scores)] for row in known_of(rows, "actual")])
            table /= table.sum(axis=1, keepdims=True)
            for average in ("macro", "weighted"):
                expected = sk.roc_auc_score(actual, table, average=average, **given)
                assert values[average, None, "roc_auc"] == pytest.approx(expected)
    return values


def whole_values(rows: list[dict[str, Any]], classes: list[str]) -> dict[Metric, float]:
    """Of all classes together; what came true without a score was given 0."""
    rows = known_of(rows, "actual")
    if not rows:
        return {("all", None, "log_loss"): math.nan, ("all", None, "brier_score"): math.nan}
    classes = sorted({*classes, *(row["actual"] for row in rows)})
    scores = np.array([[row["scores"].get(name, 0) for name in classes] for row in rows])
    actual = np.array([[row["actual"] == name for name in classes] for row in rows])
    return {
        ("all", None, "log_loss"): -np.log(np.clip(scores[actual], EPSILON, 1 - EPSILON)).mean(),
        ("all", None, "brier_score"): ((scores - actual) ** 2).sum() / len(rows),
    }


def numbers_of(rows: list[dict[str, Any]]) -> tuple[int, int]:
    actual = {"regression": "actual_value", "multilabel": "actual_labels"}.get(rows[0]["task"], "actual")
    n = len(known_of(rows, actual))
    return n, len(rows) - n


@cache
def expected_metrics() -> dict[Group, dict[Metric, float]]:
    expected = {}
    for group, rows in groups(GRAINS).items():
        of_task = {"multilabel": label_values, "regression": number_values}.get(rows[0]["task"], class_values)
        values = of_task(rows)
        if rows[0]["scores"] and group[2] != "hour":
            values |= score_values(rows)
        n, n_unlabelled = numbers_of(rows)
        expected[group] = values | {("all", None, "label_coverage"): n / (n + n_unlabelled)}
    return expected


def test_every_metric_of_every_period_and_segment_is_that_of_scikit_learn(life: Life):
    found: dict[Group, dict[Metric, float | None]] = defaultdict(dict)
    for row in records(life.last["eval_metrics"]):
        group = group_of(row)
        metric = (row["average"], row["class_name"], row["metric"])
        assert metric not in found[group]
        found[group][metric] = row["value"]
        assert_close(quotient(row["numerator"], row["denominator"]), row["value"], row)
    assert found.keys() == expected_metrics().keys()
    assert len({metric for values in found.values() for _, _, metric in values}) == 35
    for group, values in expected_metrics().items():
        assert found[group].keys() == values.keys(), group
        for metric, value in values.items():
            # A median does not add up: hours have it where they are one row of counts.
            if metric[2] == "median_absolute_error" and group[2] == "hour" and found[group][metric] is None:
                continue
            assert_close(found[group][metric], value, (group, metric))


def test_what_is_undefined_occurs(life: Life):
    """Otherwise the test above would not show that it is NULL."""
    metrics = life.last["eval_metrics"]
    undefined = metrics[metrics["value"].isna()]
    assert {"precision", "recall", "roc_auc", "average_precision", "matthews_correlation", "r2", "log_loss"} <= {
        *undefined["metric"]
    }
    assert {"binary", "multiclass", "multilabel", "regression"} == {*undefined["task"]}
    of_one_class = metrics[(metrics["metric"] == "log_loss") & metrics["value"].notna()].merge(
        metrics[(metrics["metric"] == "roc_auc") & metrics["value"].isna()], on=[*GROUP, "average", "class_name"]
    )
    assert len(of_one_class)


def test_metrics_know_of_how_many_predictions_they_are(life: Life):
    of_classes = life.last["eval_metrics"].query("metric in ['accuracy', 'subset_accuracy', 'mean_absolute_error']")
    found = {group_of(row): row for row in records(of_classes)}
    assert len(found) == len(of_classes)
    assert found.keys() == groups(GRAINS).keys()
    for group, rows in groups(GRAINS).items():
        row = found[group]
        n, n_unlabelled = numbers_of(rows)
        assert (row["n"], row["n_unlabelled"], row["n_unpredicted"]) == (n, n_unlabelled, 0)
        assert row["label_coverage_rate"] == pytest.approx(n / (n + n_unlabelled))
    for row in records(life.last["eval_metrics"].query("metric == 'log_loss' and average == 'class'")):
        actual, _ = scored_groups()[group_of(row), row["class_name"]]
        assert (row["n"], row["denominator"]) == (len(actual), len(actual)), row
    coverage = life.last["eval_metrics"].query("metric == 'label_coverage'")
    assert (coverage["n"] == coverage["denominator"]).all()


def test_positive_classes_are_marked(life: Life):
    positive = {model: positive for model, _, positive, _ in made.TASKS if positive}
    for row in records(life.last["eval_metrics"][["model_name", "class_name", "is_positive_class"]].drop_duplicates()):
        is_known = row["model_name"] in positive and row["class_name"] is not None
        expected = row["class_name"] == positive[row["model_name"]] if is_known else None
        assert row["is_positive_class"] == expected, row


# -- intervals --------------------------------------------------------------------------------------------------------


@cache
def wilson(k: int, n: int) -> tuple[float, float]:
    interval = stats.binomtest(k, n).proportion_ci(method="wilson")
    return interval.low, interval.high


def delong(actual: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Area and variance after DeLong, DeLong and Clarke-Pearson (1988): by the rank of each row among the others."""
    positives, negatives = score[actual], score[~actual]
    wins = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
    of_positives, of_negatives = wins.mean(axis=1), wins.mean(axis=0)
    variance = of_positives.var(ddof=1) / len(positives) + of_negatives.var(ddof=1) / len(negatives)
    return wins.mean(), variance


def test_shares_have_the_interval_of_wilson_and_areas_that_of_delong(life: Life):
    z = stats.norm.ppf(0.975)
    areas = 0
    for row in records(life.last["eval_metrics"]):
        bounds = (row["value_low"], row["value_high"])
        if row["metric"] in SHARES and row["average"] in ("class", "all"):
            if row["value"] is None:
                assert bounds == (None, None), row
            else:
                expected = wilson(round(row["numerator"]), round(row["denominator"]))
                assert bounds == pytest.approx(expected, rel=1e-9, abs=1e-12), row
        elif row["metric"] == "roc_auc" and row["average"] == "class":
            actual, score = scored_groups()[group_of(row), row["class_name"]]
            if min(actual.sum(), (~actual).sum()) < 2:
                assert bounds == (None, None), row
                continue
            area, variance = delong(actual, score)
            expected = (max(area - z * math.sqrt(variance), 0), min(area + z * math.sqrt(variance), 1))
            assert bounds == pytest.approx(expected, rel=1e-9, abs=1e-9), row
            areas += 1
        else:
            assert bounds == (None, None), row
    assert areas > 100


# -- confusion matrices -----------------------------------------------------------------------------------------------


@cache
def expected_matrices() -> dict[tuple[Group, str | None], tuple[list[str], np.ndarray, int]]:
    """By group and label: the classes, the counts, and how many predictions have no outcome."""
    classes: dict[str, set[str]] = defaultdict(set)
    for row in judged():
        if row["actual"] is not None:
            classes[row["model_name"]] |= {row["actual"], row["predicted"]}
    matrices = {}
    for group, rows in groups(GRAINS).items():
        task = rows[0]["task"]
        n_unlabelled = numbers_of(rows)[1]
        if task in ("binary", "multiclass"):
            labels = sorted(classes[group[0]])
            actual, predicted = columns_of(known_of(rows, "actual"), "actual", "predicted")
            counts = np.zeros((len(labels),) * 2, dtype=int)
            if actual:
                counts = sk.confusion_matrix(actual, predicted, labels=labels)
            matrices[group, None] = (labels, counts, n_unlabelled)
        elif task == "multilabel":
            for label in {label for row in rows for label in row["scores"]}:
                counts = np.zeros((2, 2), dtype=int)
                for row in known_of(rows, "actual_labels"):
                    counts[int(label in row["actual_labels"]), int(label in row["labels"])] += 1
                matrices[group, label] = (["false", "true"], counts, n_unlabelled)
    return matrices


def test_confusion_cells_are_the_matrix_with_its_four_normalisations(life: Life):
    in_order = life.last["eval_confusion_cells"].sort_values(["actual_class", "predicted_class"])
    found = {}
    for (*group, label), cells in in_order.groupby([*GROUP, "label_name"], dropna=False):
        key = (*group[:3], group[3].to_pydatetime(), group[4])
        found[key, None if pd.isna(label) else label] = cells
    assert found.keys() == expected_matrices().keys()
    for key, (labels, counts, n_unlabelled) in expected_matrices().items():
        cells = found[key]
        assert len(cells) == len(labels) ** 2, key
        pairs = list(zip(cells["actual_class"], cells["predicted_class"], strict=True))
        assert pairs == [(actual, predicted) for actual in labels for predicted in labels]
        with np.errstate(invalid="ignore"):
            expected = {
                "n": counts,
                "n_actual": counts.sum(axis=1, keepdims=True) + 0 * counts,
                "n_predicted": counts.sum(axis=0, keepdims=True) + 0 * counts,
                "n_total": counts.sum() + 0 * counts,
                "actual_rate": counts / counts.sum(axis=1, keepdims=True),
                "predicted_rate": counts / counts.sum(axis=0, keepdims=True),
                "total_rate": counts / counts.sum(),
            }
        for column, values in expected.items():
            np.testing.assert_allclose(
                cells[column].astype(float), values.ravel(), rtol=1e-12, err_msg=f"{key} {column}"
            )
        assert {*cells["n_unlabelled"]} == {n_unlabelled}
        assert {*cells["n_unpredicted"]} == {0}


def test_fifty_classes_with_odd_names_and_one_that_is_only_predicted_have_their_cells(life: Life):
    cells = life.last["eval_confusion_cells"].query("model_name == 'city' and grain == 'all' and segment == 'all'")
    assert {*cells["actual_class"]} == {*cells["predicted_class"]} == {*made.CITIES, "Nowhere"}
    assert len(cells) == 51**2
    assert (cells["n"] == 0).sum() > 2000
    nowhere = cells[cells["actual_class"] == "Nowhere"]
    assert (nowhere["n"].sum(), nowhere["actual_rate"].count()) == (0, 0)


def test_normalisations_are_those_of_scikit_learn(life: Life):
    cells = life.last["eval_confusion_cells"].query("model_name == 'digit' and grain == 'all' and segment == 'all'")
    rows = [row for row in known_of(judged(), "actual") if row["model_name"] == "digit"]
    actual, predicted = columns_of(rows, "actual", "predicted")
    labels = sorted({*actual, *predicted})
    for normalize, column in [("true", "actual_rate"), ("pred", "predicted_rate"), ("all", "total_rate")]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = sk.confusion_matrix(actual, predicted, labels=labels, normalize=normalize)
        found = cells.pivot(index="actual_class", columns="predicted_class", values=column).loc[labels, labels]
        np.testing.assert_allclose(found.fillna(0), expected, rtol=1e-12)


def test_heatmaps_and_two_by_two_tables_agree_with_the_cells(life: Life):
    query = "where model_name in ('digit', 'tumour', 'topics') and grain in ('day', 'all')"
    cells = life.world.relation(f"{made.SCHEMA}_evaluation.eval_confusion_cells {query}")
    names = [*GROUP, "label_name", "actual_class", "predicted_class"]
    heatmap = life.world.relation(f"{made.SCHEMA}_evaluation.eval_confusion_heatmap {query}")
    assert len(heatmap) == 4 * len(cells)
    for normalization, column in {
        "none": "n",
        "true": "actual_rate",
        "pred": "predicted_rate",
        "all": "total_rate",
    }.items():
        found = heatmap[heatmap["normalization"] == normalization][[*names, "value"]].rename(columns={"value": column})
        assert_frames_equal(found, cells[[*names, column]])

    tables = life.world.relation(f"{made.SCHEMA}_evaluation.eval_confusion_2x2 {query}")
    expected = []
    for key, matrix in cells.groupby([*GROUP, "label_name"], dropna=False):
        for class_name in matrix["actual_class"].unique():
            is_actual, is_predicted = matrix["actual_class"] == class_name, matrix["predicted_class"] == class_name
            for line, of_line in [("class", is_actual), ("other", ~is_actual), ("total", is_actual | True)]:
                n, other = matrix["n"][of_line & is_predicted].sum(), matrix["n"][of_line & ~is_predicted].sum()
                expected.append((*key, class_name, line, n, other, n + other))
    assert_frames_equal(tables, pd.DataFrame(expected, columns=tables.columns))


# -- scores -----------------------------------------------------------------------------------------------------------


@cache
def scored_groups() -> dict[tuple[Group, str], tuple[np.ndarray, np.ndarray]]:
    return {
        (group, name): pair
        for group, rows in groups(GRAINS_OF_SCORES).items()
        if rows[0]["scores"]
        for name, pair in scores_of(rows).items()
    }


def by_class(frame: pd.DataFrame) -> dict[tuple[Group, str], pd.DataFrame]:
    return {
        ((*key[:3], key[3].to_pydatetime(), key[4]), key[5]): rows
        for key, rows in frame.groupby([*GROUP, "class_name"])
    }


def rows_by_class(frame: pd.DataFrame) -> dict[tuple[Group, str], list[dict[str, Any]]]:
    rows = defaultdict(list)
    for row in records(frame):
        rows[group_of(row), row["class_name"]].append(row)
    return rows


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def best(values: np.ndarray, sign: int) -> np.ndarray:
    """Where the highest (or lowest) value is, of equals at the highest threshold."""
    is_best = np.zeros(len(values), dtype=bool)
    if not np.isnan(values).all():
        is_best[np.flatnonzero(values == (np.nanmax(values) if sign > 0 else np.nanmin(values)))[-1]] = True
    return is_best


def test_thresholds_are_what_counting_at_each_hundredth_gives(life: Life):
    found = by_class(life.last["eval_thresholds"])
    assert found.keys() == scored_groups().keys()
    costs = {row[:2]: row[2:] for row in made.COSTS}
    n_priced = 0
    for (group, name), (actual, score) in scored_groups().items():
        rows = found[group, name].sort_values("threshold")
        assert rows["threshold"].tolist() == THRESHOLDS.tolist()
        is_decided = score[None, :] >= THRESHOLDS[:, None]
        tp, fp = (is_decided & actual).sum(axis=1), (is_decided & ~actual).sum(axis=1)
        fn, tn = actual.sum() - tp, (~actual).sum() - fp
        f1 = ratio(2 * tp, 2 * tp + fp + fn)
        youden = ratio(tp, tp + fn) - ratio(fp, fp + tn)
        cost = np.full(101, np.nan)
        if (group[0], name) in costs:
            tp_cost, fp_cost, fn_cost, tn_cost, _ = costs[group[0], name]
            cost = tp * tp_cost + fp * fp_cost + fn * fn_cost + tn * tn_cost * 1.0
            n_priced += 1
        expected = {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "f1": f1, "youden_index": youden, "total_cost": cost}
        expected |= {"precision_value": ratio(tp, tp + fp), "recall": ratio(tp, tp + fn)}
        expected["false_positive_rate"] = ratio(fp, fp + tn)
        for column, values in expected.items():
            np.testing.assert_allclose(
                rows[column].astype(float), values, rtol=1e-9, atol=1e-12, err_msg=f"{group} {name} {column}"
            )
        if len(actual):
            assert rows["is_best_f1"].tolist() == best(f1, 1).tolist(), (group, name)
            assert rows["is_best_total_cost"].tolist() == best(cost, -1).tolist(), (group, name)
            # Differences of quotients may be equal but for rounding.
            (chosen,) = (
                youden[rows["is_best_youden_index"].to_numpy(dtype=bool)]
                if actual.any() and not actual.all()
                else (None,)
            )
            assert chosen is None or chosen == pytest.approx(np.nanmax(youden), abs=1e-12)
        assert {*rows["n"]} == {len(actual)}
    assert n_priced > 100


def test_the_reject_band_is_the_best_of_all_pairs_of_thresholds(life: Life):
    found = by_class(life.last["eval_thresholds"])
    costs = {row[:2]: row[2:] for row in made.COSTS}
    n_bands = 0
    for (group, name), (actual, score) in scored_groups().items():
        rows = found[group, name].sort_values("threshold")
        is_rejected = rows["is_rejected"].to_numpy(dtype=bool)
        if costs.get((group[0], name), (None,))[-1] is None:
            assert not is_rejected.any()
            continue
        tp_cost, fp_cost, fn_cost, tn_cost, reject_cost = costs[group[0], name]
        is_above = score[None, :] >= THRESHOLDS[:, None]
        decided_for = (is_above * np.where(actual, tp_cost, fp_cost)).sum(axis=1)
        decided_against = (~is_above * np.where(actual, fn_cost, tn_cost)).sum(axis=1)
        n_above = is_above.sum(axis=1)
        # Against below the first threshold, for from the second one on.
        total = decided_against[:, None] + decided_for[None, :] + reject_cost * (n_above[:, None] - n_above[None, :])
        total = np.where(np.arange(101)[:, None] <= np.arange(101)[None, :], total, np.inf)
        if is_rejected.any():
            low, high = np.flatnonzero(is_rejected)[[0, -1]]
            assert is_rejected[low : high + 1].all()
            assert total[low, high + 1] == total.min(), (group, name)
            assert total.diagonal().min() > total.min(), (group, name)
            n_bands += 1
        else:
            assert total.diagonal().min() == total.min(), (group, name)
    assert n_bands > 10


def test_calibration_is_what_binning_by_tenths_gives(life: Life):
    found = rows_by_class(life.last["eval_calibration"].sort_values("score_from"))
    expected = {key: pair for key, pair in scored_groups().items() if len(pair[0])}
    assert found.keys() == expected.keys()
    for key, (actual, score) in expected.items():
        tenths = np.minimum(np.searchsorted(np.arange(11) / 10, score, side="right") - 1, 9)
        rows = found[key]
        assert [row["score_from"] for row in rows] == [tenth / 10 for tenth in np.unique(tenths)]
        for row, tenth in zip(rows, np.unique(tenths), strict=True):
            is_in = tenths == tenth
            n, positives = int(is_in.sum()), int(actual[is_in].sum())
            assert (row["score_to"], row["n"], row["positives"]) == ((tenth + 1) / 10, n, positives)
            assert_close(row["expected_positives"], score[is_in].sum(), key)
            assert_close(row["mean_score"], score[is_in].mean(), key)
            assert_close(row["positive_rate"], positives / n, key)
            bounds = (row["positive_rate_low"], row["positive_rate_high"])
            assert bounds == pytest.approx(wilson(positives, n), rel=1e-9, abs=1e-12)


@cache
def judged_scores() -> dict[tuple, tuple[np.ndarray, np.ndarray, np.ndarray, datetime]]:
    """Of periods of binary models: scores, what is predicted, what came true (NaN if unknown), and the last moment."""
    positives = {model: positive for model, _, positive, _ in made.TASKS if positive}
    periods = {}
    for (*period, segment), rows in groups(("day", "week", "month")).items():
        told = [row for row in rows if row.get("score") is not None and row["predicted"] is not None]
        if segment != "all" or period[0] not in positives or not told:
            continue
        positive = positives[period[0]]
        score, predicted, actual = (
            np.array(column, dtype=object) for column in columns_of(told, "score", "predicted", "actual")
        )
        came = np.array([math.nan if label is None else float(label == positive) for label in actual])
        periods[tuple(period)] = score.astype(float), predicted == positive, came, max(columns_of(told, "event_at")[0])
    return periods


def test_estimates_are_what_calibrated_scores_expect_and_beside_them_stands_what_came(life: Life):
    found = {group_of(row | {"segment": None})[:4]: row for row in records(life.last["mon_estimated_performance"])}
    delays = {model: timedelta(days=delay or 0) for model, _, _, delay in made.TASKS}
    assert found.keys() == judged_scores().keys()
    n_partly_known = 0
    for period, (score, is_predicted, came, last) in judged_scores().items():
        row, known = found[period], ~np.isnan(came)
        n_partly_known += 0 < known.sum() < len(known)
        assert (row["n_predictions"], row["n_outcomes"]) == (len(score), known.sum())
        assert_close(row["label_coverage_rate"], known.mean(), period)
        assert row["is_mature"] == (last + delays[period[0]] <= datetime.fromisoformat(made.LAST_NIGHT))
        chance = np.where(is_predicted, score, 1 - score)
        precise, recalled = score[is_predicted].sum(), score.sum()
        uncertain = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
        estimated = {
            "accuracy": chance.mean(),
            "precision": precise / is_predicted.sum() if is_predicted.any() else None,
            "recall": precise / recalled if recalled else None,
            "f1": 2 * precise / (is_predicted.sum() + recalled) if recalled or is_predicted.any() else None,
            "prevalence": score.mean(),
            "brier_score": (score * (1 - score)).mean(),
            "log_loss": -(score * np.log(uncertain) + (1 - score) * np.log(1 - uncertain)).mean(),
        }
        score, is_predicted, came = score[known], is_predicted[known], came[known]
        undefined = {"zero_division": np.nan}
        realised = dict.fromkeys(estimated)
        if known.any():
            realised = {
                "accuracy": sk.accuracy_score(came, is_predicted),
                "precision": sk.precision_score(came, is_predicted, **undefined),
                "recall": sk.recall_score(came, is_predicted, **undefined),
                "f1": sk.f1_score(came, is_predicted, **undefined),
                "prevalence": came.mean(),
                "brier_score": sk.brier_score_loss(came, score, pos_label=1),
                "log_loss": sk.log_loss(came, score, labels=[0, 1]),
            }
        for name in estimated:
            assert_close(row[f"estimated_{name}"], estimated[name], (period, name))
            assert_close(row[f"realised_{name}"], realised[name], (period, name))
    assert n_partly_known


def test_hours_and_what_they_add_up_to_are_what_numpy_and_scikit_learn_count(life: Life):
    positives = {model: positive for model, _, positive, _ in made.TASKS if positive}
    found = {group_of(row | {"segment": None})[:4]: row for row in records(life.last["mon_prediction_metrics"])}
    grains = ("hour", "day", "week", "month")
    rejected = [found.pop(period) for period in set(found) if not found[period]["n_predictions"]]
    told = [
        row for row in bad_rows().predictions if None not in map(row.get, ("model_name", "model_version", "known_at"))
    ]
    for grain in grains:
        n_failures = [row["n_validation_failures"] for row in rejected if row["grain"] == grain]
        assert (sum(n_failures), len(n_failures)) == (len(told), len({*columns_of(told, "model_name")[0]}))
    expected = {key[:4]: rows for key, rows in groups(grains).items() if key[4] == "all"}
    assert found.keys() == expected.keys()
    for period, rows in expected.items():
        row, positive = found[period], positives.get(period[0])
        assert row["n_predictions"] == len(rows)
        assert_close(row["label_coverage_rate"], np.mean([row["is_known"] for row in rows]), period)
        latency = np.array([row["latency_ms"] for row in rows if row["latency_ms"] is not None])
        assert row["n_latencies"] == len(latency)
        assert_close(row["latency_mean_ms"], latency.mean() if len(latency) else None, period)
        assert_close(row["latency_max_ms"], latency.max() if len(latency) else None, period)
        is_hour = period[2] == "hour"
        for share in (50, 95, 99):
            expected_share = np.percentile(latency, share) if is_hour and len(latency) else None
            assert_close(row[f"latency_p{share}_ms"], expected_share, (period, share))
        for name in ("user", "session"):
            different = {row[f"{name}_id"] for row in rows} - {None}
            assert row[f"n_{name}s"] == (len(different) if is_hour else None)
        confidence = np.array([value for value in map(partial(confidence_of, positive), rows) if value is not None])
        assert_close(row["mean_confidence"], confidence.mean() if len(confidence) else None, period)
        levels = [row[f"n_{level}_confidence"] for level in ("low", "medium", "high")]
        assert levels == np.histogram(confidence, [0, 0.6, 0.8, 1.1])[0].tolist(), period
        judged_rows = [row for row in rows if row["predicted"] is not None and row["actual"] is not None]
        actual, predicted = columns_of(judged_rows, "actual", "predicted")
        assert_close(row["accuracy_rate"], sk.accuracy_score(actual, predicted) if actual else None, period)
        if positive:
            pair = [np.array(column, dtype=object) == positive for column in (actual, predicted)]
            tn, fp, fn, tp = sk.confusion_matrix(*pair, labels=[False, True]).ravel() if actual else (0, 0, 0, 0)
            assert (row["tn"], row["fp"], row["fn"], row["tp"]) == (tn, fp, fn, tp)
            assert_close(row["false_positive_rate"], fp / (fp + tn) if fp + tn else None, period)
            assert_close(row["false_negative_rate"], fn / (fn + tp) if fn + tp else None, period)
        errors = [abs(row["predicted_value"] - row["actual_value"]) for row in rows if row["actual_value"] is not None]
        assert_close(row["mean_absolute_error"], np.mean(errors) if errors else None, period)


def confidence_of(positive: str | None, row: dict[str, Any]) -> float | None:
    """The probability of what is predicted: of several classes the highest."""
    if row["predicted"] is None:
        return None
    if row.get("class_scores"):
        return max(row["scores"].values())
    if row.get("score") is None or not positive:
        return row.get("score")
    return row["score"] if row["predicted"] == positive else 1 - row["score"]


def test_lift_is_read_off_the_curve_of_cumulative_gains(life: Life):
    found = rows_by_class(life.last["eval_lift"].sort_values("tenth"))
    expected = {key: pair for key, pair in scored_groups().items() if len(pair[0])}
    assert found.keys() == expected.keys()
    for key, (actual, score) in expected.items():
        rows = found[key]
        assert [row["tenth"] for row in rows] == list(range(1, 11))
        # Of equal scores positives are spread evenly, so the curve has a corner at each distinct score only.
        distinct = np.unique(score)[::-1]
        n_taken = np.array([0, *((score >= value).sum() for value in distinct)])
        positives = np.array([0, *((actual & (score >= value)).sum() for value in distinct)])
        for row in rows:
            taken = row["tenth"] * len(score) / 10
            positives_taken = np.interp(taken, n_taken, positives)
            assert_close(row["n_taken"], taken, key)
            assert_close(row["positives_taken"], positives_taken, key)
            gain = positives_taken / actual.sum() if actual.any() else math.nan
            assert_close(row["gain"], gain, key)
            assert_close(row["lift"], gain * 10 / row["tenth"], key)
            n_within = np.searchsorted(n_taken, taken - 1e-9)
            assert row["score_from"] == distinct[n_within - 1], (key, row)
            assert row["n"] == len(score)


# -- segments and comparisons -----------------------------------------------------------------------------------------


def test_gaps_of_slices_are_what_pandas_groups_by(life: Life):
    metrics = life.last["eval_metrics"]
    keys = [*PERIOD, "slice", "average", "class_name", "metric"]
    sliced = metrics[(metrics["segment"] != "all") & metrics["value"].notna()].copy()
    sliced["slice"] = sliced["segment"].str.split("=").str[0]
    assert {*sliced["slice"]} == {"split", "site", "is new"}
    grouped = sliced.groupby(keys, dropna=False)["value"].agg(
        n_segments="count", lowest_value="min", highest_value="max"
    )
    expected = grouped.reset_index()
    overall = metrics[metrics["segment"] == "all"].rename(columns={"value": "overall_value"})
    columns = [*PERIOD, "average", "class_name", "metric"]
    expected = expected.merge(overall[[*columns, "overall_value"]], how="left", on=columns)
    expected["gap"] = expected["highest_value"] - expected["lowest_value"]
    expected["ratio"] = ratio(expected["lowest_value"].to_numpy(), expected["highest_value"].to_numpy())
    found = life.last["eval_slice_gaps"]
    assert_frames_equal(found[expected.columns], expected)

    named = found.merge(
        sliced[[*keys, "segment", "value", "n"]], left_on=[*keys, "lowest_segment"], right_on=[*keys, "segment"]
    )
    assert len(named) == len(found)
    assert (named["value"] == named["lowest_value"]).all()
    assert (named["n"] == named["lowest_n"]).all()
    named = found.merge(
        sliced[[*keys, "segment", "value", "n"]], left_on=[*keys, "highest_segment"], right_on=[*keys, "segment"]
    )
    assert len(named) == len(found)
    assert (named["value"] == named["highest_value"]).all()
    assert (named["n"] == named["highest_n"]).all()


Pair = tuple[str, str, str, str, str, datetime, str]


@cache
def compared() -> dict[Pair, list[tuple[str, str, str]]]:
    """What came true and both models said, by pair of versions, grain, period and segment of the first."""
    rows = [row for row in judged() if row["actual"] is not None and row["model_name"].startswith("tumour")]
    others = defaultdict(list)
    for row in rows:
        others[row["entity_id"], row["event_at"], row["actual"]].append(row)
    pairs: dict[Pair, list[tuple[str, str, str]]] = defaultdict(list)
    for one in rows:
        for other in others[one["entity_id"], one["event_at"], one["actual"]]:
            models, versions = zip(*((row["model_name"], row["model_version"]) for row in (one, other)), strict=True)
            if models in made.COMPARISONS and (models[0] != models[1] or versions[0] > versions[1]):
                for grain in GRAINS_OF_SCORES:
                    period = made.period_of(grain, one["event_at"])
                    for segment in segments_of(one):
                        key = (models[0], versions[0], models[1], versions[1], grain, period, segment)
                        pairs[key].append((one["actual"], one["predicted"], other["predicted"]))
    return pairs


@cache
def compared_values() -> dict[Pair, list[dict[Metric, float]]]:
    return {
        pair: [class_values([{"actual": row[0], "predicted": row[side]} for row in rows]) for side in (1, 2)]
        for pair, rows in compared().items()
    }


PAIR = ["model_name", "model_version", "other_model_name", "other_model_version", *GROUP[2:]]


def pair_of(row: dict[str, Any]) -> Pair:
    return (*(row[name] for name in PAIR[:5]), row["period_start_at"].to_pydatetime(), row["segment"])


def test_comparisons_are_of_the_same_predictions(life: Life):
    found = defaultdict(dict)
    for row in records(life.last["eval_comparisons"]):
        metric = (row["average"], row["class_name"], row["metric"])
        found[pair_of(row)][metric] = (row["value"], row["other_value"], row["difference"])
        assert row["n"] == len(compared()[pair_of(row)])
    assert found.keys() == compared().keys()
    assert {pair[:4] for pair in found} == {
        ("tumour", "2", "tumour", "1"),
        ("tumour_challenger", "1", "tumour", "1"),
        ("tumour_challenger", "1", "tumour", "2"),
    }
    for pair, rows in compared().items():
        values, others = (class_values([{"actual": row[0], "predicted": row[side]} for row in rows]) for side in (1, 2))
        assert found[pair].keys() == values.keys() | others.keys()
        for metric, (value, other_value, difference) in found[pair].items():
            assert_close(value, values.get(metric), (pair, metric))
            assert_close(other_value, others.get(metric), (pair, metric))
            assert_close(difference, values.get(metric, math.nan) - others.get(metric, math.nan), (pair, metric))


def test_mcnemar_is_the_exact_binomial_test_of_the_disagreements(life: Life):
    found = {pair_of(row): row for row in records(life.last["eval_mcnemar_tests"])}
    assert found.keys() == compared().keys()
    z = stats.norm.ppf(0.975)
    for pair, rows in compared().items():
        counts = Counter((actual == one, actual == other) for actual, one, other in rows)
        both, only, only_other, none = (
            counts[key] for key in [(True, True), (True, False), (False, True), (False, False)]
        )
        row, n = found[pair], len(rows)
        names = ("n", "n_both_right", "n_only_right", "n_only_other_right", "n_both_wrong")
        assert tuple(row[name] for name in names) == (n, both, only, only_other, none)
        p_value = stats.binomtest(min(only, only_other), only + only_other, 0.5).pvalue if only + only_other else 1
        assert_close(row["p_value"], p_value, pair)
        chi_squared = quotient((only - only_other) ** 2, only + only_other)
        assert_close(row["chi_squared"], chi_squared, pair)
        assert_close(row["accuracy"], (both + only) / n, pair)
        assert_close(row["other_accuracy"], (both + only_other) / n, pair)
        one, other = (np.array([actual == said[side] for actual, *said in rows], dtype=float) for side in (0, 1))
        difference, error = (one - other).mean(), math.sqrt((one - other).var() / n)
        assert_close(row["difference"], difference, pair)
        bounds = (row["difference_low"], row["difference_high"])
        assert bounds == pytest.approx((difference - z * error, difference + z * error), rel=1e-9, abs=1e-9)


# -- time -------------------------------------------------------------------------------------------------------------


def test_hours_add_up_to_days_to_months_to_all_time(life: Life):
    cells = life.last["eval_confusion_cells"]
    keys = ["model_name", "model_version", "segment", "label_name", "actual_class", "predicted_class"]
    sums = cells.groupby([*keys, "grain"], dropna=False)["n"].sum().unstack("grain")
    for grain in GRAINS:
        assert (sums[grain] == sums["all"]).all()
    assert sums["all"].sum() > 5000
    periods = life.last["eval_periods"]
    for column in ("n_predictions", "n_outcomes"):
        sums = periods.groupby(["model_name", "model_version", "grain"])[column].sum().unstack("grain")
        assert sums.eq(sums["all"], axis=0).all(axis=None)
    expected = Counter((row["model_name"], row["model_version"]) for row in judged())
    assert sums.index.to_list() == sorted(expected)
    metrics = life.last["eval_metrics"].query("metric in ['log_loss', 'mean_squared_error', 'accuracy', 'recall']")
    added = ["numerator", "denominator"]
    keys = ["model_name", "model_version", "segment", "average", "class_name", "metric"]
    kept = metrics[metrics["average"].isin(["class", "all"])]
    sums = kept.groupby([*keys, "grain"], dropna=False)[added].sum().unstack("grain")
    for column in added:
        for grain in ("day", "week", "month"):
            np.testing.assert_allclose(sums[column, grain], sums[column, "all"], rtol=1e-9, atol=1e-12)


def test_periods_are_of_what_they_hold_and_mature_when_all_outcomes_are_due(life: Life):
    delays = {model: timedelta(days=delay or 0) for model, _, _, delay in made.TASKS}
    for as_of, parts, held in [
        (made.FIRST_NIGHT, deliveries()[:1], life.first),
        (made.LAST_NIGHT, deliveries(), life.last),
    ]:
        rows = evaluated(parts)
        found = {
            (*(row[name] for name in PERIOD[:3]), row["period_start_at"].to_pydatetime()): row
            for row in records(held["eval_periods"])
        }
        expected = defaultdict(list)
        for row in rows:
            for grain in GRAINS:
                period = made.period_of(grain, row["event_at"])
                expected[row["model_name"], row["model_version"], grain, period].append(row)
        assert found.keys() == expected.keys()
        for key, of_period in expected.items():
            row, last = found[key], max(row["event_at"] for row in of_period)
            matures_at = last + delays.get(key[0], timedelta())
            is_mature = matures_at <= datetime.fromisoformat(as_of)
            known_at = max(row["changed_at"] for row in of_period)
            assert row["n_predictions"] == len(of_period)
            assert row["n_outcomes"] == sum(row["is_known"] for row in of_period)
            assert (row["first_event_at"], row["last_event_at"]) == (min(row["event_at"] for row in of_period), last)
            assert (row["matures_at"], row["is_mature"]) == (matures_at, is_mature), key
            assert row["known_at"] == (max(known_at, matures_at) if is_mature else known_at), key
            assert row["task"] == of_period[0]["task"]
        is_mature = {key: row["is_mature"] for key, row in found.items()}
        assert {*is_mature.values()} == {True, False}
        for name in ("eval_confusion_cells", "eval_metrics"):
            for row in records(held[name][[*PERIOD, "is_mature"]].drop_duplicates()):
                key = (*(row[name] for name in PERIOD[:3]), row["period_start_at"].to_pydatetime())
                assert row["is_mature"] == is_mature[key], (name, key)


def test_periods_mature_when_nothing_else_changes(life: Life):
    columns = [*PERIOD, "n_outcomes", "is_mature"]
    both = life.first["eval_periods"][columns].merge(life.last["eval_periods"][columns], on=PERIOD)
    matured = both[~both["is_mature_x"].astype(bool) & both["is_mature_y"].astype(bool)]
    assert (matured["n_outcomes_x"] == matured["n_outcomes_y"]).any()
    assert (matured["n_outcomes_x"] < matured["n_outcomes_y"]).any()


MARTS_OF_PERIODS = [
    *("eval_confusion_cells", "eval_class_metrics", "eval_score_metrics", "eval_regression_metrics"),
    *("eval_ordered_metrics", "eval_thresholds", "eval_calibration", "eval_lift"),
]


def test_what_came_late_changes_only_its_own_periods(life: Life):
    """Rows of the first days are as they were, but for columns of classes that no night had seen before."""
    for name in MARTS_OF_PERIODS:
        before, after = (
            frame[
                frame["grain"].isin(["hour", "day"])
                & (frame["period_start_at"] < made.CHANGED_FROM)
                & ~frame["model_name"].isin(["city", "progression"])
            ]
            for frame in (life.first[name], life.last[name])
        )
        if name == "eval_confusion_cells":
            after = after.merge(before[["model_name", "actual_class"]].drop_duplicates())
            after = after.merge(before[["model_name", "predicted_class"]].drop_duplicates())
        if name != "eval_regression_metrics":
            assert len(before)
        assert_frames_equal(before, after)

    for name in MARTS_OF_PERIODS:
        known_at = life.last[name].query("grain == 'day'")
        known_at = known_at[known_at["model_name"].isin(["tumour", "digit", "topics"])]
        is_late = known_at["known_at"] >= pd.Timestamp("1997-05-01")
        assert (is_late == (known_at["period_start_at"] >= made.CHANGED_FROM)).all(), name


def test_nights_hold_what_building_everything_anew_gives(life: Life):
    for name in made.BUILT:
        assert len(life.last[name]), name
        assert_frames_equal(*without_ties(life.last[name], life.refreshed[name]), name)
    assert not any(len(held) for held in life.empty.values())


def test_both_engines_hold_the_same(lives: dict[str, Life]):
    for night in ("first", "last"):
        for name in made.BUILT:
            held = [getattr(lives[engine], night)[name] for engine in ENGINES]
            assert_frames_equal(*without_ties(*held), f"{name} after the {night} night")
    for name in made.STAGED:
        # Reasons differ where one of them reads what the other does not.
        staged = [
            lives[engine]
            .world.relation(f"{made.SCHEMA}_staging.{name}")
            .drop(columns="rejection_reason", errors="ignore")
            for engine in ENGINES
        ]
        assert_frames_equal(*staged, name)


def without_ties(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """Without what is chosen by a value that others may equal but for its last digit."""
    columns = [f"{side}_{name}" for side in ("lowest", "highest") for name in ("segment", "n")]
    return [frame.drop(columns=[*columns, "is_best_youden_index"], errors="ignore") for frame in frames]


def assert_frames_equal(found: pd.DataFrame, expected: pd.DataFrame, about: str = "") -> None:
    """But for the order of rows, and the last digits of floats."""
    keys = [name for name in found.columns if not pd.api.types.is_float_dtype(found[name])]
    keys += [name for name in found.columns if name not in keys]
    found, expected = (frame.sort_values(keys, ignore_index=True, key=sortable)[keys] for frame in (found, expected))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-12, check_dtype=False, obj=about or "DataFrame")


def sortable(column: pd.Series) -> pd.Series:
    """Missing texts last."""
    return (
        column.map(lambda value: (pd.isna(value), "" if pd.isna(value) else value))
        if column.dtype == object
        else column
    )


# -- what does not fit together ---------------------------------------------------------------------------------------


def test_alignment_counts_what_does_not_fit_together(life: Life):
    expected: Counter[tuple[str, str, str | None]] = Counter()
    delays = {model: timedelta(days=delay or 0) for model, _, _, delay in made.TASKS}
    last_of_hour: dict[tuple, datetime] = {}
    for row in judged():
        hour = (row["model_name"], row["model_version"], made.period_of("hour", row["event_at"]))
        last_of_hour[hour] = max(last_of_hour.get(hour, row["event_at"]), row["event_at"])
    predicted, came_true = defaultdict(Counter), defaultdict(Counter)
    for row in judged():
        model = row["model_name"]
        if not row["is_known"]:
            last = last_of_hour[model, row["model_version"], made.period_of("hour", row["event_at"])]
            is_due = last + delays.get(model, timedelta()) <= datetime.fromisoformat(made.LAST_NIGHT)
            expected[model, f"prediction without an outcome {'that is due' if is_due else 'yet'}", None] += 1
        expected[model, "class that an alias stands for", None] += row["is_renamed"]
        if row["predicted"] is not None:
            predicted[model][row["predicted"]] += 1
        if row["actual"] is not None:
            came_true[model][row["actual"]] += 1
        unscored = {*(row["actual_labels"] or [])} - {*(row["scores"] or {})}
        expected[model, "label that came true but has no score", None] += len(unscored)
    for model in predicted:
        for label in came_true[model].keys() - predicted[model].keys():
            expected[model, "class that came true but was never predicted", label] = came_true[model][label]
        for label in predicted[model].keys() - came_true[model].keys():
            expected[model, "class that was predicted but never came true", label] = predicted[model][label]
    expected["tumour", "outcome without a prediction", None] = 1
    found = {
        (row["model_name"], row["finding"], row["label"]): row["n"]
        for row in records(life.last["eval_label_alignment"])
    }
    assert found == {finding: n for finding, n in expected.items() if n}
    assert len({finding for _, finding, _ in found}) == 7


# -- bad rows ---------------------------------------------------------------------------------------------------------

AT = datetime(1997, 3, 25, 12)
NO_SCORE, INFINITE = (
    "class_scores has none, or one that is no number from 0 to 1",
    "predicted_value is not finite",
)
# DuckDB reads what PostgreSQL does not.
NOT_FINITE = (
    *(f"{NO_SCORE}; class_scores do not add up to 1", NO_SCORE),
    "class_scores is no JSON object",
)
TWO = json.dumps({"a": 0.5, "b": 0.5})
# What a prediction of a model says, and why it is rejected.
BAD_PREDICTIONS: list[tuple[str, dict[str, Any], str | tuple[str, ...]]] = [
    ("elsewhere", {"predicted_class": "a", "score": 1.5}, "score is outside 0 to 1"),
    ("elsewhere", {"predicted_class": "a", "latency_ms": -0.5}, "latency_ms is not 0 or more"),
    ("elsewhere", {"predicted_class": "a", "latency_ms": math.inf}, "latency_ms is not 0 or more"),
    ("elsewhere", {"predicted_class": "a", "latency_ms": math.nan}, "latency_ms is not 0 or more"),
    ("elsewhere", {"predicted_class": "a", "score": -1e-9}, "score is outside 0 to 1"),
    ("elsewhere", {"predicted_class": "a", "score": "NaN"}, "score is outside 0 to 1"),
    ("elsewhere", {"predicted_class": "a", "score": "Infinity"}, "score is outside 0 to 1"),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": 0.5, "b": 0.4}'}, "class_scores do not add up to 1"),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": 0.7, "b": 0.4}'}, "class_scores do not add up to 1"),
    (
        "elsewhere",
        {"predicted_class": "a", "class_scores": '{"a": 1.5, "b": -0.5}'},
        NO_SCORE,
    ),
    ("elsewhere", {"predicted_class": "a", "class_scores": "{'a': 1}"}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": NaN}'}, NOT_FINITE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": 1'}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": ""}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": "[0.5, 0.5]"}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": "null"}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": "0.5", "b": 0.5}'}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": "much", "b": 0.5}'}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": null, "b": 1}'}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": true, "b": 0}'}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": {"b": 1}}'}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": "{}"}, NO_SCORE),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a\\u0000": 1}'}, "class_scores is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "class_scores": '{"a": 1e400}'}, NOT_FINITE),
    ("elsewhere", {}, "nothing is predicted"),
    ("elsewhere", {"score": 0.5}, "nothing is predicted"),
    ("elsewhere", {"predicted_class": "a", "predicted_value": 1}, "more than one thing is predicted"),
    (
        "elsewhere",
        {"predicted_class": "a", "predicted_labels": '["a"]', "class_scores": TWO},
        "more than one thing is predicted",
    ),
    ("elsewhere", {"predicted_labels": "a", "class_scores": TWO}, "predicted_labels is no JSON array"),
    ("elsewhere", {"predicted_labels": '{"a": 1}', "class_scores": TWO}, "predicted_labels is no JSON array"),
    ("elsewhere", {"predicted_labels": '["a"]'}, "class_scores is missing"),
    ("elsewhere", {"predicted_value": "NaN"}, INFINITE),
    ("elsewhere", {"predicted_value": "Infinity"}, INFINITE),
    ("elsewhere", {"predicted_value": "-Infinity"}, INFINITE),
    ("elsewhere", {"predicted_class": "a", "segments": "site=a"}, "segments is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "segments": '["a"]'}, "segments is no JSON object"),
    ("elsewhere", {"predicted_class": "a", "segments": '"a"'}, "segments is no JSON object"),
    (
        "elsewhere",
        {"predicted_class": "a", "segments": '{"site": "a", "split": "test"}'},
        "segments has split, which is what data_split says",
    ),
    ("elsewhere", {"predicted_class": "a", "prediction_id": None}, "prediction_id is missing"),
    ("elsewhere", {"predicted_class": "a", "entity_id": ""}, "entity_id is missing"),
    ("elsewhere", {"predicted_class": "a", "model_version": None}, "model_version is missing"),
    ("elsewhere", {"predicted_class": "a", "event_at": None}, "event_at is missing"),
    ("elsewhere", {"predicted_class": "a", "known_at": None}, "known_at is missing"),
    ("elsewhere", {"predicted_class": "a", "known_at": AT - timedelta(1)}, "event_at is after known_at"),
    ("tumour", {"predicted_value": 1}, "predicted_class is missing"),
    ("digit", {"predicted_labels": '["a"]', "class_scores": TWO}, "predicted_class is missing"),
    ("topics", {"predicted_class": "a"}, "predicted_labels is missing"),
    ("progression", {"predicted_class": "a"}, "predicted_value is missing"),
    ("progression", {}, "predicted_value is missing"),
    (
        "elsewhere",
        {"predicted_class": "a", "score": 2, "segments": "?"},
        "score is outside 0 to 1; segments is no JSON object",
    ),
]
BAD_OUTCOMES: list[tuple[dict[str, Any], str]] = [
    ({}, "no outcome is given"),
    ({"actual_class": "a", "actual_value": 1}, "more than one outcome is given"),
    ({"actual_labels": "a"}, "actual_labels is no JSON array"),
    ({"actual_labels": '{"a": true}'}, "actual_labels is no JSON array"),
    ({"actual_value": "NaN"}, "actual_value is not finite"),
    ({"actual_value": "-Infinity"}, "actual_value is not finite"),
    ({"actual_class": "a", "prediction_id": None}, "prediction_id is missing"),
    ({"actual_class": "a", "outcome_id": ""}, "outcome_id is missing"),
    ({"actual_class": "a", "model_name": None}, "model_name is missing"),
    ({"actual_class": "a", "event_at": None}, "event_at is missing"),
    ({"actual_class": "a", "known_at": None}, "known_at is missing"),
    ({"actual_class": "a", "known_at": AT - timedelta(1)}, "event_at is after known_at"),
]


def bad_rows() -> made.Delivery:
    delivery = made.Delivery()
    for number, (model, said, _) in enumerate(BAD_PREDICTIONS):
        delivery.predict(model, "bad", number, AT, **{"run_id": f"bad {number}"} | said)
    for number, (what, _) in enumerate(BAD_OUTCOMES):
        prediction = {"prediction_id": f"elsewhere {number}", "model_name": "elsewhere", "event_at": AT}
        delivery.come_true(prediction)
        delivery.outcomes[-1] |= {"run_id": f"bad {number}"} | what
    return delivery


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("predictions", [reason for _, _, reason in BAD_PREDICTIONS]),
        ("outcomes", [reason for _, reason in BAD_OUTCOMES]),
    ],
)
def test_bad_rows_are_kept_apart_with_their_reason_and_none_is_lost(life: Life, kind: str, bad: list[Any]):
    quarantined = life.world.relation(f"{made.SCHEMA}_staging.stg_ops__{kind}_quarantined")
    reasons = dict(zip(quarantined["run_id"], quarantined["rejection_reason"], strict=True))
    assert reasons.keys() == {f"bad {number}" for number in range(len(bad))}
    for number, reason in enumerate(bad):
        assert reasons[f"bad {number}"] in (reason if isinstance(reason, tuple) else (reason,))
    landed = life.world.query(f"select count(*) as n from {made.SCHEMA}_ops.{kind}")["n"][0]
    accepted = life.world.query(f"select count(*) as n from {made.SCHEMA}_staging.stg_ops__{kind}")["n"][0]
    assert landed == accepted + len(quarantined)
    assert accepted == sum(len(getattr(delivery, kind)) for delivery in deliveries())
