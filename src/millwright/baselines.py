"""Honest linear baselines, one for each kind of task, whose parameters are rows that SQL can score with.

A version sees only what was known at its moment of training: examples whose label was known by then and not yet
corrected. It is fitted on the train split; what is chosen, it chooses on the valid split.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.metrics import log_loss, mean_tweedie_deviance, precision_recall_curve
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

COLUMNS = ["model_name", "model_version", "trained_at", "output", "parameter", "feature", "value"]
# Of amounts: between a Poisson number of purchases (1) and a gamma-distributed amount (2); the strengths of the penalty
# that are tried; how many standard deviations from the mean a feature counts.
TWEEDIE_POWER = 1.5
AMOUNT_PENALTIES = (0.01, 0.1)
FEATURE_LIMIT = 3.0

Rows = Iterator[tuple[str | None, str, str | None, float]]
"""Parameters: output (a class or label; None for the version as a whole), parameter, feature, value."""


@dataclass(frozen=True)
class Task:
    """What a model predicts: its name, the columns of its labels, and how it is fitted.

    `fit` is one of the functions below; it is given the features as a matrix, the labels by name, which rows are for
    training (the others are for validation), and the names of the features.
    """

    model_name: str
    labels: Sequence[str]
    fit: Callable[[np.ndarray, dict[str, np.ndarray], np.ndarray, Sequence[str]], Rows]


def fit_due_versions(
    task: Task,
    schedule: Any,
    examples: Any,
    features: Sequence[str],
    held: Any,
    classes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The parameters of all versions of a model that are due and not fitted yet, as rows with COLUMNS.

    `schedule`, `examples` and `held` are relations: `train_customer__schedule`, the examples of the task, and the
    versions that are there already, None if there are none. `classes`, where given, are all that a label may be.

    Raises ValueError when labels are missing or none of the classes, and when a version cannot be fitted.
    """
    due = due_versions(task.model_name, schedule, held)
    rows = []
    if len(due):
        known = _known(examples, task.labels, features)
        refuse_labels(task.model_name, {label: known[label] for label in task.labels}, classes)
        x = np.column_stack([known.pop(feature) for feature in features])
        # Matrices this narrow gain nothing from threads of the linear algebra, which would compete with dbt's.
        with threadpool_limits(1):
            for version in due.itertuples():
                trained_at = version.trained_at.to_datetime64()
                counts = (known["label_known_at"] <= trained_at) & (known["label_superseded_at"] > trained_at)
                y = {label: known[label][counts] for label in task.labels}
                try:
                    fitted = list(task.fit(x[counts], y, known["is_train"][counts], features))
                except ValueError as error:
                    raise ValueError(f"{task.model_name} {version.model_version}: {error}") from error
                rows += [
                    (task.model_name, version.model_version, version.trained_at, *parameter) for parameter in fitted
                ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(["model_name", "model_version", "output", "parameter", "feature"], "string")
        | {"trained_at": "datetime64[us]", "value": "float64"}
    )


def refuse_labels(model_name: str, labels: dict[str, np.ndarray], classes: Sequence[str] | None = None) -> None:
    """Raises ValueError, with the number of rows, for labels that are missing or not among the classes, if given.

    The classes of a label that is true or false are written `true` and `false`.
    """
    refused = []
    for label, values in labels.items():
        for value, n in pd.Series(values).value_counts(dropna=False).items():
            if pd.isna(value):
                refused.append(f"{label} is missing; rows: {n}")
            elif classes is not None:
                text = str(value).lower() if isinstance(value, (bool, np.bool_)) else str(value)
                if text not in classes:
                    refused.append(f"{label} is {text!r}, not one of {', '.join(classes)}; rows: {n}")
    if refused:
        raise ValueError(f"{model_name}: {'. '.join(refused)}")


def due_versions(model_name: str, schedule: Any, held: Any) -> pd.DataFrame:
    """The versions of a model that are due and not held yet, in their order: the rows of `train_customer__schedule`.

    `held` is a relation with their model_version, None if there are none.
    """
    due = schedule.filter(f"model_name = '{model_name}'").order("trained_at").df()
    return due if held is None else due[~due["model_version"].isin(held.df()["model_version"])]


def _known(examples: Any, labels: Sequence[str], features: Sequence[str]) -> dict[str, np.ndarray]:
    """The examples to learn from, column by column, in one order, on which sums of floats depend."""
    return (
        examples.filter("data_split in ('train', 'valid')")
        .order("customer_id, snapshot_at, label_revision")
        .project(f"""
            data_split = 'train' as is_train,
            label_known_at,
            coalesce(label_superseded_at, cast('9999-01-01' as timestamp)) as label_superseded_at,
            {", ".join([*labels, *features])}
        """)
        .fetchnumpy()
    )


def fit_binary(
    x: np.ndarray, is_positive: np.ndarray, is_train: np.ndarray, features: Sequence[str], output: str | None = None
) -> Rows:
    """A standardised logistic regression, and the decision threshold with the best F1 on the validation rows.

    Raises ValueError when either part has one class only.
    """
    for name, part in (("train", is_train), ("valid", ~is_train)):
        if len(np.unique(is_positive[part])) < 2:
            raise ValueError(
                f"The {name} split has {part.sum()} rows and fewer than two classes: nothing can be fitted."
            )
    scaler = StandardScaler().fit(x[is_train])
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    regression.fit(scaler.transform(x[is_train]), is_positive[is_train])
    scores = regression.predict_proba(scaler.transform(x[~is_train]))[:, 1]

    yield output, "intercept", None, regression.intercept_[0]
    yield output, "decision_threshold", None, best_threshold(is_positive[~is_train], scores)
    yield output, "train_positive_rate", None, is_positive[is_train].mean()
    yield output, "valid_log_loss", None, log_loss(is_positive[~is_train], scores)
    for feature, coefficient in zip(features, regression.coef_[0], strict=True):
        yield output, "coefficient", feature, coefficient
    if output is None:
        yield from _common(scaler, is_train, features)


