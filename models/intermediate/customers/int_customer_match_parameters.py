"""Fits the newest version of the matching parameters that is due, unless it is held; millwright.matching.fit says how.

A version sees only what was known at its moment: of each record the newest version that had been delivered by then.
"""

from millwright.matching.fit import parameters_of
from millwright.matching.settings import read_settings


def model(dbt, session):
    due = dbt.ref("int_customer_match_schedule").order("fitted_at desc").limit(1)
    due = due.project("match_version, cast(fitted_at as timestamp)").fetchall()
    held = set()
    if due and dbt.is_incremental:
        [(match_version, _)] = due
        held = {name for (name,) in session.sql(f"select distinct match_version from {dbt.this}").fetchall()}
        due = [] if match_version in held else due

    deliveries = None
    if due:  # On PostgreSQL a reference copies the table.
        deliveries = dbt.ref("int_customer_deliveries_unioned")
    settings = read_settings(
        dbt.ref("matching_comparisons"), dbt.ref("matching_blocking_rules"), dbt.ref("identity_rules")
    )
    fitted = parameters_of(
        *(due[0] if due else (None, None)),
        deliveries,
        settings,
        prior_recall=dbt.config.meta_get("prior_recall"),
        max_block_size=dbt.config.meta_get("max_block_size"),
    )
    if due and held and not fitted.num_rows:
        # Going on would void every pair that earlier parameters found, and split the customers made of them.
        raise ValueError(
            f"No record pairs agree on the blocking rules used for the prior, so version {due[0][0]} of the matching "
            "parameters cannot be fitted: correct seeds/config/matching_blocking_rules.csv."
        )
    return fitted
