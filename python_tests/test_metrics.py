"""Metrics equal scikit-learn's to nine digits, whatever the rows; what cannot be computed is NULL or refused by name.

A small dbt project has the macros of this one and made-up predictions. Each scenario is a group of rows of its own, so
that one query answers for all of them.
"""

import math
import random
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn import metrics as sk
from support.made_up_groups import ODD_TEXTS
from support.postgres_server import PostgresServer
from support.reference_metrics import Metric, assert_close, average_of, averaged, quotient, rates_of
from support.small_project import SmallProject
from support.world import World

# Where scikit-learn is asked for the matrix of one class.
pytestmark = pytest.mark.filterwarnings("ignore:A single label was found")

SCHEMA = "metrics"
NOW = datetime(2024, 1, 1)
EPSILON = np.finfo(float).eps

LABELS = [*ODD_TEXTS, "a", "A", "a, b", "a b", "é", "", "null", "predicted", "x" * 200, "x" * 199 + "y", "0", "1"]


class Classified(NamedTuple):
    scenario: str | None
    day: int
    actual: str | None
    predicted: str | None
    weight: float


class Scored(NamedTuple):
    scenario: str | None
    day: int
    is_actual: bool | None
    score: float | None
    weight: float


class Measured(NamedTuple):
    scenario: str | None
    day: int
    actual: float | None
    predicted: float | None


class Tagged(NamedTuple):
    """A label of a prediction."""

    scenario: str | None
    key: int
    label: str
    is_actual: bool | None
    is_predicted: bool | None


class Ranked(NamedTuple):
    """A class of a prediction."""

    scenario: str | None
    key: int
    class_name: str
    is_actual: bool
    score: float
    weight: float


def make_classified() -> list[Classified]:
    draw = random.Random("classified")

    def pairs() -> Iterator[tuple[str | None, Iterable[tuple[str | None, str | None]]]]:
        for number in range(25):
            labels = draw.sample(LABELS, draw.randint(1, 5))
            yield (
                f"random {number}",
                [(draw.choice(labels), draw.choice(labels)) for _ in range(draw.choice([1, 2, 5, 40]))],
            )
        fifty = [f"class {number}" for number in range(50)]
        actual = [draw.choice(fifty) for _ in range(1500)]
        yield "fifty", [(label, label if draw.random() < 0.5 else draw.choice(fifty)) for label in actual]
        yield None, [("a", "a"), ("a", "b"), ("b", "b"), (None, "b")]
        yield "one class", [("a", "a")] * 7
        yield "one actual", [("a", "a"), ("a", "b")]
        yield "one predicted", [("a", "a"), ("b", "a")]
        yield "all wrong", [("a", "b")] * 3
        yield "swapped", [("a", "b"), ("b", "a")]
        yield "new in predictions", [("a", "a"), ("b", "b"), ("b", "c")]
        yield "never predicted", [("a", "a"), ("b", "b"), ("c", "b")]
        yield "one row", [("b", "a")]
        yield "nothing known", [(None, "a"), (None, None), ("z", None), (None, "b")]
        some_null = [None, "a", "b", "c"]
        yield "partly known", [(draw.choice(some_null), draw.choice(some_null)) for _ in range(60)]
        yield "odd labels", [(draw.choice(LABELS), draw.choice(LABELS)) for _ in range(400)]

    return [
        # Sixty-fourths, so that no sum of them is rounded, and some rows without weight.
        Classified(scenario, draw.randrange(3), actual, predicted, draw.choice([0, 1, 1, 5, 64, 111]) / 64)
        for scenario, rows in pairs()
        for actual, predicted in rows
    ]


def make_scored() -> list[Scored]:
    draw = random.Random("scored")

    def outcomes() -> Iterator[tuple[str | None, Iterable[tuple[bool | None, float | None]]]]:
        scores: list[Callable[[], float]] = [
            draw.random,
            lambda: draw.randrange(5) / 4,
            lambda: draw.choice([0.0, 1.0]),
            lambda: draw.random() ** 20,
            lambda: draw.choice([1e-300, 1e-17, 0.1, 0.2, 0.3, 0.7, 1 - 1e-16, 1.0]),
        ]
        for number in range(25):
            score = draw.choice(scores)
            yield (
                f"random {number}",
                [(draw.random() < 0.4, score()) for _ in range(draw.choice([1, 2, 3, 10, 60]))],
            )
        large = [draw.random() for _ in range(2000)]
        yield "large", [(draw.random() < score**2, round(score, 3)) for score in large]
        yield None, [(True, 0.5), (False, 0.4), (None, 0.1)]
        yield "only positives", [(True, 0.3), (True, 1.0), (True, 0.0)]
        yield "only negatives", [(False, 0.3), (False, 1.0), (False, 0.0)]
        yield "ordered", [(False, 0.0), (True, 1.0)]
        yield "reversed", [(True, 0.0), (False, 1.0)]
        yield "one row", [(True, 0.25)]
        yield "all tied", [(draw.random() < 0.5, 0.5) for _ in range(20)]
        yield "nothing known", [(None, 0.5), (None, None), (True, None)]
        yield "partly known", [(draw.choice([None, True, False]), draw.choice([None, 0.2, 0.6])) for _ in range(50)]

    return [
        Scored(scenario, draw.randrange(3), is_actual, score, draw.choice([1, 1, 5, 64, 111]) / 64)
        for scenario, rows in outcomes()
        for is_actual, score in rows
    ]


def make_measured() -> list[Measured]:
    draws = np.random.default_rng(3)
    scenarios: dict[str | None, Any] = {}
    for number in range(20):
        actual = draws.normal(draws.choice([0, 1e3]), 1, draws.choice([2, 3, 10, 200]))
        scenarios[f"random {number}"] = (actual, actual + draws.normal(0, 0.5, len(actual)))
    for name, offset, scale in [("offset", 1e8, 1), ("far offset", 1e12, 10), ("small", 0, 1e-9), ("huge", 0, 1e100)]:
        actual = offset + draws.normal(0, scale, 500)
        scenarios[name] = (actual, actual + draws.normal(scale / 10, scale / 3, 500))
    scenarios |= {
        None: ([1, 2, 4, None], [1, 3, 3, 5]),
        "one row": ([3], [5]),
        "perfect": ([1, 2, 3], [1, 2, 3]),
        "constant": ([0.1] * 1000, [0.1 + step / 1000 for step in range(1000)]),
        "constantly wrong": ([1, 2, 3], [2, 3, 4]),
        "zeros": ([0, 0, 1], [0, 1, 1]),
        "nothing known": ([None, None, 3], [1, None, None]),
        "tiny errors": ([1e-200, 2e-200], [2e-200, 4e-200]),
    }
    return [
        Measured(scenario, day % 3, *(None if value is None else float(value) for value in pair))
        for scenario, columns in scenarios.items()
        for day, pair in enumerate(zip(*columns, strict=True))
    ]


