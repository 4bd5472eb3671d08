"""Fits the versions of the model `value_tier_challenger` that are due and not fitted yet, one a month."""

from millwright.challengers import Challenger, fit_due_versions


def model(dbt, session):
    # A reference copies the table on PostgreSQL, so it waits until there is something to do.
    def sampled_examples():
        return dbt.ref("train_customer__sampled_examples")

    return fit_due_versions(
        Challenger("value_tier_challenger", dbt.config.meta_get("classes")),
        schedule=dbt.ref("train_customer__schedule"),
        sampled_examples=sampled_examples,
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct model_version from {dbt.this}") if dbt.is_incremental else None,
    )
