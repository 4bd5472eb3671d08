"""Fits the versions of the model `lifetime_value` that are due and not fitted yet, one a month.

A version sees only the summaries of its own snapshot. The module millwright.lifetime_value says what is fitted; a
version that the data do not determine has `is_fitted` 0 and no parameters, and the one before it stays in force.
"""

import logging

import numpy as np
import pandas as pd

from millwright.lifetime_value import DAYS_PER_WEEK, FitError, fit_purchases, fit_spend

COLUMNS = ["model_name", "model_version", "trained_at", "parameter", "value"]

logger = logging.getLogger(__name__)


def fit_version(purchases, spend):
    """Parameters of one version, by name, from both kinds of counts; raises FitError."""
    n_repeat_days, n_customers = purchases["n_repeat_days"], purchases["n_customers"]
    weeks = {name: purchases[name] / DAYS_PER_WEEK for name in ("active_span_days", "tenure_days")}
    purchase_model = fit_purchases(n_repeat_days, weeks["active_span_days"], weeks["tenure_days"], n_customers)
    mean_spend = spend["repeat_amount"] / spend["n_repeat_days"]
    spend_model = fit_spend(spend["n_repeat_days"], mean_spend, spend["n_customers"])
    covariances = np.cov(spend["n_repeat_days"], mean_spend, fweights=spend["n_customers"])
    spread = np.sqrt(covariances[0, 0] * covariances[1, 1])

    parameters = {f"purchase_{name}": value for name, value in purchase_model._asdict().items()}
    parameters |= {f"spend_{name}": value for name, value in spend_model._asdict().items()}
    if spread > 0:
        parameters["frequency_spend_correlation"] = covariances[0, 1] / spread
    return parameters | {
        "n_customers": n_customers.sum(),
        "n_repeat_customers": n_customers[n_repeat_days > 0].sum(),
        "n_spenders": spend["n_customers"].sum(),
    }


def model(dbt, session):
    schedule = dbt.ref("train_lifetime_value__schedule").order("trained_at").df()
    if dbt.is_incremental:
        held = session.sql(f"select distinct model_version from {dbt.this}").df()
        schedule = schedule[~schedule["model_version"].isin(held["model_version"])]

    rows = []
    if len(schedule):  # On PostgreSQL a reference copies the table.
        purchases = dbt.ref("train_lifetime_value__purchase_counts")
        spend = dbt.ref("train_lifetime_value__spend_counts")
        for version in schedule.itertuples():
            of_version = f"snapshot_at = cast('{version.trained_at}' as timestamp)"
            try:
                # Sums of floats depend on the order of rows.
                parameters = fit_version(
                    purchases.filter(of_version).order("n_repeat_days, active_span_days, tenure_days").fetchnumpy(),
                    spend.filter(of_version)
                    .project("n_repeat_days, cast(repeat_amount as double) as repeat_amount, n_customers")
                    .order("n_repeat_days, repeat_amount")
                    .fetchnumpy(),
                )
                parameters["is_fitted"] = 1
            except FitError as error:
                logger.warning("Version %s of lifetime_value is not fitted. %s", version.model_version, error)
                parameters = {"is_fitted": 0}
            identity = "lifetime_value", version.model_version, version.trained_at
            rows += [(*identity, *parameter) for parameter in parameters.items()]

    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(["model_name", "model_version", "parameter"], "string")
        | {"trained_at": "datetime64[us]", "value": "float64"}
    )