def make_tagged() -> list[Tagged]:
    draw = random.Random("tagged")
    rows = []
    for scenario, n_keys, n_labels, values in [
        ("many", 200, 4, [True, False, False]),
        ("few", 3, 2, [True, False]),
        ("one row", 1, 1, [True]),
        ("never", 5, 3, [False]),
        (None, 10, 2, [True, False]),
        ("partly known", 60, 3, [True, False, True, False, True, False, True, False, None]),
        ("nothing known", 2, 2, [None]),
    ]:
        for key in range(n_keys):
            for label in LABELS[:n_labels]:
                rows.append(Tagged(scenario, key, label, draw.choice(values), draw.choice(values)))
    return rows


def make_ranked() -> list[Ranked]:
    draws = np.random.default_rng(5)
    rows = []
    for scenario, n, n_classes in [("three", 300, 3), ("ten", 400, 10), ("two", 40, 2), (None, 50, 3), ("tied", 60, 3)]:
        scores = draws.dirichlet(np.ones(n_classes), n)
        if scenario == "tied":
            scores = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]])[draws.integers(0, 3, n)]
        actual = [
            draws.choice(n_classes, p=row) if draws.random() < 0.7 else draws.integers(n_classes) for row in scores
        ]
        actual[:n_classes] = range(n_classes)
        weights = draws.integers(1, 200, n) / 64
        for key in range(n):
            for number in range(n_classes):
                score, is_actual = float(scores[key][number]), bool(actual[key] == number)
                rows.append(Ranked(scenario, key, f"c{number}", is_actual, score, float(weights[key])))
    return rows


