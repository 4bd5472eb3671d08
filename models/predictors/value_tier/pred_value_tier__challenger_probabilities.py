"""Scores the snapshots that are due and not scored yet with the version of `value_tier_challenger` in force."""

from millwright.challengers import Challenger, score_due_snapshots


def model(dbt, session):
    # A reference copies the table on PostgreSQL, so it waits until there is something to do.
    def examples():
        return dbt.ref("train_customer__examples")

    return score_due_snapshots(
        Challenger("value_tier_challenger", dbt.config.meta_get("classes")),
        parameters=dbt.ref("pred_value_tier__challenger_parameters"),
        in_force=dbt.ref("train_customer__versions_in_force"),
        examples=examples,
        features=dbt.config.meta_get("features"),
        held=session.sql(f"select distinct snapshot_at from {dbt.this}") if dbt.is_incremental else None,
        salt=dbt.config.meta_get("traffic_salt"),
    )
