"""Features of customers, recomputed by pandas for every snapshot, and beside what is published about the data."""

import numpy as np
import pandas as pd
import pytest
from support.world import REPOSITORY, World

KEYS = ["customer_id", "event_at"]
WINDOWS = (7, 30, 90, 365)


@pytest.fixture(scope="module")
def customers(world: World) -> str:
    """A condition for a `where`: some customers who bought once, more who came back, those with late deliveries too."""
    counts = world.query("""
        select
            customer_id,
            count(*) as n,
            max(case when known_at > event_at + interval '2' day then 1 else 0 end) as is_late
        from entities.fct_transactions
        group by customer_id
        order by customer_id
    """)
    sample = [
        *counts[counts["n"] == 1]["customer_id"].sample(30, random_state=0),
        *counts[counts["n"].between(2, 9)]["customer_id"].sample(50, random_state=0),
        *counts[counts["n"] >= 10]["customer_id"].sample(50, random_state=0),
        *counts[counts["is_late"] == 1]["customer_id"].sample(20, random_state=0),
    ]
    return f"customer_id in ({', '.join(repr(customer) for customer in sorted(set(sample)))})"


@pytest.fixture(scope="module")
def seen(world: World, customers: str) -> pd.DataFrame:
    """Every purchase with every snapshot that it was true before and known by."""
    purchases = world.query(f"""
        select
            customer_id,
            event_at as bought_at,
            greatest(known_at, valid_from) as counts_from,
            valid_to as counts_to,
            quantity,
            amount
        from entities.fct_transactions_by_customer
        where {customers}
    """)
    purchases["amount"] = purchases["amount"].astype(float)
    snapshots = pd.DataFrame({"event_at": pd.date_range("1997-01-01", "1998-07-01", freq="MS")})
    pairs = purchases.merge(snapshots, how="cross")
    is_seen = (pairs["bought_at"] < pairs["event_at"]) & (pairs["counts_from"] <= pairs["event_at"])
    return pairs[is_seen & ~(pairs["counts_to"] <= pairs["event_at"])]


@pytest.fixture(scope="module")
def days(seen: pd.DataFrame) -> pd.DataFrame:
    """The same by days with a purchase, in their order."""
    by_day = seen.assign(day=seen["bought_at"].dt.floor("D")).groupby([*KEYS, "day"])
    return by_day["amount"].sum().reset_index().sort_values([*KEYS, "day"])


def assert_equal(world: World, theme: str, customers: str, expected: pd.DataFrame) -> None:
    """The feature table has these rows and, in the columns that are expected, these values."""
    found = world.query(f"select * from features.feat_customer__{theme} where {customers}").set_index(KEYS)
    assert len(found) > 100
    found = found[list(expected.columns)].apply(pd.to_numeric).astype(float).sort_index()
    pd.testing.assert_frame_equal(found, expected.astype(float).sort_index(), check_exact=False, rtol=1e-9, atol=1e-9)


def test_rfm_equals_pandas(world: World, customers: str, seen: pd.DataFrame, days: pd.DataFrame):
    amounts, of_days = seen.groupby(KEYS)["amount"], days.groupby(KEYS)["day"]
    expected = pd.DataFrame(
        {
            "n_purchases": amounts.size(),
            "n_purchase_days": of_days.size(),
            "amount_total": amounts.sum(),
            "amount_min": amounts.min(),
            "amount_max": amounts.max(),
            "amount_mean": amounts.mean(),
            "amount_stddev": amounts.std(),
        }
    )
    snapshots = expected.index.get_level_values("event_at")
    expected["recency_days"] = (snapshots - of_days.max()).dt.days
    expected["tenure_days"] = (snapshots - of_days.min()).dt.days
    expected["amount_per_purchase_day"] = expected["amount_total"] / expected["n_purchase_days"]
    expected["log_recency_days"] = np.log1p(expected["recency_days"])
    expected["log_n_purchase_days"] = np.log(expected["n_purchase_days"])
    expected["log_amount_total"] = np.log1p(expected["amount_total"])
    assert_equal(world, "rfm", customers, expected)


def test_windows_equal_pandas(world: World, customers: str, seen: pd.DataFrame):
    expected = pd.DataFrame(index=seen.groupby(KEYS).size().index)
    for window in WINDOWS:
        counted = [f"n_purchases_{window}d", f"n_purchase_days_{window}d", f"amount_{window}d"]
        recent = seen[seen["bought_at"] >= seen["event_at"] - pd.Timedelta(days=window)]
        amounts, bought_on = recent.groupby(KEYS)["amount"], recent["bought_at"].dt.floor("D")
        expected[counted[0]] = amounts.size()
        expected[counted[1]] = bought_on.groupby([recent[key] for key in KEYS]).nunique()
        expected[counted[2]] = amounts.sum()
        expected[counted] = expected[counted].fillna(0)
        expected[f"amount_max_{window}d"] = amounts.max()
        expected[f"amount_mean_{window}d"] = amounts.mean()
        expected[f"amount_stddev_{window}d"] = amounts.std()
    assert_equal(world, "windows", customers, expected)