CLASSIFIED, SCORED, MEASURED, TAGGED, RANKED = (
    make_classified(),
    make_scored(),
    make_measured(),
    make_tagged(),
    make_ranked(),
)
TABLES = {
    "classified": ("scenario text, day integer, actual text, predicted text, weight float8", CLASSIFIED),
    "scored": ("scenario text, day integer, is_actual boolean, score float8, weight float8", SCORED),
    "measured": ("scenario text, day integer, actual float8, predicted float8", MEASURED),
    "tagged": ("scenario text, key_id integer, label text, is_actual boolean, is_predicted boolean", TAGGED),
    "ranked": (
        "scenario text, key_id integer, class_name text, is_actual boolean, score float8, weight float8",
        RANKED,
    ),
    "numbered": (
        '"Group" integer, actual integer, predicted integer, is_actual boolean, score float8',
        [(1, 0, 1, True, 0.5), (1, 1, 1, False, 0.5), (2, 10, 10, True, 0.25), (2, 9, 10, True, 0.75)],
    ),
    "awkward": (
        "actual text, predicted text, weight float8",
        [("a", label, weight) for weight in (0.1, 0.2, 0.3, 0.7, 1e-3) * 7 for label in ("a", "b")],
    ),
    "broken": (
        "actual text, predicted text, is_actual boolean, score float8, weight float8",
        [("a", "a", True, 1.5, -1.0), ("b", "b", False, 0.5, None)],
    ),
    "nothing_yet": (
        "scenario text, actual text, predicted text, is_actual boolean, score float8, amount float8, forecast float8",
        [],
    ),
}
ACTUAL, SCORE = "'actual', 'predicted'", "'is_actual', 'score'"
BY_SCENARIO = "group_by=['scenario']"
COSTS = {"fp": 1, "fn": 4.5, "tp": -0.25}
THRESHOLDS = [0.3, 0.0, 0.7, 0.1, 1.0]
ASKED = {
    "classification": f"classification_metrics(ref('classified'), {ACTUAL}, {BY_SCENARIO})",
    "classification_weighted": f"classification_metrics(ref('classified'), {ACTUAL}, {BY_SCENARIO}, weight='weight', "
    "beta=0.5)",
    "classification_of_all": f"classification_metrics(ref('classified'), {ACTUAL}, beta=2)",
    "classification_where": f"classification_metrics(ref('classified'), {ACTUAL}, where=\"scenario = 'fifty'\")",
    "classification_of_expressions": "classification_metrics(ref('classified'), \"actual = 'a'\", \"predicted = 'a'\", "
    "group_by={'scenario': 'upper(scenario)', 'is_first_day': 'day = 0'})",
    "classification_of_awkward": f"classification_metrics(ref('awkward'), {ACTUAL}, weight='weight')",
    "classification_of_numbers": f"classification_metrics(ref('numbered'), {ACTUAL}, group_by='\"Group\"')",
    "cells": f"confusion_counts(ref('classified'), {ACTUAL}, group_by=['scenario', 'day'])",
    "cells_weighted": f"confusion_counts(ref('classified'), {ACTUAL}, group_by=['scenario', 'day'], weight='weight')",
    "classification_of_cells": f"metrics_from_counts(ref('cells'), {BY_SCENARIO})",
    "classification_of_weighted_cells": f"metrics_from_counts(ref('cells_weighted'), {BY_SCENARIO}, "
    "weight='total_weight', beta=0.5)",
    "matrix": f"confusion_matrix(ref('classified'), {ACTUAL}, {BY_SCENARIO})",
    "matrix_of_all": f"confusion_matrix(ref('classified'), {ACTUAL})",
    "matrix_weighted": f"confusion_matrix(ref('classified'), {ACTUAL}, {BY_SCENARIO}, weight='weight', "
    "classes_by='scenario')",
    "matrix_of_cells": "matrix_from_counts(ref('cells'), ['scenario', 'day'], classes_by=['scenario'])",
    "pivot": f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, {BY_SCENARIO}, where=\"scenario <> 'fifty'\")",
    "pivot_of_fifty": f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, where=\"scenario = 'fifty'\")",
    "pivot_of_given": f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, {BY_SCENARIO}, classes=['b', 'never'])",
    "pivot_of_numbers": f"pivot_confusion_matrix(ref('numbered'), {ACTUAL}, group_by='\"Group\"')",
    "probability": f"probability_metrics(ref('scored'), {SCORE}, {BY_SCENARIO})",
    "probability_weighted": f"probability_metrics(ref('scored'), {SCORE}, {BY_SCENARIO}, weight='weight', n_bins=7)",
    "probability_of_all": f"probability_metrics(ref('scored'), {SCORE}, where='day < 2', n_bins=1)",
    "probability_of_expressions": "probability_metrics(ref('scored'), \"scenario = 'large' or is_actual\", "
    "'1 - score')",
    "scores": f"score_counts(ref('scored'), {SCORE}, group_by=['scenario', 'day'])",
    "probability_of_scores": f"metrics_from_scores(ref('scores'), {BY_SCENARIO})",
    "multiclass": f"multiclass_probability_metrics(ref('ranked'), 'class_name', 'is_actual', 'score', {BY_SCENARIO})",
    "multiclass_weighted": "multiclass_probability_metrics(ref('ranked'), 'class_name', 'is_actual', 'score', "
    f"{BY_SCENARIO}, weight='weight')",
    "multilabel": f"multilabel_metrics(ref('tagged'), 'key_id', 'label', 'is_actual', 'is_predicted', {BY_SCENARIO})",
    "multilabel_of_all": "multilabel_metrics(ref('tagged'), ['scenario', 'key_id'], 'label', 'is_actual', "
    "'is_predicted', where=\"scenario = 'few' or scenario is null\")",
    "regression": f"regression_metrics(ref('measured'), {ACTUAL}, {BY_SCENARIO})",
    "regression_of_all": f"regression_metrics(ref('measured'), {ACTUAL}, where=\"scenario like 'random%'\")",
    "sums": f"regression_sums(ref('measured'), {ACTUAL}, group_by=['scenario', 'day'])",
    "regression_of_sums": f"metrics_from_sums(ref('sums'), {BY_SCENARIO})",
    "thresholds": f"threshold_metrics(ref('scored'), {SCORE}, {BY_SCENARIO}, costs={COSTS})",
    "thresholds_listed": f"threshold_metrics(ref('scored'), {SCORE}, {BY_SCENARIO}, thresholds={THRESHOLDS})",
    "thresholds_of_all": f"threshold_metrics(ref('scored'), {SCORE}, thresholds=20, costs={COSTS})",
    "empty_classification": f"classification_metrics(ref('nothing_yet'), {ACTUAL})",
    "empty_groups": f"classification_metrics(ref('nothing_yet'), {ACTUAL}, {BY_SCENARIO})",
    "empty_matrix": f"confusion_matrix(ref('nothing_yet'), {ACTUAL})",
    "empty_pivot": f"pivot_confusion_matrix(ref('nothing_yet'), {ACTUAL})",
    "empty_probability": f"probability_metrics(ref('nothing_yet'), {SCORE})",
    "empty_multiclass": "multiclass_probability_metrics(ref('nothing_yet'), 'actual', 'is_actual', 'score')",
    "empty_multilabel": "multilabel_metrics(ref('nothing_yet'), 'scenario', 'actual', 'is_actual', 'is_actual')",
    "empty_regression": "regression_metrics(ref('nothing_yet'), 'amount', 'forecast')",
    "empty_thresholds": f"threshold_metrics(ref('nothing_yet'), {SCORE})",
}
REFUSED = {
    "unknown_actual": (
        "classification_metrics(ref('classified'), 'label', 'predicted')",
        'classification_metrics: actual names "label", which is no column of',
    ),
    "unknown_predicted": ("confusion_matrix(ref('classified'), 'actual', 'guess')", 'predicted names "guess"'),
    "unknown_group": (
        f"probability_metrics(ref('scored'), {SCORE}, group_by=['month'])",
        'probability_metrics: group_by names "month", which is no column of',
    ),
    "unknown_weight": (f"classification_metrics(ref('classified'), {ACTUAL}, weight='w')", 'weight names "w"'),
    "unknown_score": ("threshold_metrics(ref('scored'), 'is_actual', 'p')", "it has scenario, day, is_actual, score"),
    "unknown_key": (
        "multilabel_metrics(ref('tagged'), ['scenario', 'id'], 'label', 'is_actual', 'is_predicted')",
        'multilabel_metrics: key names "id"',
    ),
    "no_cells": ("metrics_from_counts(ref('classified'))", 'metrics_from_counts: cells names "actual_class"'),
    "no_scores": ("metrics_from_scores(ref('classified'))", 'metrics_from_scores: scores names "score"'),
    "no_sums": ("metrics_from_sums(ref('classified'))", 'metrics_from_sums: sums names "n"'),
    "no_actual": ("regression_metrics(ref('measured'), '', 'predicted')", 'regression_metrics: actual is ""; it must'),
    "no_names": (f"regression_metrics(ref('measured'), {ACTUAL}, group_by=[1])", 'group_by is "[1]"; it must be'),
    "unnamed_group": (
        f"regression_metrics(ref('measured'), {ACTUAL}, group_by=['day + 1'])",
        'group_by has "day + 1", which is no name of a column',
    ),
    "group_of_the_result": (
        f"classification_metrics(ref('classified'), {ACTUAL}, group_by={{'metric': 'scenario'}})",
        "group_by has metric, a name that metrics need themselves",
    ),
    "zero_beta": (f"classification_metrics(ref('classified'), {ACTUAL}, beta=0)", 'beta is "0"; it must be a number'),
    "text_beta": (f"classification_metrics(ref('classified'), {ACTUAL}, beta='1')", 'beta is "1"'),
    "true_beta": ("metrics_from_counts(ref('cells'), beta=true)", 'metrics_from_counts: beta is "True"'),
    "other_classes": (
        f"confusion_matrix(ref('classified'), {ACTUAL}, {BY_SCENARIO}, classes_by='day')",
        'classes_by names "day", which is none of group_by: scenario',
    ),
    "too_many_classes": (
        f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, where=\"scenario = 'fifty'\", max_classes=49)",
        "has more than 49 classes in actual and predicted, e.g. class 0, class 1,",
    ),
    "no_classes": (f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, max_classes=0)", 'max_classes is "0"'),
    "class_twice": (f"pivot_confusion_matrix(ref('classified'), {ACTUAL}, classes=['a', 'a'])", "each once"),
    "no_bins": (f"probability_metrics(ref('scored'), {SCORE}, n_bins=0)", 'n_bins is "0"; it must be a whole number'),
    "high_threshold": (
        f"threshold_metrics(ref('scored'), {SCORE}, thresholds=[0.5, 1.5])",
        'threshold_metrics: thresholds has "1.5"; it must be a number from 0 to 1',
    ),
    "no_steps": (f"threshold_metrics(ref('scored'), {SCORE}, thresholds=0)", "steps are a whole number from 1 on"),
    "no_thresholds": (f"threshold_metrics(ref('scored'), {SCORE}, thresholds=[])", 'thresholds is "[]"'),
    "unknown_cost": (f"threshold_metrics(ref('scored'), {SCORE}, costs={{'false': 1}})", 'costs has "false: 1"'),
    "text_cost": (f"threshold_metrics(ref('scored'), {SCORE}, costs={{'fp': 'high'}})", 'costs has "fp: high"'),
    "no_costs": (f"threshold_metrics(ref('scored'), {SCORE}, costs=5)", 'costs is "5"; it must map'),
    "score_of_more": (f"probability_metrics(ref('broken'), {SCORE})", "a score is 1.5; it must be a probability"),
    "score_of_less": ("threshold_metrics(ref('broken'), 'is_actual', '-score')", "it must be a probability"),
    "odd_weights": (
        f"classification_metrics(ref('broken'), {ACTUAL}, weight='weight')",
        "confusion_counts: weight is NULL or negative in 1 rows",
    ),
    "no_key": (
        "multilabel_metrics(ref('tagged'), [], 'label', 'is_actual', 'is_predicted')",
        'multilabel_metrics: key is ""; it must be a column',
    ),
    "no_label": (
        "multilabel_metrics(ref('tagged'), 'key_id', 'nullif(key_id, 1)', 'is_actual', 'is_predicted')",
        "multilabel_metrics: label is NULL in a row of 1",
    ),
    "odd_weights_of_scores": (
        "probability_metrics(ref('broken'), 'is_actual', 'score / 2', weight='weight')",
        "score_counts: weight is NULL or negative in 1 rows",
    ),
}


