"""Fits the versions of the model `repurchase` that are due and not fitted yet, one a month."""

from millwright.baselines import Task, fit_binary, fit_due_versions


def fit(x, y, is_train, features):
    return fit_binary(x, y["label"] == "repurchase", is_train, features)


TASK = Task("repurchase", ["label"], fit)


def model(dbt, session):
    return fit_due_versions(
        TASK,
        schedule=dbt.ref("train_customer__schedule"),
        examples=dbt.ref("train_repurchase__examples"),
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct model_version from {dbt.this}") if dbt.is_incremental else None,
        classes=dbt.config.meta_get("classes"),
    )