def test_rhythm_equals_pandas(world: World, customers: str, days: pd.DataFrame):
    days = days.assign(gap=days.groupby(KEYS)["day"].diff().dt.days, is_weekend=days["day"].dt.dayofweek >= 5)
    grouped = days.groupby(KEYS)
    expected = pd.DataFrame(
        {
            "n_repeat_days": grouped.size() - 1,
            "active_span_days": (grouped["day"].max() - grouped["day"].min()).dt.days,
            "gap_days_mean": grouped["gap"].mean(),
            "gap_days_stddev": grouped["gap"].std(),
            "gap_days_min": grouped["gap"].min(),
            "gap_days_max": grouped["gap"].max(),
            "gap_days_last": grouped["gap"].nth(-1).set_axis(grouped.size().index),
            "weekend_rate": grouped["is_weekend"].mean(),
        }
    )
    expected["gap_days_variation"] = expected["gap_days_stddev"] / expected["gap_days_mean"]
    idle = (expected.index.get_level_values("event_at") - grouped["day"].max()).dt.days
    expected["overdue_ratio"] = idle / expected["gap_days_mean"]
    assert_equal(world, "rhythm", customers, expected)


def test_trends_equal_pandas(world: World, customers: str, days: pd.DataFrame):
    back = days.groupby(KEYS).cumcount(ascending=False) + 1
    days = days.assign(rank=days.groupby(KEYS)["amount"].rank(method="dense", ascending=False))

    def of_last(n: int) -> pd.Series:
        return days[back <= n].groupby(KEYS)["amount"].mean()

    last, previous = (days[back == n].set_index(KEYS) for n in (1, 2))
    expected = pd.DataFrame({"last_amount": last["amount"], "last_amount_rank": last["rank"]})
    expected["previous_amount"] = previous["amount"]
    expected["amount_change"] = expected["last_amount"] - expected["previous_amount"]
    expected["amount_moving_average_3"] = of_last(3)
    expected["amount_moving_average_6"] = of_last(6)
    assert_equal(world, "trends", customers, expected)


def test_customers_are_ranked_among_all(world: World):
    ranked = world.query("""
        select trends.event_at, rfm.amount_total, trends.customer_amount_rank, trends.customer_amount_percentile
        from features.feat_customer__trends as trends
        inner join features.feat_customer__rfm as rfm
            on trends.customer_id = rfm.customer_id and trends.event_at = rfm.event_at
        where trends.event_at in ('1997-03-01', '1998-07-01')
    """)
    assert len(ranked) > 3_000
    totals = ranked.assign(amount_total=ranked["amount_total"].astype(float)).groupby("event_at")["amount_total"]
    assert (totals.rank(method="dense", ascending=False) == ranked["customer_amount_rank"]).all()
    percentile = (totals.rank(method="min") - 1) / (totals.transform("size") - 1)
    pd.testing.assert_series_equal(percentile, ranked["customer_amount_percentile"], check_names=False, rtol=1e-12)


def test_newest_months_equal_pandas(world: World, customers: str, seen: pd.DataFrame):
    """What the last snapshot knows of each month, and the moment at which it came to know it so."""
    months = world.query(f"select * from features.feat_customer__monthly where {customers}")
    newest = months.sort_values("known_at").groupby(KEYS).tail(1).set_index(["customer_id", "month_on"]).sort_index()
    newest = newest[newest["n_purchases_of_month"] > 0]
    known = seen[seen["event_at"] == "1998-07-01"]
    month_on = known["bought_at"].dt.to_period("M").dt.to_timestamp()
    grouped = known.assign(month_on=month_on).groupby(["customer_id", "month_on"])
    bands = pd.cut(known["amount"], [0, 0.01, 15, 30, 60, 120, np.inf], right=False).cat.codes
    expected = pd.DataFrame(
        {
            "n_purchases_of_month": grouped.size(),
            "quantity_of_month": grouped["quantity"].sum(),
            "amount_of_month": grouped["amount"].sum(),
            "amount_mean_of_month": grouped["amount"].mean(),
            "amount_stddev_of_month": grouped["amount"].std(),
            "n_price_bands_of_month": bands.groupby([known["customer_id"], month_on]).nunique(),
        }
    ).astype(float)
    newest.index = newest.index.set_levels(pd.to_datetime(newest.index.levels[1]).as_unit("us"), level=1)
    found = newest[list(expected.columns)].apply(pd.to_numeric).astype(float)
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_exact=False, rtol=1e-9)
    # A month is corrected at the first snapshot that knew of its latest line, and not before it is over.
    since = grouped["counts_from"].max().dt.normalize() + pd.offsets.MonthBegin(0)
    month_end = expected.index.get_level_values(1) + pd.offsets.MonthBegin(1)
    assert (newest["known_at"].to_numpy() >= np.maximum(since.to_numpy(), month_end.to_numpy())).all()