def fit_labels(x: np.ndarray, y: dict[str, np.ndarray], is_train: np.ndarray, features: Sequence[str]) -> Rows:
    """A logistic regression for each of several labels that are true or false; their outputs are the labels' names."""
    for label, is_positive in y.items():
        yield from fit_binary(x, is_positive, is_train, features, output=label)
    yield from _common(StandardScaler().fit(x[is_train]), is_train, features)


def fit_classes(x: np.ndarray, y: dict[str, np.ndarray], is_train: np.ndarray, features: Sequence[str]) -> Rows:
    """A standardised multinomial logistic regression of one label; its outputs are the classes.

    Raises ValueError when a class is missing from either part.
    """
    (classes,) = (np.asarray(values, dtype=str) for values in y.values())
    names = np.unique(classes)
    for name, part in (("train", is_train), ("valid", ~is_train)):
        missing = set(names) - set(classes[part])
        if missing or len(names) < 2:
            raise ValueError(f"The {name} split has no row of {', '.join(sorted(missing)) or 'a second class'}.")
    scaler = StandardScaler().fit(x[is_train])
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-8)
    regression.fit(scaler.transform(x[is_train]), classes[is_train])
    scores = regression.predict_proba(scaler.transform(x[~is_train]))

    outputs = np.column_stack([regression.intercept_, regression.coef_])
    if len(names) == 2:
        # Of two classes scikit-learn keeps the log odds of the second; that is how far the linear predictors are apart.
        outputs = np.vstack([-outputs, outputs]) / 2

    yield None, "valid_log_loss", None, log_loss(classes[~is_train], scores, labels=names)
    for name, (intercept, *coefficients) in zip(names, outputs, strict=True):
        yield name, "intercept", None, intercept
        yield name, "train_rate", None, (classes[is_train] == name).mean()
        for feature, coefficient in zip(features, coefficients, strict=True):
            yield name, "coefficient", feature, coefficient
    yield from _common(scaler, is_train, features)


def fit_amount(x: np.ndarray, y: dict[str, np.ndarray], is_train: np.ndarray, features: Sequence[str]) -> Rows:
    """A Tweedie regression with a logarithmic link, for amounts that are often zero and sometimes very large.

    Standardised features are kept within FEATURE_LIMIT, since the link makes much of what lies far out. The penalty is
    the one with the least deviance on the validation rows. Raises ValueError when either part has no rows, or an amount
    is negative, infinite or not a number.
    """
    ((label, amounts),) = ((label, np.asarray(values, dtype=float)) for label, values in y.items())
    is_amount = np.isfinite(amounts) & (amounts >= 0)
    if not is_amount.all():
        refused = amounts[~is_amount]
        raise ValueError(f"{label} is {refused[0]} or the like, not an amount from 0 on; rows: {len(refused)}")
    if is_train.all() or not is_train.any():
        raise ValueError(f"Of {len(is_train)} rows {is_train.sum()} are to be trained on: the other part is empty.")
    scaler = StandardScaler().fit(x[is_train])
    limited = np.clip(scaler.transform(x), -FEATURE_LIMIT, FEATURE_LIMIT)
    regressions = {}
    for penalty in AMOUNT_PENALTIES:
        regression = TweedieRegressor(
            power=TWEEDIE_POWER, link="log", alpha=penalty, solver="newton-cholesky", tol=1e-9
        )
        regression.fit(limited[is_train], amounts[is_train])
        expected = regression.predict(limited[~is_train])
        deviance = mean_tweedie_deviance(amounts[~is_train], expected, power=TWEEDIE_POWER)
        regressions[deviance] = regression
    deviance = min(regressions)
    regression = regressions[deviance]

    yield None, "intercept", None, float(regression.intercept_)
    yield None, "feature_limit", None, FEATURE_LIMIT
    yield None, "penalty", None, regression.alpha
    yield None, "valid_deviance", None, deviance
    yield None, "train_mean", None, amounts[is_train].mean()
    for feature, coefficient in zip(features, regression.coef_, strict=True):
        yield None, "coefficient", feature, coefficient
    yield from _common(scaler, is_train, features)


def _common(scaler: StandardScaler, is_train: np.ndarray, features: Sequence[str]) -> Rows:
    """What every version has, whatever its task."""
    yield None, "n_train_rows", None, is_train.sum()
    yield None, "n_valid_rows", None, (~is_train).sum()
    for parameter, values in (("mean", scaler.mean_), ("scale", scaler.scale_)):
        for feature, value in zip(features, values, strict=True):
            yield None, parameter, feature, value


def best_threshold(is_positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The threshold with the best F1 when scores from it on are predicted as positive; the highest of several.

    `weights` are numbers of rows that each row stands for.

    It lies midway between two scores, so that no row's class hangs on the last bit of its score.
    """
    precision, recall, thresholds = precision_recall_curve(is_positive, scores, sample_weight=weights)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], np.finfo(float).tiny)
    best = len(f1) - 1 - np.argmax(f1[::-1])
    return float(thresholds[max(best - 1, 0)] + thresholds[best]) / 2
