"""Predictions and outcomes as applications would land them, and what is to be judged of them.

Real classifiers of scikit-learn's bundled data predict about entities at a few hours of five days; what came true is
landed days later. A second delivery has late, corrected and repeated rows, a new day and classes never seen before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from support.world import World

SCHEMA = "judging"
EMPTY_NIGHT, FIRST_NIGHT, LAST_NIGHT = "1997-03-20", "1997-04-08", "1997-05-20"
HISTORY_STARTS_AT = datetime(1997, 1, 1)
# Two weeks and two months; on the new day there are no outcomes yet.
DAYS = [datetime(1997, 3, 27), datetime(1997, 3, 28), datetime(1997, 3, 31), datetime(1997, 4, 2)]
NEW_DAY = datetime(1997, 5, 14)
# From here on there is something new in the second delivery.
CHANGED_FROM = DAYS[2]
HOURS = (8, 21)

ODD_CITIES = [
    *(
        "Aix-en-Provence",
        "L'Aquila",
        'The "Hague"',
        "São Paulo",
        "Zürich",
        "Łódź",
        "Washington, D.C.",
        "Rio de Janeiro",
    ),
    *("a;b", "-- c", "{{ x }}", "%s", "back\\slash", "NULL", "null", " leading", "A", "a", "日本", "0"),
]
CITIES = [*ODD_CITIES, *(f"city {number:02}" for number in range(50 - len(ODD_CITIES)))]
LABELS = ["art", "sport", "tech", "a, b", "é"]
DIGITS = [str(digit) for digit in range(5)]

# model_name, task, positive_class, label_delay_days; wine and city are not registered.
TASKS = [
    ("tumour", "binary", "malignant", 7),
    ("tumour_challenger", "binary", "malignant", 7),
    ("grid", "binary", "yes", 7),
    ("digit", "multiclass", None, 7),
    ("topics", "multilabel", None, None),
    ("progression", "regression", None, 30),
]
# model_name, class_name, tp_cost, fp_cost, fn_cost, tn_cost, reject_cost
COSTS = [
    ("tumour", "malignant", -1, 1, 8, 0, 0.5),
    ("grid", "yes", 0, 1, 1, 0, 0.25),
    ("digit", "3", 0, 1, 4, 0, None),
]
# model_name, alias, class_name
ALIASES = [("tumour", "M", "malignant"), ("tumour", "B", "benign"), ("digit", "three", "3")]
# model_name, other_model_name
COMPARISONS = [("tumour", "tumour"), ("tumour_challenger", "tumour")]
SEEDS = {
    "model_tasks": ("model_name, task, positive_class, label_delay_days", TASKS),
    "decision_costs": ("model_name, class_name, tp_cost, fp_cost, fn_cost, tn_cost, reject_cost", COSTS),
    "label_aliases": ("model_name, alias, class_name", ALIASES),
    "model_comparisons": ("model_name, other_model_name", COMPARISONS),
}
PREDICTION_COLUMNS = (
    *("prediction_id", "model_name", "model_version", "entity_id", "event_at", "known_at", "score", "predicted_class"),
    *("predicted_labels", "predicted_value", "class_scores", "data_split", "segments", "run_id"),
    *("user_id", "session_id", "latency_ms"),
)
OUTCOME_COLUMNS = (
    *("outcome_id", "prediction_id", "model_name", "event_at", "known_at", "actual_class", "actual_labels"),
    *("actual_value", "run_id"),
)


@dataclass
class Delivery:
    """Rows of the landing tables."""

    predictions: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)

    def predict(self, model: str, version: str, number: int, at: datetime, **said: Any) -> dict[str, Any]:
        split = ("valid", "test", None)[number // 2 % 3]
        site = {"site": "ab"[number // 3 % 2]}
        more = {"is new": number % 2 == 0} if model == "wine" else {"nothing": None}
        segments = [site, site, site | more, None][number // 5 % 4]
        self.predictions.append(
            {
                "prediction_id": f"{model} {number}",
                "model_name": model,
                "model_version": version,
                "entity_id": f"entity {number}",
                "event_at": at,
                "known_at": at + timedelta(minutes=1),
                "data_split": split,
                "segments": segments and json.dumps(segments),
                "user_id": None if number % 5 == 0 else f"user {number % 7}",
                "session_id": f"session {number % 11}",
                "latency_ms": None if number % 6 == 0 else number * 37 % 101 / 8,
                **said,
            }
        )
        return self.predictions[-1]

    def come_true(self, prediction: dict[str, Any], known_at: datetime | None = None, **what: Any) -> None:
        event_at = prediction["event_at"] + timedelta(days=3)
        self.outcomes.append(
            {
                "outcome_id": f"outcome {len(self.outcomes)} at {known_at}",
                "prediction_id": prediction["prediction_id"],
                "model_name": prediction["model_name"],
                "event_at": event_at,
                "known_at": known_at or event_at + timedelta(hours=2),
                **what,
            }
        )

    def land(self, world: World) -> None:
        register(world, SCHEMA, {(made["model_name"], made["model_version"]) for made in self.predictions})
        insert(world, f"{SCHEMA}_ops.predictions", PREDICTION_COLUMNS, self.predictions)
        insert(world, f"{SCHEMA}_ops.outcomes", OUTCOME_COLUMNS, self.outcomes)


def register(world: World, schema: str, versions: Iterable[tuple[str, str]]) -> None:
    """Registers model versions before any of their predictions: those of others do not count."""
    columns = ("model_name", "model_version", "event_at", "known_at")
    rows = [(*version, HISTORY_STARTS_AT, HISTORY_STARTS_AT) for version in versions if all(version)]
    insert(world, f"{schema}_ops.model_versions", columns, (dict(zip(columns, row, strict=True)) for row in rows))


def insert(world: World, table: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    def literal(value: object) -> str:
        return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

    values = ", ".join("(" + ", ".join(literal(row.get(column)) for column in columns) + ")" for row in rows)
    world.execute(f"insert into {table} ({', '.join(columns)}) values {values}")


def moment(number: int, n: int | None = None) -> datetime:
    """When the prediction is made: by turns in each hour, or of `n` predictions one hour after the other."""
    slots = [day + timedelta(hours=hour) for day in DAYS for hour in HOURS]
    slot = slots[number % len(slots) if n is None else number * len(slots) // n]
    return slot + timedelta(minutes=number * 7 % 60, seconds=number % 60)


def scaled(model: Any) -> Any:
    return make_pipeline(StandardScaler(), model)


def probabilities(model: Any, features: np.ndarray, target: np.ndarray) -> np.ndarray:
    return cross_val_predict(model, features, target, cv=3, method="predict_proba")


@cache
def deliveries() -> tuple[Delivery, Delivery]:
    """What is landed before the first night, and what before the last."""
    first, second = Delivery(), Delivery()
    for add in (add_tumours, add_grid, add_digits, add_wines, add_cities, add_topics, add_progressions):
        add(first, second)
    return first, second


def settle(first: Delivery, second: Delivery, prediction: dict[str, Any], number: int, **what: Any) -> None:
    """Most outcomes come in time, some late, few never."""
    if number % 5 == 0 and prediction["event_at"] >= CHANGED_FROM:
        second.come_true(prediction, datetime(1997, 5, 1, 12), **what)
    elif number % 41:
        first.come_true(prediction, **what)


def add_tumours(first: Delivery, second: Delivery) -> None:
    features, is_benign = datasets.load_breast_cancer(return_X_y=True)
    classes = np.where(is_benign, "benign", "malignant")
    # Another class is predicted from a half on; the tree has ties.
    models = {
        ("tumour", "1"): scaled(LogisticRegression(C=0.01)),
        ("tumour", "2"): DecisionTreeClassifier(max_depth=2, random_state=0),
        ("tumour_challenger", "1"): scaled(LogisticRegression(C=0.0001)),
    }
    for (model, version), classifier in models.items():
        scores = probabilities(classifier, features[:, :4], classes)[:, 1]
        for number, (score, actual) in enumerate(zip(scores, classes, strict=True)):
            if model == "tumour_challenger" and number % 4 == 0:
                continue
            predicted = "malignant" if score >= 0.5 else "benign"
            if (version, number % 11) == ("1", 0) and model == "tumour":
                predicted = {"malignant": "M", "benign": "B"}[predicted]
            # Some say no more than the class.
            score = None if (version, number % 37) == ("1", 5) else score
            made = first.predict(model, version, number, moment(number), score=score, predicted_class=predicted)
            # Both versions of a model share their outcomes.
            if version == "1":
                told = "M" if number % 10 == 3 and (model, actual) == ("tumour", "malignant") else actual
                settle(first, second, made, number, actual_class=told)
            if number in (2, 10, 18, 26):
                # Delivered once more, and another answer: the first counts.
                second.predictions.append(
                    made | {"known_at": datetime(1997, 5, 2), "score": 0.125, "predicted_class": "benign"}
                )
        for number in range(1000, 1012):
            said = {"score": number % 7 / 8, "predicted_class": "benign"}
            second.predict(model, version, number, NEW_DAY + timedelta(hours=number % 3), **said)
    # Predictions of an hour that is long past, with their outcomes.
    for number in range(2000, 2006):
        at = DAYS[3] + timedelta(hours=8, minutes=number - 2000)
        said = {"score": number % 5 / 4, "predicted_class": "malignant"}
        made = second.predict("tumour", "1", number, at, **said)
        second.come_true(made, datetime(1997, 5, 3), actual_class="malignant")
    # A day on which the compared models have one prediction in common, until they no longer agree on what came true.
    for model, actual in [("tumour", "benign"), ("tumour_challenger", "malignant")]:
        at = datetime(1997, 4, 3, 9)
        made = first.predict(model, "1", 3000, at, score=0.25, predicted_class="benign")
        first.come_true(made, actual_class="benign")
        second.come_true(made, datetime(1997, 5, 4), actual_class=actual)
    # An outcome without a prediction.
    orphan = {"prediction_id": "nothing", "model_name": "tumour", "event_at": DAYS[0]}
    first.come_true(orphan, actual_class="benign")


def add_grid(first: Delivery, second: Delivery) -> None:
    """Scores on and beside every hundredth; hours with no positive, and with nothing else."""
    draws = np.random.default_rng(7)
    hundredths = np.arange(101) / 100
    beside = [np.nextafter(0.29, 0), np.nextafter(0.57, 0), np.nextafter(0.57, 1), 1e-300, np.nextafter(1, 0)]
    scores = np.sort(np.concatenate([hundredths, hundredths, hundredths, beside, [0.29, 0.57, 0.07, 0.14]]))
    for number, score in enumerate(scores):
        at = moment(number, len(scores))
        made = first.predict("grid", "1", number, at, score=score, predicted_class="yes" if score >= 0.5 else "no")
        is_yes = score > 0.9 or (score > 0.15 and draws.random() < score)
        settle(first, second, made, number, actual_class="yes" if is_yes else "no")


def add_digits(first: Delivery, second: Delivery) -> None:
    features, digits = datasets.load_digits(n_class=len(DIGITS), return_X_y=True)
    features, digits = features[:400], digits[:400]
    scores = probabilities(scaled(LogisticRegression(C=0.001)), features, digits)
    for number, (of_classes, digit) in enumerate(zip(scores, digits, strict=True)):
        predicted = str(of_classes.argmax())
        said = {"class_scores": json.dumps(dict(zip(DIGITS, map(float, of_classes), strict=True)))}
        made = first.predict(
            "digit", "1", number, moment(number), predicted_class="three" if predicted == "3" else predicted, **said
        )
        settle(first, second, made, number, actual_class=str(digit))
        if moment(number) >= CHANGED_FROM and number % 16 == 6:
            # Corrected, and delivered again.
            second.come_true(made, datetime(1997, 5, 3), actual_class=str((digit + 1) % 5))
            second.come_true(made, datetime(1997, 5, 4), actual_class=str((digit + 1) % 5))
        if moment(number) >= CHANGED_FROM and number % 16 == 4:
            # Known before the first night, yet visible only now.
            second.come_true(made, datetime(1997, 4, 5), actual_class="0")
    for number in range(1000, 1008):
        of_classes = dict.fromkeys(DIGITS, 0.1) | {"illegible": 0.5}
        made = second.predict(
            "digit",
            "1",
            number,
            DAYS[3] + timedelta(hours=number - 996),
            predicted_class="illegible",
            class_scores=json.dumps(of_classes),
        )
        second.come_true(made, datetime(1997, 5, 3), actual_class=["illegible", "4", "blank", "illegible"][number % 4])


def add_wines(first: Delivery, second: Delivery) -> None:
    """One cultivar after the other, so that hours and days have one class only. Nothing of it changes."""
    features, cultivars = datasets.load_wine(return_X_y=True)
    names = ["barolo", "grignolino", "barbera"]
    scores = probabilities(scaled(LogisticRegression(C=0.1)), features[:, :4], cultivars)
    for number, (of_classes, cultivar) in enumerate(zip(scores, cultivars, strict=True)):
        said = {"class_scores": json.dumps(dict(zip(names, map(float, of_classes), strict=True)))}
        made = first.predict(
            "wine", "1", number, moment(number, len(scores)), predicted_class=names[of_classes.argmax()], **said
        )
        first.come_true(made, actual_class=names[cultivar])


def add_cities(first: Delivery, second: Delivery) -> None:
    draws = np.random.default_rng(11)
    for number in range(400):
        actual = CITIES[draws.integers(len(CITIES))]
        predicted = actual if draws.random() < 0.6 else CITIES[draws.integers(len(CITIES))]
        at = DAYS[number % 2] + timedelta(hours=8, minutes=number % 60)
        made = first.predict("city", "1", number, at, predicted_class="Nowhere" if number % 50 == 1 else predicted)
        made |= {"data_split": None, "segments": None}
        # A class that comes true once, and not even that after a correction.
        first.come_true(made, actual_class="Atlantis" if number == 100 else actual)
        if number == 100:
            second.come_true(made, datetime(1997, 5, 3), actual_class=actual)


def add_topics(first: Delivery, second: Delivery) -> None:
    features, actual = datasets.make_multilabel_classification(400, n_classes=len(LABELS), n_labels=2, random_state=3)
    scores = probabilities(OneVsRestClassifier(scaled(LogisticRegression())), features, actual)
    for number, (of_labels, came_true) in enumerate(zip(scores, actual, strict=True)):
        made = first.predict(
            "topics",
            "1",
            number,
            moment(number),
            predicted_labels=json.dumps([LABELS[i] for i in np.flatnonzero(of_labels >= 0.5)]),
            class_scores=json.dumps(dict(zip(LABELS, map(float, of_labels), strict=True))),
        )
        labels = [LABELS[i] for i in np.flatnonzero(came_true)]
        settle(first, second, made, number, actual_labels=json.dumps(labels + ["weather"] * (number % 20 == 1)))


def add_progressions(first: Delivery, second: Delivery) -> None:
    features, progression = datasets.load_diabetes(return_X_y=True)
    predicted = cross_val_predict(LinearRegression(), features, progression, cv=3)
    for number, (value, actual) in enumerate(zip(predicted, progression, strict=True)):
        made = first.predict("progression", "1", number, moment(number), predicted_value=value)
        settle(first, second, made, number, actual_value=actual)
    alone = first.predict("progression", "1", 1000, datetime(1997, 4, 3, 9), predicted_value=150)
    first.come_true(alone, actual_value=100)


def period_of(grain: str, at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "hour": day + timedelta(hours=at.hour),
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "all": HISTORY_STARTS_AT,
    }[grain]


def segments_of(row: dict[str, Any]) -> list[str]:
    sliced = json.loads(row["segments"] or "{}")
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in sliced.items()}
    split = [f"split={row['data_split']}"] if row["data_split"] else []
    return ["all", *split, *(f"{key}={text}" for key, text in texts.items() if text != "null")]


def evaluated(delivered: Sequence[Delivery]) -> list[dict[str, Any]]:
    """What is to be judged: of each prediction its first delivery and its newest outcome, classes by their names."""
    names = {(model, alias): class_name for model, alias, class_name in ALIASES}
    tasks = {model: (task, positive) for model, task, positive, _ in TASKS}
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for outcome in sorted((row for part in delivered for row in part.outcomes), key=lambda row: row["known_at"]):
        newest[outcome["model_name"], outcome["prediction_id"]] = outcome
    rows: dict[tuple, dict[str, Any]] = {}
    for row in sorted((row for part in delivered for row in part.predictions), key=lambda row: row["known_at"]):
        model = row["model_name"]
        task, positive = tasks.get(model, ("multiclass", None))
        outcome = newest.get((model, row["prediction_id"]), {})
        predicted, actual = row.get("predicted_class"), outcome.get("actual_class")
        scores = json.loads(row.get("class_scores") or "null")
        judged = row | {
            "task": task,
            "is_renamed": (model, predicted) in names or (model, actual) in names,
            "predicted": names.get((model, predicted), predicted),
            "actual": names.get((model, actual), actual),
            "scores": {positive: row["score"]} if positive else scores,
            "labels": row.get("predicted_labels") and set(json.loads(row["predicted_labels"])),
            "actual_labels": json.loads(outcome["actual_labels"]) if outcome.get("actual_labels") else None,
            "actual_value": outcome.get("actual_value"),
            "changed_at": max(row["known_at"], outcome.get("known_at", row["known_at"])),
            "is_known": bool(outcome),
        }
        rows.setdefault((model, row["prediction_id"], row["model_version"], row["event_at"]), judged)
    return list(rows.values())


Group = tuple[str, str, str, datetime, str]


def groups_of(rows: Iterable[dict[str, Any]], grains: Sequence[str]) -> dict[Group, list[dict[str, Any]]]:
    """The rows by model, version, grain, period and segment."""
    groups: dict[Group, list[dict[str, Any]]] = {}
    for row in rows:
        for group in groups_with(row, grains):
            groups.setdefault(group, []).append(row)
    return groups


def groups_with(row: dict[str, Any], grains: Sequence[str]) -> Iterator[Group]:
    for grain in grains:
        for segment in segments_of(row):
            yield row["model_name"], row["model_version"], grain, period_of(grain, row["event_at"]), segment


# What nights are compared by. Views on it are not, nor eval_mcnemar_p_values, which keeps what was needed once.
BUILT = (
    *("eval_predictions", "eval_hours", "eval_confusion_partials", "eval_label_partials", "eval_score_partials"),
    *("eval_regression_partials", "eval_periods", "eval_ordered_metrics", "eval_confusion_cells", "eval_metrics"),
    *("eval_class_metrics", "eval_score_metrics", "eval_regression_metrics", "eval_thresholds", "eval_calibration"),
    *("eval_lift", "eval_slice_gaps", "eval_comparison_partials", "eval_comparisons", "eval_disagreements"),
    *("eval_mcnemar_tests", "eval_label_alignment", "mon_confidence_partials", "mon_estimated_performance"),
    *("mon_prediction_hours", "mon_prediction_metrics"),
)
VIEWS = ("eval_confusion_heatmap", "eval_confusion_2x2")
STAGED = (
    *("stg_ops__predictions", "stg_ops__predictions_quarantined"),
    *("stg_ops__outcomes", "stg_ops__outcomes_quarantined"),
)
SELECTED = (
    *("+stg_ops__predictions", "+stg_ops__predictions_quarantined", "+stg_ops__outcomes"),
    *("+stg_ops__outcomes_quarantined", "+mon_prediction_errors", "eval_predictions+", *SEEDS),
)
# They stand on more than predictions.
NOT_BUILT = ("path:models/lifecycle+", "mon_drift_references+", "mon_experiment_values+")


@dataclass(frozen=True)
class Life:
    """What a warehouse held after its nights, by relation; `world` is as the last of them left it."""

    world: World
    empty: dict[str, pd.DataFrame]
    first: dict[str, pd.DataFrame]
    last: dict[str, pd.DataFrame]
    refreshed: dict[str, pd.DataFrame]


def live_through(world: World, *others: Delivery) -> Life:
    """A night before there are predictions, one after each delivery, then everything anew with the data tests."""

    def night(as_of: str, *options: str) -> dict[str, pd.DataFrame]:
        selection = ["--select", *SELECTED, "--exclude", *NOT_BUILT, *options]
        world.run("dbt", "build", *selection, "--vars", f"{{as_of: '{as_of}'}}")
        layers = {"eval": "evaluation", "mon": "monitoring"}
        return {name: world.relation(f"{SCHEMA}_{layers[name.split('_')[0]]}.{name}") for name in BUILT}

    empty = night(EMPTY_NIGHT, "--exclude-resource-type", "test", "unit_test")
    for seed, (columns, rows) in SEEDS.items():
        names = columns.split(", ")
        world.execute(f"delete from {SCHEMA}_config.{seed}")
        insert(world, f"{SCHEMA}_config.{seed}", names, (dict(zip(names, row, strict=True)) for row in rows))
    nights = []
    for as_of, delivery in zip((FIRST_NIGHT, LAST_NIGHT), deliveries(), strict=True):
        for landed in [delivery, *(others if as_of == FIRST_NIGHT else ())]:
            landed.land(world)
        nights.append(night(as_of, "--exclude-resource-type", "seed", "test", "unit_test"))
    options = ["--exclude-resource-type", "seed", "unit_test", "--indirect-selection", "cautious", "--full-refresh"]
    return Life(world, empty, *nights, night(LAST_NIGHT, *options))
