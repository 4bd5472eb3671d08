"""Fits the versions of the model `active_months` that are due and not fitted yet, one a month."""

from millwright.baselines import Task, fit_due_versions, fit_labels

TASK = Task("active_months", ["is_active_month_1", "is_active_month_2", "is_active_month_3"], fit_labels)


def model(dbt, session):
    return fit_due_versions(
        TASK,
        schedule=dbt.ref("train_customer__schedule"),
        examples=dbt.ref("train_active_months__examples"),
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct model_version from {dbt.this}") if dbt.is_incremental else None,
        classes=dbt.config.meta_get("classes"),
    )
