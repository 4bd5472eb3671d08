"""What BG/NBD expects of customers with the same summary, at each snapshot with the version in force.

The module millwright.lifetime_value says how. Summaries that customers share are computed once, in arrays; what follows
from them by arithmetic alone is SQL, in pred_lifetime_value__customers.
"""

import pandas as pd

from millwright.lifetime_value import (
    DAYS_PER_WEEK,
    PurchaseModel,
    discounted_purchases,
    expected_purchases,
    probability_alive,
)

SUMMARY = ["n_repeat_days", "active_span_days", "tenure_days"]
EXPECTED = [
    "alive_probability",
    "expected_purchase_days_short",
    "expected_purchase_days_long",
    "discounted_purchase_days_long",
]


def expectations(purchase_model, summaries, short_weeks, long_weeks, yearly_rate):
    """The columns EXPECTED for every summary."""
    frequency = summaries["n_repeat_days"]
    recency, age = (summaries[name] / DAYS_PER_WEEK for name in ("active_span_days", "tenure_days"))
    customers = frequency, recency, age
    return dict(
        zip(
            EXPECTED,
            (
                probability_alive(purchase_model, *customers),
                expected_purchases(purchase_model, short_weeks, *customers),
                expected_purchases(purchase_model, long_weeks, *customers),
                discounted_purchases(purchase_model, long_weeks, *customers, yearly_rate),
            ),
            strict=True,
        )
    )


def model(dbt, session):
    short_weeks = dbt.config.meta_get("short_horizon_days") / DAYS_PER_WEEK
    long_weeks = dbt.config.meta_get("long_horizon_days") / DAYS_PER_WEEK
    versions = dbt.ref("pred_lifetime_value__versions").order("trained_at").df()
    snapshots = dbt.ref("train_lifetime_value__schedule").order("trained_at").df()["trained_at"]
    if dbt.is_incremental:
        held = session.sql(f"select distinct snapshot_at from {dbt.this}").df()
        snapshots = snapshots[~snapshots.isin(held["snapshot_at"])]

    frames = []
    for snapshot_at in snapshots[snapshots >= versions["trained_at"].min()]:
        # The version in force at a snapshot is the newest one trained by then.
        version = versions[versions["trained_at"] <= snapshot_at].iloc[-1]
        purchase_model = PurchaseModel(*version[[f"purchase_{name}" for name in ("r", "alpha", "a", "b")]])
        summaries = (
            dbt.ref("train_lifetime_value__purchase_counts")
            .filter(f"snapshot_at = cast('{snapshot_at}' as timestamp)")
            .project(", ".join(SUMMARY))
            .fetchnumpy()
        )
        expected = expectations(
            purchase_model, summaries, short_weeks, long_weeks, dbt.config.meta_get("discount_rate")
        )
        frame = pd.DataFrame(summaries | expected)
        frame.insert(0, "snapshot_at", snapshot_at)
        frame.insert(0, "model_version", version["model_version"])
        frames.append(frame)

    empty = pd.DataFrame(columns=["model_version", "snapshot_at", *SUMMARY, *EXPECTED])
    return (pd.concat(frames, ignore_index=True) if frames else empty).astype(
        {"model_version": "string", "snapshot_at": "datetime64[us]"}
        | dict.fromkeys(SUMMARY, "int64")
        | dict.fromkeys(EXPECTED, "float64")
    )