def test_monthly_totals_equal_what_is_published_of_cdnow(whole_world: World):
    months = whole_world.query("""
        select
            month_on,
            sum(n_purchases_of_month) as n,
            sum(quantity_of_month) as quantity,
            sum(amount_of_month) as amount
        from (
            select *, row_number() over (partition by customer_id, month_on order by known_at desc) as recency
            from features.feat_customer__monthly
        ) as months
        where recency = 1
        group by month_on
        order by month_on
    """)
    assert len(months) == 18
    assert (months["n"].sum(), months["quantity"].sum(), float(months["amount"].sum())) == (
        69_659,
        167_881,
        2_500_315.63,
    )
    assert (months["n"].iloc[0], float(months["amount"].iloc[0])) == (8_928, 299_060.17)


def test_repeat_days_equal_the_summary_of_the_lifetimes_library(world: World):
    """The sample of 2,357 customers to 30 September 1997, as papers on customer lifetime have it, by days."""
    sample = pd.read_csv(REPOSITORY / "src/millwright/sample/cdnow_sample_ids.csv", dtype=str).iloc[:, 0]
    repeat_days = world.query("""
        select customer_id, count(*) - 1 as n
        from entities.fct_customer_days
        where valid_to is null and event_on <= '1997-09-30'
        group by customer_id
    """).set_index("customer_id")["n"]
    of_sample = repeat_days.reindex("shop-" + sample)
    assert (len(of_sample), of_sample.sum(), (of_sample == 0).sum(), of_sample.max()) == (2_357, 2_457, 1_411, 29)
    # The feature lacks the five days that were delivered after the snapshot.
    features = world.query("""
        select customer_id, n_repeat_days as n
        from features.feat_customer__rhythm
        where event_at = '1997-10-01'
    """).set_index("customer_id")["n"]
    assert of_sample.sum() - features.reindex("shop-" + sample).sum() == 5


def test_support_at_the_last_snapshot_equals_the_tickets_of_the_customers(world: World):
    tickets = world.query("""
        select customer_id, event_at, topic, priority, closed_at is null as is_open, satisfaction
        from entities.fct_support_tickets
    """)
    grouped = tickets.groupby("customer_id")
    expected = pd.DataFrame(
        {
            "n_tickets": grouped.size(),
            "n_open_tickets": grouped["is_open"].sum(),
            "n_ticket_topics": grouped["topic"].nunique(),
            "satisfaction_mean": grouped["satisfaction"].mean(),
            "days_since_last_ticket": (pd.Timestamp("1998-07-01") - grouped["event_at"].max().dt.normalize()).dt.days,
        }
    ).astype(float)
    columns = ", ".join(["customer_id", *expected.columns])
    found = world.query(f"select {columns} from features.feat_customer__support where event_at = '1998-07-01'")
    found = found.set_index("customer_id").sort_index().astype(float)
    assert len(found) > 300
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-12)


def test_scores_follow_from_the_other_features(world: World):
    """Every row, by the limits as the seed has them."""
    limits = pd.read_csv(REPOSITORY / "seeds/config/score_limits.csv")
    rows = world.query("""
        select
            scores.*,
            rfm.recency_days,
            coalesce(support.days_since_last_ticket, rfm.recency_days) as days_since_last_ticket,
            windows.amount_90d
        from features.feat_customer__scores as scores
        inner join features.feat_customer__rfm as rfm
            on scores.customer_id = rfm.customer_id and scores.event_at = rfm.event_at
        inner join features.feat_customer__windows as windows
            on scores.customer_id = windows.customer_id and scores.event_at = windows.event_at
        left join features.feat_customer__support as support
            on scores.customer_id = support.customer_id and scores.event_at = support.event_at
        where scores.event_at = '1998-07-01'
    """)
    assert len(rows) > 2_000
    assert (rows["idle_days"] == rows[["recency_days", "days_since_last_ticket"]].min(axis=1)).all()
    assert np.allclose(rows["monthly_amount"], rows["amount_90d"].astype(float) / 3)
    for score_name, of_score in limits.groupby("score_name"):
        expected = pd.Series(np.nan, index=rows.index)
        for limit in of_score.sort_values("limit_order").itertuples():
            measure = rows[limit.measure].astype(float) if isinstance(limit.measure, str) else None
            holds = pd.Series(True, index=rows.index)
            if not np.isnan(limit.lower_bound):
                holds &= measure >= limit.lower_bound
            if not np.isnan(limit.upper_bound):
                holds &= measure <= limit.upper_bound
            score = limit.score if np.isnan(limit.divisor) else (measure / limit.divisor).clip(0, 1)
            expected = expected.mask(expected.isna() & holds, score)
        assert np.allclose(rows[f"{score_name}_score"], expected), score_name
