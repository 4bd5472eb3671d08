"""Fits the versions of the model `value_tier` that are due and not fitted yet, one a month."""

from millwright.baselines import Task, fit_classes, fit_due_versions

TASK = Task("value_tier", ["label"], fit_classes)


def model(dbt, session):
    return fit_due_versions(
        TASK,
        schedule=dbt.ref("train_customer__schedule"),
        examples=dbt.ref("train_value_tier__examples"),
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct model_version from {dbt.this}") if dbt.is_incremental else None,
        classes=dbt.config.meta_get("classes"),
    )