def questions() -> dict[str, str]:
    """All dbt models that ask."""
    of_a_cte = (
        "with cells as (select * from {{ ref('classified') }}), "
        f"classes as ({{{{ millwright.classification_metrics('cells', {ACTUAL}, {BY_SCENARIO}) }}}}) "
        "select * from classes"
    )
    of_a_query = f"""
        {{{{ millwright.classification_metrics("(select * from {SCHEMA}.classified)", {ACTUAL}, {BY_SCENARIO}) }}}}
    """
    after = f"-- depends_on: {' '.join(f'{{{{ ref({table!r}) }}}}' for table in [*TABLES, 'cells'])}\n"
    return {
        **{name: f"{{{{ millwright.{call} }}}}" for name, call in ASKED.items()},
        **{
            f"refused_{name}": f"{after}{{% if execute %}}{{{{ millwright.{call} }}}}{{% endif %}}"
            for name, (call, _) in REFUSED.items()
        },
        **{
            f"ranked_{name}": "with known as (select day as group_id, is_actual, score from {{ ref('scored') }} "
            "where is_actual is not null and score is not null) "
            f"{{{{ millwright.ranked_by_score('known', are_distinct={name == 'rows'}) }}}}"
            for name in ("groups", "rows")
        },
        "classification_of_a_cte": of_a_cte,
        "classification_of_a_query": of_a_query,
    }


