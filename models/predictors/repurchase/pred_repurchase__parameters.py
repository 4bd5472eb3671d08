"""Fits the versions of the model `repurchase` that are due and not fitted yet, one a month.

A version sees only what was known at its moment of training: examples whose label was known by then and not yet
corrected. It is a standardised logistic regression; its decision threshold is the one with the best F1 on the
validation customers.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, precision_recall_curve
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

COLUMNS = ["model_name", "model_version", "trained_at", "parameter", "feature", "value"]


def best_threshold(is_positive, scores):
    """The threshold with the best F1 when scores from it on are predicted as positive; the highest of several.

    It lies midway between two scores, so that no row's class hangs on the last bit of its score.
    """
    precision, recall, thresholds = precision_recall_curve(is_positive, scores)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], np.finfo(float).tiny)
    best = len(f1) - 1 - np.argmax(f1[::-1])
    return float(thresholds[max(best - 1, 0)] + thresholds[best]) / 2


def fit_version(x, is_positive, is_train, features):
    """Parameters of one version as (parameter, feature, value) rows.

    `x` is a matrix with a column per feature; the rows that are not for training are for validation. Raises ValueError
    when either part has one class only.
    """
    for name, part in (("train", is_train), ("valid", ~is_train)):
        if len(np.unique(is_positive[part])) < 2:
            raise ValueError(
                f"The {name} split has {part.sum()} rows and fewer than two classes: nothing can be fitted."
            )

    scaler = StandardScaler().fit(x[is_train])
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    regression.fit(scaler.transform(x[is_train]), is_positive[is_train])
    valid_scores = regression.predict_proba(scaler.transform(x[~is_train]))[:, 1]

    rows = [
        ("intercept", None, regression.intercept_[0]),
        ("decision_threshold", None, best_threshold(is_positive[~is_train], valid_scores)),
        ("n_train_rows", None, is_train.sum()),
        ("n_valid_rows", None, (~is_train).sum()),
        ("train_positive_rate", None, is_positive[is_train].mean()),
        ("valid_log_loss", None, log_loss(is_positive[~is_train], valid_scores)),
    ]
    for parameter, values in (("coefficient", regression.coef_[0]), ("mean", scaler.mean_), ("scale", scaler.scale_)):
        rows += [(parameter, feature, value) for feature, value in zip(features, values, strict=True)]
    return rows


def model(dbt, session):
    features = dbt.config.meta_get("features")
    schedule = dbt.ref("train_repurchase__schedule").order("trained_at").df()
    if dbt.is_incremental:
        held = session.sql(f"select distinct model_version from {dbt.this}").df()
        schedule = schedule[~schedule["model_version"].isin(held["model_version"])]

    rows = []
    if len(schedule):
        examples = (
            dbt.ref("train_repurchase__examples")
            .filter("data_split in ('train', 'valid')")
            .order("customer_id, snapshot_at, label_revision")  # Sums of floats depend on the order of rows.
            .project(f"""
                label = 'repurchase' as is_positive,
                data_split = 'train' as is_train,
                label_known_at,
                coalesce(label_superseded_at, cast('9999-01-01' as timestamp)) as label_superseded_at,
                {", ".join(features)}
            """)
            .fetchnumpy()
        )
        x = np.column_stack([examples.pop(feature) for feature in features])
        # Matrices this narrow gain nothing from threads of the linear algebra, which would compete with dbt's.
        with threadpool_limits(1):
            for version in schedule.itertuples():
                trained_at = version.trained_at.to_datetime64()
                known = (examples["label_known_at"] <= trained_at) & (examples["label_superseded_at"] > trained_at)
                fitted = fit_version(x[known], examples["is_positive"][known], examples["is_train"][known], features)
                rows += [("repurchase", version.model_version, version.trained_at, *parameter) for parameter in fitted]

    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(["model_name", "model_version", "parameter", "feature"], "string")
        | {"trained_at": "datetime64[us]", "value": "float64"}
    )
