"""The metrics as scikit-learn defines them, also those that it has no function for."""

import math
from collections.abc import Sequence

import numpy as np

# A metric of a result: its average, class and name.
Metric = tuple[str, str | None, str]


def quotient(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or not denominator else numerator / denominator


def assert_close(found: float | None, expected: float | None, about: object, relative: float = 1e-9) -> None:
    if expected is None or math.isnan(expected):
        assert found is None, about
    else:
        assert found is not None, about
        assert math.isclose(found, expected, rel_tol=relative, abs_tol=1e-12), (about, found, expected)


def average_of(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """What scikit-learn makes of the values of classes: those that are NaN are left out."""
    known = ~np.isnan(values)
    if not known.any():
        return math.nan
    if weights is None or not weights[known].sum():
        return values[known].mean()
    return np.average(values[known], weights=weights[known])


def rates_of(matrices: np.ndarray, beta: float | None) -> dict[str, np.ndarray]:
    """Of the output of multilabel_confusion_matrix."""
    tn, fp, fn, tp = matrices.astype(float).reshape(-1, 4).T
    with np.errstate(invalid="ignore"):
        rates = {
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
            "specificity": tn / (tn + fp),
            "negative_predictive_value": tn / (tn + fn),
            "false_positive_rate": fp / (fp + tn),
            "false_negative_rate": fn / (fn + tp),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "jaccard": tp / (tp + fp + fn),
        }
        if beta is not None:
            rates["f_beta"] = (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)
    return rates


def averaged(matrices: np.ndarray, labels: Sequence[str], beta: float | None = None) -> dict[Metric, float]:
    """Of each class, and the averages over classes."""
    values: dict[Metric, float] = {}
    support = matrices[:, 1].sum(axis=1).astype(float)
    for metric, rates in rates_of(matrices, beta).items():
        values |= {("class", label, metric): rate for label, rate in zip(labels, rates, strict=True)}
        values["macro", None, metric] = average_of(rates)
        values["weighted", None, metric] = average_of(rates, support)
        values["micro", None, metric] = rates_of(matrices.sum(axis=0, keepdims=True), beta)[metric][0]
    with np.errstate(invalid="ignore"):
        totals = matrices.sum(axis=(1, 2))
        of_classes = {"support": support, "prevalence": support / totals}
        of_classes["selection_rate"] = matrices[:, :, 1].sum(axis=1) / totals
    for metric, figures in of_classes.items():
        values |= {("class", label, metric): figure for label, figure in zip(labels, figures, strict=True)}
    return values