class Answers:
    """What dbt answers on a warehouse with the made-up predictions."""

    def __init__(self, world: World):
        self.project = SmallProject(world, questions(), [{"name": name} for name in TABLES])
        for table, (columns, rows) in TABLES.items():
            self.project.load(table, columns, rows)
        self.results = self.project.run(NOW)

    def rows(self, question: str) -> list[dict[str, Any]]:
        assert self.results[question].status == "success", self.results[question].message
        return self.project.rows(f"select * from {SCHEMA}.{question}")

    def values(self, question: str, group: str = "scenario") -> dict[str | None, dict[Metric, float | None]]:
        """By group and metric, after a look at the rest of the row."""
        values = defaultdict(dict)
        for row in self.rows(question):
            metric = (row["average"], row["class_name"], row["metric"])
            assert metric not in values[row.get(group)], (row.get(group), metric)
            values[row.get(group)][metric] = row["value"]
            assert_close(row["value"], quotient(row["numerator"], row["denominator"]), row)
        return values


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def answers(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return Answers(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


def assert_metrics(
    found: dict[Any, dict[Metric, float | None]], expected: dict[Any, dict[Metric, float]], relative: float = 1e-9
) -> None:
    assert found.keys() == expected.keys()
    for group, values in expected.items():
        assert found[group].keys() == values.keys(), group
        for metric, value in values.items():
            assert_close(found[group][metric], value, (group, metric), relative)


def by_scenario(rows: Sequence[Any]) -> dict[str | None, list[Any]]:
    scenarios = defaultdict(list)
    for row in rows:
        scenarios[row.scenario].append(row)
    return scenarios


def columns_of(rows: Iterable[tuple], *names: str) -> list[list[Any]]:
    rows = list(rows)
    return [[getattr(row, name) for row in rows] for name in names]


def judged(rows: Sequence[Any], *names: str) -> list[list[Any]]:
    """The columns of those rows that have a value in the first two of them."""
    known = [row for row in rows if None not in (getattr(row, names[0]), getattr(row, names[1]))]
    return columns_of(known, *names)


def classified_as(rows: Sequence[Classified], is_weighted: bool = False, beta: float = 1) -> dict[Metric, float]:
    actual, predicted, weights = judged(rows, "actual", "predicted", "weight")
    whole = ["accuracy", "balanced_accuracy", "matthews_correlation", "cohen_kappa"]
    labels = sorted({*actual, *predicted})
    weights = np.array(weights) if is_weighted else np.ones(len(actual))
    if not weights.sum():
        return averaged(np.zeros((len(labels), 2, 2)), labels, beta) | {
            ("all", None, metric): math.nan for metric in whole
        }
    given = {"labels": labels, "sample_weight": weights}
    values = averaged(sk.multilabel_confusion_matrix(actual, predicted, **given), labels, beta)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore")
        # scikit-learn says the same of what it knows.
        for average in ("micro", "macro", "weighted"):
            known = sk.precision_recall_fscore_support(
                actual, predicted, beta=beta, average=average, zero_division=np.nan, **given
            )[:3]
            of_classes = [values[average, None, metric] for metric in ("precision", "recall", "f_beta")]
            assert of_classes == pytest.approx(known, nan_ok=True)
        matrix = sk.confusion_matrix(actual, predicted, **given)
        is_varied = all((matrix.sum(axis=axis) > 0).sum() > 1 for axis in (0, 1))
        correlation = sk.matthews_corrcoef(actual, predicted, sample_weight=weights)
        whole_values = [
            sk.accuracy_score(actual, predicted, sample_weight=weights),
            sk.balanced_accuracy_score(actual, predicted, sample_weight=weights),
            correlation if is_varied else math.nan,
            sk.cohen_kappa_score(actual, predicted, sample_weight=weights, labels=labels),
        ]
    return values | {("all", None, metric): value for metric, value in zip(whole, whole_values, strict=True)}


@cache
def all_classified_as(is_weighted: bool, beta: float) -> dict[str | None, dict[Metric, float]]:
    return {scenario: classified_as(rows, is_weighted, beta) for scenario, rows in by_scenario(CLASSIFIED).items()}


def numbers_of(rows: Sequence[Any], actual: str, predicted: str) -> dict[str, int]:
    """How many rows are judged, and why others are not."""
    pairs = list(zip(*columns_of(rows, actual, predicted), strict=True))
    n_unlabelled = sum(known is None for known, _ in pairs)
    n_unpredicted = sum(known is not None and guess is None for known, guess in pairs)
    n = len(pairs) - n_unlabelled - n_unpredicted
    return {"n": n, "n_unlabelled": n_unlabelled, "n_unpredicted": n_unpredicted}


@pytest.mark.parametrize(
    ("question", "is_weighted", "beta"),
    [
        ("classification", False, 1),
        ("classification_weighted", True, 0.5),
        ("classification_of_cells", False, 1),
        ("classification_of_weighted_cells", True, 0.5),
        ("classification_of_a_cte", False, 1),
        ("classification_of_a_query", False, 1),
    ],
)
def test_classifications_are_judged_as_by_scikit_learn(answers: Answers, question: str, is_weighted: bool, beta: float):
    assert_metrics(answers.values(question), all_classified_as(is_weighted, beta))


def test_without_groups_the_relation_is_one(answers: Answers):
    assert_metrics(answers.values("classification_of_all"), {None: classified_as(CLASSIFIED, beta=2)})
    fifty = [row for row in CLASSIFIED if row.scenario == "fifty"]
    assert_metrics(answers.values("classification_where"), {None: classified_as(fifty)})


def test_classes_and_groups_may_be_expressions(answers: Answers):
    groups = defaultdict(list)
    for row in CLASSIFIED:
        actual, predicted = (None if label is None else str(label == "a").lower() for label in row[2:4])
        groups[row.scenario and row.scenario.upper(), row.day == 0].append(
            row._replace(actual=actual, predicted=predicted)
        )
    found = defaultdict(dict)
    for row in answers.rows("classification_of_expressions"):
        metric = (row["average"], row["class_name"], row["metric"])
        found[row["scenario"], row["is_first_day"]][metric] = row["value"]
    assert_metrics(found, {group: classified_as(rows) for group, rows in groups.items()})


def test_classes_that_are_numbers_are_read_as_text(answers: Answers):
    found = answers.values("classification_of_numbers", "Group")
    assert {metric[1] for metric in found[1]} == {None, "0", "1"}
    assert {metric[1] for metric in found[2]} == {None, "9", "10"}
    assert found[2]["all", None, "accuracy"] == 0.5


def test_what_no_row_has_weight_for_is_undefined_whatever_the_rounding(answers: Answers):
    found = answers.values("classification_of_awkward")[None]
    assert found["class", "a", "specificity"] is None
    assert found["class", "b", "recall"] is None
    assert found["class", "b", "negative_predictive_value"] == 1
    assert found["all", None, "matthews_correlation"] is None
    assert found["all", None, "cohen_kappa"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("question", "rows", "columns"),
    [
        ("classification", CLASSIFIED, ("actual", "predicted")),
        ("classification_of_cells", CLASSIFIED, ("actual", "predicted")),
        ("matrix", CLASSIFIED, ("actual", "predicted")),
        ("probability", SCORED, ("is_actual", "score")),
        ("probability_of_scores", SCORED, ("is_actual", "score")),
        ("thresholds", SCORED, ("is_actual", "score")),
        ("thresholds_listed", SCORED, ("is_actual", "score")),
        ("regression", MEASURED, ("actual", "predicted")),
        ("regression_of_sums", MEASURED, ("actual", "predicted")),
    ],
)
def test_every_row_is_accounted_for(answers: Answers, question: str, rows: Sequence[Any], columns: tuple[str, str]):
    expected = {scenario: numbers_of(rows, *columns) for scenario, rows in by_scenario(rows).items()}
    found = defaultdict(set)
    for row in answers.rows(question):
        n = row["n_total"] if question == "matrix" else row["n"]
        found[row["scenario"]].add((n, row["n_unlabelled"], row["n_unpredicted"]))
    assert found == {scenario: {tuple(numbers.values())} for scenario, numbers in expected.items()}


def assert_matrix(
    found: list[dict[str, Any]], rows: Sequence[Classified], labels: Sequence[str], weights: list[float] | None = None
) -> None:
    actual, predicted, weights_of_rows = judged(rows, "actual", "predicted", "weight")
    cells = {(row["actual_class"], row["predicted_class"]): row for row in found}
    assert len(cells) == len(found) == len(labels) ** 2
    counts = sk.confusion_matrix(actual, predicted, labels=labels) if actual else np.zeros((len(labels),) * 2)
    weighed = np.zeros_like(counts, dtype=float)
    for pair in zip(actual, predicted, weights_of_rows, strict=True):
        weighed[labels.index(pair[0]), labels.index(pair[1])] += pair[2]
    figures = counts if weights is None else weighed
    numbers = numbers_of(rows, "actual", "predicted")
    with np.errstate(invalid="ignore"):
        rates = {
            "actual_rate": figures / figures.sum(axis=1, keepdims=True),
            "predicted_rate": figures / figures.sum(axis=0, keepdims=True),
            "total_rate": figures / figures.sum(),
        }
    for row, actual_class in enumerate(labels):
        for column, predicted_class in enumerate(labels):
            cell = cells[actual_class, predicted_class]
            assert cell["n"] == counts[row, column]
            assert cell["n_actual"] == counts[row].sum()
            assert cell["n_predicted"] == counts[:, column].sum()
            assert cell["n_total"] == numbers["n"]
            assert (cell["n_unlabelled"], cell["n_unpredicted"]) == (numbers["n_unlabelled"], numbers["n_unpredicted"])
            for name, rate in rates.items():
                assert_close(cell[name], rate[row, column], (cell, name))
            if weights is not None:
                assert cell["total_weight"] == weighed[row, column]


def labels_of(rows: Sequence[Classified]) -> list[str]:
    actual, predicted = judged(rows, "actual", "predicted")
    return sorted({*actual, *predicted})


def test_a_confusion_matrix_has_a_cell_for_every_pair_of_classes(answers: Answers):
    assert_matrix(answers.rows("matrix_of_all"), CLASSIFIED, labels_of(CLASSIFIED))
    found = defaultdict(list)
    for row in answers.rows("matrix"):
        found[row["scenario"]].append(row)
    assert found.keys() == by_scenario(CLASSIFIED).keys()
    for scenario, rows in by_scenario(CLASSIFIED).items():
        if scenario in ("odd labels", "fifty", "nothing known", "partly known", None):
            assert_matrix(found[scenario], rows, labels_of(CLASSIFIED))


def test_groups_can_have_classes_of_their_own_and_weights(answers: Answers):
    found = defaultdict(list)
    for row in answers.rows("matrix_weighted"):
        found[row["scenario"]].append(row)
    for scenario, rows in by_scenario(CLASSIFIED).items():
        assert_matrix(found[scenario], rows, labels_of(rows), [row.weight for row in rows])


def test_cells_of_days_make_matrices_with_the_classes_of_all_days(answers: Answers):
    found = defaultdict(list)
    for row in answers.rows("matrix_of_cells"):
        found[row["scenario"], row["day"]].append(row)
    for scenario, rows in by_scenario(CLASSIFIED).items():
        for day in {row.day for row in rows} if labels_of(rows) else []:
            of_day = [row for row in rows if row.day == day]
            assert_matrix(found.pop((scenario, day)), of_day, labels_of(rows))
    assert not found


def test_a_pivoted_matrix_has_a_column_per_class(answers: Answers):
    rows = [row for row in CLASSIFIED if row.scenario not in ("fifty", None)]
    labels = labels_of(rows)
    assert {*LABELS} <= {*labels}
    cells = {(row.scenario, label): Counter() for row in rows for label in labels}
    for row in rows:
        if None not in (row.actual, row.predicted):
            cells[row.scenario, row.actual][row.predicted] += 1
    found = answers.rows("pivot")
    columns = [name for name in found[0] if name.startswith("predicted_")]
    assert len(columns) == len(labels)
    assert max(len(column.encode()) for column in columns) <= 63
    assert {"predicted_a", "predicted_b", "predicted_0", "predicted_null"} <= {*columns}
    assert len(found) == len(cells)
    for row in found:
        counts = cells[row["scenario"], row["actual_class"]]
        # The columns stand in the order of the classes' bytes.
        assert [row[column] for column in columns] == [counts[label] for label in labels]
        assert (row["n_actual"], row["n_predicted_other"]) == (counts.total(), 0)


def test_classes_of_a_pivoted_matrix_can_be_given(answers: Answers):
    cells = defaultdict(Counter)
    for row in CLASSIFIED:
        if None not in (row.actual, row.predicted):
            cells[row.scenario, row.actual][row.predicted] += 1
    for row in answers.rows("pivot_of_given"):
        counts = cells[row["scenario"], row["actual_class"]]
        assert (row["predicted_b"], row["predicted_never"]) == (counts["b"], 0)
        assert row["n_predicted_other"] == counts.total() - counts["b"]
    assert len(answers.rows("pivot_of_fifty")) == 50
    assert [name for name in answers.rows("pivot_of_numbers")[0] if name.startswith("predicted")] == [
        f"predicted_{label}" for label in ("0", "1", "10", "9")
    ]


def scored_as(rows: Sequence[Scored], is_weighted: bool = False, n_bins: int = 10) -> dict[Metric, float]:
    actual, scores, weights = (np.array(column) for column in judged(rows, "is_actual", "score", "weight"))
    names = ["log_loss", "brier_score", "roc_auc", "average_precision"]
    names += ["expected_calibration_error", "max_calibration_error"]
    if not len(actual):
        return {("all", None, metric): math.nan for metric in names}
    weights = weights if is_weighted else np.ones(len(actual))
    given = {"sample_weight": weights}
    bins = np.minimum(np.floor(scores * n_bins), n_bins - 1)
    gaps = [abs(((scores - actual) * weights)[bins == number].sum()) for number in np.unique(bins)]
    sizes = [weights[bins == number].sum() for number in np.unique(bins)]
    is_mixed = len(np.unique(actual)) == 2
    values = [
        sk.log_loss(actual, scores, labels=[False, True], **given),
        np.average((scores - actual) ** 2, weights=weights),
        sk.roc_auc_score(actual, scores, **given) if is_mixed else math.nan,
        sk.average_precision_score(actual, scores, **given) if actual.any() else math.nan,
        sum(gaps) / sum(sizes),
        max(gap / size for gap, size in zip(gaps, sizes, strict=True)),
    ]
    if is_mixed:
        assert values[1] == pytest.approx(sk.brier_score_loss(actual, scores, **given))
    return {("all", None, metric): value for metric, value in zip(names, values, strict=True)}


@pytest.mark.parametrize(
    ("question", "is_weighted", "n_bins"),
    [("probability", False, 10), ("probability_weighted", True, 7), ("probability_of_scores", False, 10)],
)
def test_probabilities_are_judged_as_by_scikit_learn(answers: Answers, question: str, is_weighted: bool, n_bins: int):
    expected = {scenario: scored_as(rows, is_weighted, n_bins) for scenario, rows in by_scenario(SCORED).items()}
    assert_metrics(answers.values(question), expected)


def test_probabilities_without_groups_and_of_expressions(answers: Answers):
    of_days = [row for row in SCORED if row.day < 2]
    assert_metrics(answers.values("probability_of_all"), {None: scored_as(of_days, n_bins=1)})
    turned = [
        row._replace(
            is_actual=True
            if row.scenario == "large"
            else None
            if row.scenario is None and not row.is_actual
            else row[2],
            score=None if row.score is None else 1 - row.score,
        )
        for row in SCORED
    ]
    assert_metrics(answers.values("probability_of_expressions"), {None: scored_as(turned)})


@pytest.mark.parametrize("question", ["multiclass", "multiclass_weighted"])
def test_probabilities_of_classes_are_judged_as_by_scikit_learn(answers: Answers, question: str):
    expected = {}
    for scenario, rows in by_scenario(RANKED).items():
        labels = sorted({row.class_name for row in rows})
        scores = np.array([row.score for row in rows]).reshape(-1, len(labels))
        actual = np.array([row.is_actual for row in rows]).reshape(scores.shape)
        weights = np.array([row.weight for row in rows[:: len(labels)]]) if "weighted" in question else None
        of_classes = [
            sk.roc_auc_score(actual[:, number], scores[:, number], sample_weight=weights)
            for number in range(len(labels))
        ]
        support = np.average(actual, axis=0, weights=weights)
        numbers = actual.argmax(axis=1)
        if len(labels) > 2 and weights is None:
            macro = sk.roc_auc_score(numbers, scores, multi_class="ovr", average="macro")
            weighted = sk.roc_auc_score(numbers, scores, multi_class="ovr", average="weighted")
            assert (macro, weighted) == pytest.approx((np.mean(of_classes), np.average(of_classes, weights=support)))
        squared = ((scores - actual) ** 2).sum(axis=1)
        expected[scenario] = {
            **{("class", label, "roc_auc"): value for label, value in zip(labels, of_classes, strict=True)},
            ("macro", None, "roc_auc"): np.mean(of_classes),
            ("weighted", None, "roc_auc"): np.average(of_classes, weights=support),
            ("all", None, "log_loss"): sk.log_loss(numbers, scores, sample_weight=weights),
            ("all", None, "brier_score"): np.average(squared, weights=weights),
        }
        if weights is None:
            brier = sk.brier_score_loss(numbers, scores, scale_by_half=False)
            assert expected[scenario]["all", None, "brier_score"] == pytest.approx(brier)
    assert_metrics(answers.values(question), expected)


@pytest.mark.parametrize("question", ["ranked_groups", "ranked_rows"])
def test_scores_are_ranked_within_their_group_whatever_a_row_is(answers: Answers, question: str):
    scores: dict[int, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for row in SCORED:
        if None not in (row.is_actual, row.score):
            scores[row.day][row.is_actual].append(row.score)
    expected = {}
    for day, by_kind in scores.items():
        for score in {*by_kind[True], *by_kind[False]}:
            of_kinds = [
                (kind.count(score), sum(other > score for other in kind), sum(other >= score for other in kind))
                for kind in (by_kind[True], by_kind[False])
            ]
            expected[day, score] = tuple(zip(*of_kinds, strict=True))
    n_rows: Counter[tuple[int, float]] = Counter()
    found: dict[tuple[int, float], Any] = {}
    for row in answers.rows(question):
        key = (row["group_id"], row["score"])
        n_rows += Counter({key: 1})
        (positives, negatives), *places = found.get(key, ((0, 0),))
        above, through = [(row[f"positives_{end}"], row[f"negatives_{end}"]) for end in ("above", "through")]
        assert places in ([], [above, through])
        found[key] = ((positives + row["positives"], negatives + row["negatives"]), above, through)
    assert found == expected
    are_rows = (question, answers.project.world.target.engine) == ("ranked_rows", "duckdb")
    assert max(n_rows.values()) == (max(sum(counts) for counts, *_ in expected.values()) if are_rows else 1)


def tagged_as(rows: Sequence[Tagged]) -> dict[Metric, float]:
    labels = sorted({row.label for row in rows})
    matrices = np.zeros((len(labels), 2, 2))
    predictions = defaultdict(list)
    for row in rows:
        predictions[row.scenario, row.key].append(row)
        if None not in (row.is_actual, row.is_predicted):
            matrices[labels.index(row.label), int(row.is_actual), int(row.is_predicted)] += 1
    values = averaged(matrices, labels)
    whole = [
        columns_of(sorted(rows, key=lambda row: row.label), "is_actual", "is_predicted")
        for rows in predictions.values()
        if all(None not in row[3:] for row in rows)
    ]
    if not whole:
        unknown = [("samples", None, metric) for metric in rates_of(matrices, None)]
        return values | dict.fromkeys(
            [*unknown, ("all", None, "subset_accuracy"), ("all", None, "hamming_loss")], math.nan
        )
    actual, predicted = (np.array(columns).astype(int) for columns in zip(*whole, strict=True))
    of_samples = np.array(
        [
            [[((1 - a) * (1 - p)).sum(), ((1 - a) * p).sum()], [(a * (1 - p)).sum(), (a * p).sum()]]
            for a, p in zip(actual, predicted, strict=True)
        ]
    )
    for metric, rates in rates_of(of_samples, None).items():
        values["samples", None, metric] = average_of(rates)
    if len(labels) > 1:
        for score, metric in [(sk.precision_score, "precision"), (sk.recall_score, "recall"), (sk.f1_score, "f1")]:
            known = score(actual, predicted, average="samples", zero_division=np.nan)
            assert values["samples", None, metric] == pytest.approx(known, nan_ok=True)
    values["all", None, "subset_accuracy"] = sk.accuracy_score(actual, predicted)
    values["all", None, "hamming_loss"] = (matrices[:, 0, 1] + matrices[:, 1, 0]).sum() / matrices.sum()
    if len(whole) == len(predictions):
        assert values["all", None, "hamming_loss"] == pytest.approx(sk.hamming_loss(actual, predicted))
    return values


def test_labels_are_judged_as_by_scikit_learn(answers: Answers):
    expected = {scenario: tagged_as(rows) for scenario, rows in by_scenario(TAGGED).items()}
    assert_metrics(answers.values("multilabel"), expected)
    two = [row for row in TAGGED if row.scenario in ("few", None)]
    assert_metrics(answers.values("multilabel_of_all"), {None: tagged_as(two)})


def test_predictions_with_unknown_labels_are_counted_apart(answers: Answers):
    predictions, n_rows = defaultdict(list), Counter()
    for row in TAGGED:
        if row.scenario == "partly known":
            predictions[row.key].append(row)
            n_rows[row.label, "n"] += None not in row[3:]
            n_rows[row.label, "n_unlabelled"] += row.is_actual is None
            n_rows[row.label, "n_unpredicted"] += row.is_actual is not None and row.is_predicted is None
    n_unlabelled = sum(any(row.is_actual is None for row in rows) for rows in predictions.values())
    n_whole = sum(all(None not in row[3:] for row in rows) for rows in predictions.values())
    of_predictions = (n_whole, n_unlabelled, len(predictions) - n_whole - n_unlabelled)
    of_rows = tuple(
        sum(count for (_, counted), count in n_rows.items() if counted == name)
        for name in ("n", "n_unlabelled", "n_unpredicted")
    )
    assert min(*of_predictions, *of_rows) > 0
    for row in answers.rows("multilabel"):
        if row["scenario"] == "partly known":
            found = (row["n"], row["n_unlabelled"], row["n_unpredicted"])
            if row["average"] == "class":
                assert found == tuple(
                    n_rows[row["class_name"], name] for name in ("n", "n_unlabelled", "n_unpredicted")
                )
            elif row["average"] == "samples" or row["metric"] == "subset_accuracy":
                assert found == of_predictions
            else:
                assert found == of_rows


def measured_as(rows: Sequence[Measured]) -> dict[Metric, float]:
    actual, predicted = (np.array(column, dtype=float) for column in judged(rows, "actual", "predicted"))
    names = [
        *("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "mean_absolute_percentage_error"),
        *("median_absolute_error", "max_error", "mean_error", "r2", "explained_variance", "relative_accuracy"),
    ]
    if not len(actual):
        return {("all", None, metric): math.nan for metric in names}
    is_varied = len(np.unique(actual)) > 1
    errors = predicted - actual
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        values = [
            sk.mean_absolute_error(actual, predicted),
            sk.mean_squared_error(actual, predicted),
            sk.root_mean_squared_error(actual, predicted),
            sk.mean_absolute_percentage_error(actual, predicted),
            sk.median_absolute_error(actual, predicted),
            sk.max_error(actual, predicted),
            errors.mean(),
            sk.r2_score(actual, predicted, force_finite=False) if is_varied else math.nan,
            sk.explained_variance_score(actual, predicted, force_finite=False) if is_varied else math.nan,
            1 - np.abs(errors).sum() / np.abs(actual).sum() if actual.any() else math.nan,
        ]
    return {("all", None, metric): value for metric, value in zip(names, values, strict=True)}


def test_numbers_are_judged_as_by_scikit_learn(answers: Answers):
    expected = {scenario: measured_as(rows) for scenario, rows in by_scenario(MEASURED).items()}
    medians = answers.values("regression")
    for question in ("regression", "regression_of_sums"):
        found = answers.values(question)
        if question == "regression_of_sums":
            # A median does not add up.
            for scenario, rows in by_scenario(MEASURED).items():
                if len({row.day for row in rows}) > 1:
                    median = ("all", None, "median_absolute_error")
                    assert found[scenario][median] is None
                    found[scenario][median] = medians[scenario][median]
        for metric, value in expected["tiny errors"].items():
            # Their squares are no floats any more.
            assert found["tiny errors"][metric] == (
                pytest.approx(value) if value > 0 else None if value != value else 0
            )
        assert_metrics(found, {**expected, "tiny errors": found["tiny errors"]})
    of_random = [row for row in MEASURED if (row.scenario or "").startswith("random")]
    assert_metrics(answers.values("regression_of_all"), {None: measured_as(of_random)})


def outcomes_at(rows: Sequence[Scored], threshold: float) -> dict[str, Any]:
    actual, scores = (np.array(column) for column in judged(rows, "is_actual", "score"))
    predicted = scores >= threshold if len(scores) else np.zeros(0, dtype=bool)
    actual = actual.astype(bool)
    tp, fp = int((actual & predicted).sum()), int((~actual & predicted).sum())
    fn, tn = int((actual & ~predicted).sum()), int((~actual & ~predicted).sum())
    recall, fpr = quotient(tp, tp + fn), quotient(fp, fp + tn)
    return {
        "threshold": threshold,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "precision_value": quotient(tp, tp + fp),
        "recall": recall,
        "false_positive_rate": fpr,
        "f1": quotient(2 * tp, 2 * tp + fp + fn),
        "youden_index": None if None in (recall, fpr) else recall - fpr,
        "total_cost": COSTS["fp"] * fp + COSTS["fn"] * fn + COSTS["tp"] * tp,
    }


def assert_thresholds(found: list[dict[str, Any]], rows: Sequence[Scored], thresholds: Iterable[float], costs: bool):
    expected = [outcomes_at(rows, threshold) for threshold in sorted(thresholds, reverse=True)]
    if not costs:
        expected = [{**row, "total_cost": None} for row in expected]
    for figure, sign in {"f1": -1, "youden_index": -1, "total_cost": 1}.items():
        known = [row for row in expected if row[figure] is not None]
        best = min(known, key=lambda row: (sign * row[figure], -row["threshold"])) if known else None
        for row in expected:
            row[f"is_best_{figure}"] = row is best
    found = sorted(found, key=lambda row: -row["threshold"])
    assert [row["threshold"] for row in found] == [row["threshold"] for row in expected]
    for row, of_threshold in zip(found, expected, strict=True):
        for name, value in of_threshold.items():
            assert row[name] == (value if value is None else pytest.approx(value)), (row, name)


@pytest.mark.parametrize("question", ["thresholds", "thresholds_listed"])
def test_thresholds_are_followed_through(answers: Answers, question: str):
    found = defaultdict(list)
    for row in answers.rows(question):
        found[row["scenario"]].append(row)
    assert found.keys() == by_scenario(SCORED).keys()
    for scenario, rows in by_scenario(SCORED).items():
        scores = {*judged(rows, "score", "is_actual")[0], math.inf}
        costs = question == "thresholds"
        assert_thresholds(found[scenario], rows, scores if costs else THRESHOLDS, costs)
        if scenario == "large" and costs:
            actual, scores = judged(rows, "is_actual", "score")
            fpr, recall, thresholds = sk.roc_curve(actual, scores, drop_intermediate=False)
            ordered = sorted(found[scenario], key=lambda row: -row["threshold"])
            assert [row["threshold"] for row in ordered] == list(thresholds)
            assert [row["recall"] for row in ordered] == pytest.approx(recall)
            assert [row["false_positive_rate"] for row in ordered] == pytest.approx(fpr)


def test_thresholds_can_be_equal_steps(answers: Answers):
    assert_thresholds(answers.rows("thresholds_of_all"), SCORED, [step / 20 for step in range(21)], True)


@pytest.mark.parametrize("question", [name for name in ASKED if name.startswith("empty")])
def test_of_nothing_there_is_nothing_to_say(answers: Answers, question: str):
    assert answers.rows(question) == []


@pytest.mark.parametrize("call", REFUSED)
def test_what_cannot_be_computed_is_refused_by_name(answers: Answers, call: str):
    result = answers.results[f"refused_{call}"]
    assert result.status == "error"
    assert REFUSED[call][1] in result.message
