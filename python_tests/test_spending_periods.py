"""Spending per calendar month, quarter and year, recomputed by pandas."""

import pandas as pd
import pytest
from support.world import World

FREQUENCIES = {"monthly": ("M", "n_months"), "quarterly": ("Q", "n_quarters"), "yearly": ("Y", "n_years")}


def test_statistics_of_all_grains_equal_pandas_at_every_snapshot(world: World):
    transactions = world.relation("entities.fct_transactions_by_customer")
    transactions["amount"] = transactions["amount"].astype(float)
    n_purchases = transactions["customer_id"].value_counts().sort_index()
    # Half of the customers bought once only: take more of those who came back.
    sample = [
        *n_purchases[n_purchases == 1].sample(5, random_state=0).index,
        *n_purchases[n_purchases.between(2, 9)].sample(10, random_state=0).index,
        *n_purchases[n_purchases >= 10].sample(10, random_state=0).index,
    ]
    of_sample = f"where customer_id in ({', '.join(map(repr, sample))})"
    features = world.relation(f"features.feat_customer__spending_periods {of_sample}")
    purchases_of = dict(list(transactions[transactions["customer_id"].isin(sample)].groupby("customer_id")))
    assert len(features) > 250
    assert features["n_months"].max() >= 12
    assert features["n_quarters"].max() >= 4
    assert features["n_years"].max() == 1
    for row in features.to_dict("records"):
        purchases = purchases_of[row["customer_id"]]
        seen = purchases[
            (purchases["event_at"] < row["event_at"])
            & (purchases["known_at"] <= row["event_at"])
            & (purchases["valid_from"] <= row["event_at"])
            & ~(purchases["valid_to"] <= row["event_at"])
        ]
        assert row["known_at"] == seen["known_at"].max()
        for theme, (frequency, n_column) in FREQUENCIES.items():
            periods = seen["event_at"].dt.to_period(frequency)
            complete = pd.period_range(periods.min(), row["event_at"].to_period(frequency) - 1, freq=frequency)
            amounts = seen["amount"].groupby(periods).sum().reindex(complete, fill_value=0.0)
            mean, volatility = amounts.mean(), amounts.std()
            variation = volatility / mean if mean else float("nan")
            assert row[n_column] == len(complete)
            for statistic, value in (("mean", mean), ("volatility", volatility), ("variation", variation)):
                # None and NaN are both "not defined".
                found = pd.to_numeric(row[f"{theme}_amount_{statistic}"])
                assert found == pytest.approx(value, rel=1e-9, nan_ok=True) or (pd.isna(found) and pd.isna(value)), (
                    row,
                    theme,
                    statistic,
                )


def test_there_is_a_row_wherever_there_is_one_of_rfm(world: World):
    keys = world.query("""
        select
            count(*) as n_rows,
            count(periods.customer_id) as n_of_periods,
            count(rfm.customer_id) as n_of_rfm,
            count(case when periods.known_at = rfm.known_at then 1 end) as n_known_at_the_same_time
        from features.feat_customer__spending_periods as periods
        full outer join features.feat_customer__rfm as rfm
            on
                periods.customer_id = rfm.customer_id
                and periods.event_at = rfm.event_at
    """).iloc[0]
    assert keys.nunique() == 1
    assert keys["n_rows"] > 10_000
