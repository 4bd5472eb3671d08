"""Fits the versions of the model `spend` that are due and not fitted yet, one a month."""

from millwright.baselines import Task, fit_amount, fit_due_versions

TASK = Task("spend", ["label"], fit_amount)


def model(dbt, session):
    return fit_due_versions(
        TASK,
        schedule=dbt.ref("train_customer__schedule"),
        examples=dbt.ref("train_spend__examples"),
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct model_version from {dbt.this}") if dbt.is_incremental else None,
    )
