"""The metrics of the predictions in a DuckDB file with scikit-learn, as a Parquet file.

    python -m benchmarks.peers.evaluation.scikit_learn WAREHOUSE METRICS [--numbers]

One version of a model at a time, so that memory is bounded; with --numbers classes are read as 0 and 1, not as text.
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn import metrics

AVERAGES = ("micro", "macro", "weighted")


def measure(actual: np.ndarray, predicted: np.ndarray, score: np.ndarray, labels: list) -> dict[tuple, float]:
    """Metrics by (class or None, name) of the rows of one group; the last of the labels is the positive class."""
    found = {}
    metrics.confusion_matrix(actual, predicted, labels=labels)
    arguments = {"labels": labels, "zero_division": np.nan}
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(actual, predicted, **arguments)
    jaccard = metrics.jaccard_score(actual, predicted, average=None, labels=labels)
    for place, name in enumerate(("no", "yes")):
        of_class = {"precision": precision, "recall": recall, "f1": f1, "jaccard": jaccard}
        found |= {(name, metric): values[place] for metric, values in of_class.items()}
        found[name, "specificity"] = recall[1 - place]
    for average in AVERAGES:
        metrics.precision_recall_fscore_support(actual, predicted, average=average, **arguments)
        metrics.jaccard_score(actual, predicted, average=average, labels=labels)
    metrics.balanced_accuracy_score(actual, predicted)
    metrics.cohen_kappa_score(actual, predicted)
    found["no", "accuracy"] = found["yes", "accuracy"] = metrics.accuracy_score(actual, predicted)
    matthews = metrics.matthews_corrcoef(actual, predicted)
    found["no", "matthews_correlation"] = found["yes", "matthews_correlation"] = matthews
    positive = labels[-1]
    found["yes", "roc_auc"] = metrics.roc_auc_score(actual == positive, score)
    found["yes", "average_precision"] = metrics.average_precision_score(actual, score, pos_label=positive)
    found["yes", "log_loss"] = metrics.log_loss(actual, score, labels=labels)
    found["yes", "brier_score"] = metrics.brier_score_loss(actual, score, pos_label=positive)
    tenths = np.minimum(np.floor(score * 10), 9).astype(int)
    expected = np.bincount(tenths, weights=score, minlength=10)
    positives = np.bincount(tenths, weights=actual == positive, minlength=10)
    found["yes", "expected_calibration_error"] = np.abs(expected - positives).sum() / len(score)
    return found


def main(warehouse: Path, answer: Path, as_numbers: bool) -> None:
    """Writes the metrics of every version, by month and of all time."""
    classes = "(actual_class = 'yes')::int as actual, (predicted_class = 'yes')::int as predicted"
    if not as_numbers:
        classes = "actual_class as actual, predicted_class as predicted"
    labels = [0, 1] if as_numbers else ["no", "yes"]
    rows = []
    with duckdb.connect(warehouse, read_only=True) as duck:
        duck.execute("set threads = 2; set memory_limit = '4GB'")
        versions = duck.execute("select distinct model_name, model_version from evaluation.eval_predictions").fetchall()
        for version in versions:
            frame = duck.execute(
                f"select date_trunc('month', event_at) as month_starts_at, score, {classes} "
                "from evaluation.eval_predictions "
                "where model_name = ? and model_version = ? and actual_class is not null",
                version,
            ).df()
            groups = [
                ("all", None, frame),
                *(("month", month, part) for month, part in frame.groupby("month_starts_at")),
            ]
            for grain, month, part in groups:
                if len(part):
                    found = measure(*(part[name].to_numpy() for name in ("actual", "predicted", "score")), labels)
                    rows += [(*version, grain, month, name, metric, value) for (name, metric), value in found.items()]
    columns = ["model_name", "model_version", "grain", "month_starts_at", "class_name", "metric", "value"]
    pd.DataFrame(rows, columns=columns).to_parquet(answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--numbers" in sys.argv[3:])
