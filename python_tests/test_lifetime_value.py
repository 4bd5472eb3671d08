"""BG/NBD and Gamma-Gamma against published figures, integrals and simulation; the marts against pandas."""

import importlib.util
import math
import warnings
from types import ModuleType, SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from scipy.integrate import dblquad, quad
from scipy.optimize import minimize
from support.commands import REPOSITORY
from support.world import World

from millwright.lifetime_value import (
    FitError,
    PurchaseModel,
    SpendModel,
    discounted_purchases,
    expected_purchases,
    expected_spend,
    fit_purchases,
    fit_spend,
    probability_alive,
    purchase_log_likelihood,
    spend_log_likelihood,
)

SAMPLE = REPOSITORY / "src/millwright/sample"
# Fader, Hardie and Lee (2005), table 2, and Fader and Hardie (2013), both on the sample of CDNOW.
PUBLISHED = PurchaseModel(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4)
PUBLISHED_SPEND = SpendModel(p=6.25, q=3.74, gamma=15.44)

MODELS = [
    PUBLISHED,
    PurchaseModel(5.0, 40.0, 2.5, 0.3),
    PurchaseModel(0.01, 0.5, 0.2, 0.2),
    PurchaseModel(80.0, 300.0, 1.0, 3.0),
    PurchaseModel(2.0, 3.0, 0.2, 700.0),
    PurchaseModel(2.0, 3.0, 20.0, 700.0),
    PurchaseModel(0.3, 4.0, 0.5, 0.5),
]
# Time ahead, frequency, recency, age.
CUSTOMERS = [
    (39, 2, 30.43, 38.86),
    (12, 0, 0, 20),
    (500, 1, 3, 4),
    (1e6, 3, 10, 40),
    (13, 400, 200, 201),
    (1, 60, 5, 5),
    (52, 1, 0.5, 1),
    (0.5, 2, 3, 1000),
]


# Spend over nine orders of magnitude.
HEAVY_TAILED = stats.lognorm(3).ppf((np.arange(600) * 7 % 600 + 0.5) / 600)


def sample_days() -> pd.DataFrame:
    """Customer, day and spend of that day, to 30 September 1997, of the customers that papers use."""
    customers = pd.read_csv(SAMPLE / "cdnow_sample_ids.csv", dtype=str)
    purchases = pd.read_csv(
        SAMPLE / "cdnow_purchases.csv", dtype={"customer_id": str}, parse_dates=["purchased_on"]
    ).merge(customers)
    purchases = purchases[purchases["purchased_on"] <= "1997-09-30"]
    return purchases.groupby(["customer_id", "purchased_on"], as_index=False)["amount"].sum()


def summarised(days: pd.DataFrame, until: str) -> pd.DataFrame:
    """The summary of every customer by pandas; times in days, `amount` that of the repeat days."""
    of_customer = days.sort_values("purchased_on").groupby("customer_id")
    first, last = of_customer["purchased_on"].min(), of_customer["purchased_on"].max()
    return pd.DataFrame(
        {
            "frequency": of_customer.size() - 1,
            "recency": (last - first).dt.days,
            "age": (pd.Timestamp(until) - first).dt.days,
            "amount": of_customer["amount"].sum() - of_customer["amount"].first(),
        }
    )


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return summarised(sample_days(), "1997-09-30")


def in_weeks(customers: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    return customers["frequency"], customers["recency"] / 7, customers["age"] / 7


def spend_of(customers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    spenders = customers[customers["amount"] > 0]
    return spenders["frequency"], spenders["amount"] / spenders["frequency"]


def test_bg_nbd_on_the_sample_is_as_published(sample: pd.DataFrame):
    fitted = fit_purchases(*in_weeks(sample))
    assert len(sample) == 2_357
    assert fitted[:4] == pytest.approx(PUBLISHED[:4], rel=0.01)
    assert fitted.log_likelihood == pytest.approx(PUBLISHED.log_likelihood, abs=0.1)
    assert fitted.log_likelihood == pytest.approx(purchase_log_likelihood(fitted, *in_weeks(sample)).sum(), rel=1e-12)


def test_gamma_gamma_on_the_sample_is_as_published(sample: pd.DataFrame):
    n_days, mean_spend = spend_of(sample)
    fitted = fit_spend(n_days, mean_spend)
    assert len(n_days) == (sample["frequency"] > 0).sum() == 946
    # To the last of the digits that are published.
    assert fitted[:3] == pytest.approx(PUBLISHED_SPEND[:3], abs=0.005)
    assert fitted.log_likelihood == pytest.approx(spend_log_likelihood(fitted, n_days, mean_spend).sum(), rel=1e-12)


def test_the_worked_example_of_the_paper():
    assert expected_purchases(PUBLISHED, 39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=0.0005)


def test_no_other_optimiser_finds_a_greater_likelihood(sample: pd.DataFrame):
    """Nelder and Mead's on likelihoods written as in the papers, from several starts."""
    frequency, recency, age = (values.to_numpy(float) for values in in_weeks(sample))

    def purchases(x: np.ndarray) -> float:
        r, alpha, a, b = np.exp(x)
        alive = special.beta(a, b + frequency) / (alpha + age) ** (r + frequency)
        gone = special.beta(a + 1, np.maximum(b + frequency - 1, 1e-9)) / (alpha + recency) ** (r + frequency)
        constant = special.gamma(r + frequency) * alpha**r / special.gamma(r) / special.beta(a, b)
        return -np.log(constant * (alive + np.where(frequency > 0, gone, 0))).sum()

    n_days, mean_spend = (values.to_numpy(float) for values in spend_of(sample))

    def spend(x: np.ndarray) -> float:
        p, q, gamma = np.exp(x)
        return -stats.betaprime(p * n_days, q, scale=gamma / n_days).logpdf(mean_spend).sum()

    with warnings.catch_warnings(action="ignore"):
        for loss, fitted, n_parameters in (
            (purchases, fit_purchases(frequency, recency, age), 4),
            (spend, fit_spend(n_days, mean_spend), 3),
        ):
            found = [minimize(loss, np.full(n_parameters, start), method="Nelder-Mead").fun for start in (0.0, 1.0)]
            assert -fitted.log_likelihood <= min(found) + 1e-6
            assert -fitted.log_likelihood == pytest.approx(min(found), rel=1e-6)


@pytest.mark.parametrize(("frequency", "recency", "age"), [(0, 0, 7), (1, 2, 9), (3, 8, 8), (6, 4, 30)])
def test_the_likelihood_is_the_integral_of_a_customers_own(frequency: int, recency: float, age: float):
    model = PurchaseModel(2.0, 5.0, 2.0, 3.0)
    rates, exits = stats.gamma(model.r, scale=1 / model.alpha), stats.beta(model.a, model.b)

    def density(p: float, rate: float) -> float:
        alive = (1 - p) ** frequency * rate**frequency * np.exp(-rate * age)
        gone = p * (1 - p) ** (frequency - 1) * rate**frequency * np.exp(-rate * recency) if frequency else 0
        return (alive + gone) * rates.pdf(rate) * exits.pdf(p)

    integral = dblquad(density, 0, 12, 0, 1, epsabs=1e-14, epsrel=1e-9)[0]
    assert purchase_log_likelihood(model, frequency, recency, age) == pytest.approx(np.log(integral), rel=1e-7)


@pytest.mark.parametrize("model", MODELS)
def test_expected_purchases_are_an_integral_over_who_a_customer_may_be(model: PurchaseModel):
    """Of an alive customer the rate is Gamma(r + x, alpha + T), the probability to leave Beta(a, b + x)."""
    for time, frequency, recency, age in CUSTOMERS:
        exits = stats.beta(model.a, model.b + frequency)

        def density(logarithm: float, exits=exits, time=time, frequency=frequency, age=age) -> float:
            p = np.exp(logarithm)
            leaves = -np.expm1(-(model.r + frequency) * np.log1p(p * time / (model.alpha + age)))
            return leaves * exits.pdf(p)  # leaves / p, and dp = p dlogarithm

        if_alive = sum(
            quad(density, *ends, epsabs=0, limit=500)[0] for ends in ((-300, -30), (-30, -5), (-5, -2), (-2, 0))
        )
        expected = expected_purchases(model, time, frequency, recency, age)
        assert expected == pytest.approx(if_alive * probability_alive(model, frequency, recency, age), rel=1e-6)


@pytest.fixture(scope="module")
def lived() -> pd.DataFrame:
    """100,000 customers who live by BG/NBD: seen for up to 40 weeks, then followed for 20."""
    model, n = PurchaseModel(0.8, 6.0, 1.5, 4.0), 100_000
    draw = np.random.default_rng(20)
    rate, leaves = draw.gamma(model.r, 1 / model.alpha, n), draw.beta(model.a, model.b, n)
    age = draw.uniform(5, 40, n)
    n_before_leaving = draw.geometric(leaves)
    time, frequency, recency, later = (np.zeros(n) for _ in range(4))
    is_alive = np.ones(n, bool)
    for purchase in range(1, 1_000):
        time += draw.exponential(1 / rate)
        is_on = (purchase <= n_before_leaving) & (time < age + 20)
        if not is_on.any():
            break
        is_seen = is_on & (time <= age)
        frequency[is_seen] += 1
        recency[is_seen] = time[is_seen]
        is_alive &= ~(is_seen & (purchase == n_before_leaving))
        later += is_on & ~is_seen
    return pd.DataFrame(
        {"frequency": frequency, "recency": recency, "age": age, "later": later, "is_alive": is_alive.astype(float)}
    ).assign(model=[model] * n)


def test_customers_who_live_by_the_model_do_as_expected(lived: pd.DataFrame):
    model, customers = lived["model"][0], (lived["frequency"], lived["recency"], lived["age"])
    lived = lived.assign(expected=expected_purchases(model, 20, *customers), alive=probability_alive(model, *customers))
    idle = pd.cut(1 - lived["recency"] / lived["age"], 4, labels=False)
    for _, group in lived.groupby([lived["frequency"].clip(upper=6), idle]):
        if len(group) < 200:
            continue
        for truth, told in (("later", "expected"), ("is_alive", "alive")):
            four_sigma = 4 * (group[truth] - group[told]).std() / math.sqrt(len(group)) + 1e-12
            assert group[truth].mean() == pytest.approx(group[told].mean(), abs=four_sigma), (told, group.iloc[0])


def test_the_fit_finds_the_model_that_customers_live_by(lived: pd.DataFrame):
    fitted = fit_purchases(lived["frequency"], lived["recency"], lived["age"])
    assert fitted[:4] == pytest.approx(lived["model"][0][:4], rel=0.06)


def test_gamma_gamma_is_the_integral_over_what_a_customer_may_spend():
    p, q, gamma, _ = model = SpendModel(6.25, 3.74, 15.44)
    rates = stats.gamma(q, scale=1 / gamma)
    for n_days, mean_spend in ((1, 3.0), (4, 35.5), (30, 400.0)):

        def density(rate: float, n_days=n_days, mean_spend=mean_spend) -> float:
            return stats.gamma(p * n_days, scale=1 / (rate * n_days)).pdf(mean_spend) * rates.pdf(rate)

        mode = (p * n_days + q - 1) / (gamma + n_days * mean_spend)
        ends = {"a": mode / 50, "b": mode * 20, "points": [mode], "epsabs": 0, "limit": 200}
        likelihood = quad(density, **ends)[0]
        mean = quad(lambda rate, density=density: p / rate * density(rate), **ends)[0] / likelihood
        assert spend_log_likelihood(model, n_days, mean_spend) == pytest.approx(np.log(likelihood), rel=1e-7)
        assert expected_spend(model, n_days, mean_spend) == pytest.approx(mean, rel=1e-6)
    of_all = quad(lambda rate: p / rate * rates.pdf(rate), 0, np.inf)[0]
    assert expected_spend(model, 0, np.nan) == pytest.approx(of_all, rel=1e-6)


def test_a_number_of_equal_customers_is_as_good_as_their_rows(sample: pd.DataFrame):
    columns = ["frequency", "recency", "age"]
    counts = sample.groupby(columns, as_index=False).size()
    collapsed, rows = fit_purchases(*in_weeks(counts), counts["size"]), fit_purchases(*in_weeks(sample))
    assert len(counts) < 0.8 * len(sample)
    assert collapsed == pytest.approx(rows, rel=1e-9)
    twice = fit_spend(*spend_of(sample), 2)
    assert twice[:3] == pytest.approx(fit_spend(*spend_of(sample))[:3], rel=1e-9)


def test_units_change_what_has_them_and_nothing_else(sample: pd.DataFrame):
    weeks, days = (
        fit_purchases(*in_weeks(sample)),
        fit_purchases(*(sample[["frequency", "recency", "age"]].to_numpy().T)),
    )
    assert days[:4] == pytest.approx((weeks.r, 7 * weeks.alpha, weeks.a, weeks.b), rel=1e-7)
    n_days, mean_spend = spend_of(sample)
    dollars, cents = fit_spend(n_days, mean_spend), fit_spend(n_days, 100 * mean_spend)
    assert cents[:3] == pytest.approx((dollars.p, dollars.q, 100 * dollars.gamma), rel=1e-7)


def test_present_value_is_between_that_of_the_last_day_and_the_first():
    customers = np.array([2, 0]), np.array([30.43, 0]), np.array([38.86, 20])
    year = expected_purchases(PUBLISHED, 365 / 7, *customers)
    np.testing.assert_allclose(discounted_purchases(PUBLISHED, 365 / 7, *customers, 0.0), year)
    ends = np.arange(366) / 7
    by_day = np.diff([expected_purchases(PUBLISHED, end, *customers) for end in ends], axis=0)
    worth = 1.25 ** -((np.arange(365) + 0.5) / 365)
    expected = (by_day * worth[:, None]).sum(axis=0)
    np.testing.assert_allclose(discounted_purchases(PUBLISHED, 365 / 7, *customers, 0.25), expected, rtol=1e-3)
    with pytest.raises(ValueError, match="must be above -1"):
        discounted_purchases(PUBLISHED, 52, *customers, -1)


def test_large_numbers_neither_overflow_nor_warn():
    with warnings.catch_warnings(action="error"):
        frequency, recency, age = np.array([2, 10_000, 10_000, 0]), np.array([30, 30, 1e9, 0]), np.full(4, 1e9)
        alive = probability_alive(PUBLISHED, frequency, recency, age)
        assert alive == pytest.approx([0, 0, 1, 1], abs=1e-3)
        expected = expected_purchases(PUBLISHED, 52, frequency, recency, age)
        assert (np.isfinite(expected) & (expected >= 0)).all()
        assert np.isfinite(purchase_log_likelihood(PUBLISHED, frequency, recency, age)).all()
        assert expected_purchases(PUBLISHED, 1e12, 2, 30.0, 31.0) > 100
        assert expected_purchases(PUBLISHED, 0, *CUSTOMERS[0][1:]) == 0


def test_nothing_happens_where_the_equation_is_zero_over_zero():
    for a in (1 - 1.1e-4, 1 - 1e-4, 1 - 1e-5, 1, 1 + 1e-9, 1 + 9.5e-5, 1 + 1e-4):
        before, after = (expected_purchases(PUBLISHED._replace(a=a + step), *CUSTOMERS[0]) for step in (0, 1e-5))
        assert 0 < before - after < 1e-4


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "message"),
    [
        ([], [], [], "no customers"),
        ([0, 0, 0], [0, 0, 0], [3, 4, 5], "None of 3 customers bought again"),
        ([2], [3], [4], "on 1 customers: the likelihood has no maximum"),
        ([2] * 500, [3] * 500, [4] * 500, "on 500 customers: the likelihood has no maximum"),
        ([1, 2, 3] * 99, [4, 5, 6] * 99, [4, 5, 6] * 99, "the likelihood has no maximum"),
        ([1, 2], [0, 0], [0, 0], "the likelihood has no maximum"),
    ],
)
def test_purchases_that_determine_nothing_are_an_error(frequency: list, recency: list, age: list, message: str):
    with pytest.raises(FitError, match=message):
        fit_purchases(np.array(frequency), np.array(recency), np.array(age))


@pytest.mark.parametrize(
    ("customer", "message"),
    [
        ((1, 5, 4), "recency is above age"),
        ((-1, 0, 4), "frequency is negative"),
        ((0.5, 1, 4), "not a whole number"),
        ((0, 1, 4), "frequency is 0"),
        ((1, np.nan, 4), "recency is missing"),
        ((1, 1, np.inf), "age is missing or infinite"),
    ],
)
def test_what_cannot_be_a_customer_is_an_error(customer: tuple, message: str):
    with pytest.raises(ValueError, match=f"Of 1 of 2 customers, .*{message}"):
        fit_purchases(*np.array([customer, (2, 3, 4)]).T)


@pytest.mark.parametrize(
    ("n_days", "mean_spend", "message"),
    [
        ([], [], "no customers"),
        ([3], [20.0], "no maximum"),
        ([3] * 50, [20.0] * 50, "no maximum"),
        (np.tile([1, 2, 3], 200), HEAVY_TAILED, "has no mean"),
    ],
)
def test_spend_that_determines_nothing_is_an_error(n_days: list, mean_spend: list, message: str):
    with pytest.raises(FitError, match=message):
        fit_spend(np.array(n_days), np.array(mean_spend))
    for wrong in ((0, 5.0), (2, 0.0), (2, -1.0), (2, np.nan)):
        with pytest.raises(ValueError, match="Of 1 of 1 customers"):
            fit_spend(*wrong)


def python_model(name: str) -> ModuleType:
    path = REPOSITORY / f"models/predictors/lifetime_value/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ran(name: str, tables: dict[str, pd.DataFrame], **settings: float) -> pd.DataFrame:
    """What a Python model returns in its first run, given the tables that it refers to."""
    with duckdb.connect() as session:
        for table, frame in tables.items():
            session.register(table, frame)
        config = SimpleNamespace(meta_get=settings.get)
        dbt = SimpleNamespace(is_incremental=False, ref=session.table, config=config)
        return python_model(name).model(dbt, session)


def test_a_version_that_cannot_be_fitted_says_so_and_stops_nothing(sample: pd.DataFrame):
    moments = pd.to_datetime(["1997-09-01", "1997-10-01"])
    alike = pd.DataFrame({"frequency": [2], "recency": [3], "age": [9], "amount": [12.0], "snapshot_at": moments[:1]})
    summaries = pd.concat([alike, sample.assign(snapshot_at=moments[1])]).rename(
        columns={
            "frequency": "n_repeat_days",
            "recency": "active_span_days",
            "age": "tenure_days",
            "amount": "repeat_amount",
        }
    )
    summaries["n_customers"] = 1
    rows = ran(
        "pred_lifetime_value__parameters",
        {
            "train_lifetime_value__schedule": pd.DataFrame(
                {"model_version": ["1997.9.0", "1997.10.0"], "trained_at": moments}
            ),
            "train_lifetime_value__purchase_counts": summaries,
            "train_lifetime_value__spend_counts": summaries[summaries["repeat_amount"] > 0],
        },
    )
    failed, fitted = (rows[rows["trained_at"] == moment].set_index("parameter")["value"] for moment in moments)
    assert failed.to_dict() == {"is_fitted": 0}
    published = {f"purchase_{name}": value for name, value in PUBLISHED._asdict().items()}
    assert fitted[list(published)].to_dict() == pytest.approx(published, rel=0.01)
    assert fitted[["is_fitted", "n_customers", "n_repeat_customers", "n_spenders"]].tolist() == [1, 2357, 946, 946]
    n_days, mean_spend = spend_of(sample)
    assert fitted["frequency_spend_correlation"] == pytest.approx(np.corrcoef(n_days, mean_spend)[0, 1], rel=1e-9)


def test_the_version_in_force_is_the_newest_one_that_was_fitted():
    moments = pd.date_range("1997-06-01", periods=4, freq="MS")
    versions = pd.DataFrame(
        {"model_version": ["1997.7.0", "1997.9.0"], "trained_at": moments[[1, 3]]}
        | {f"purchase_{name}": [getattr(PUBLISHED, name)] * 2 for name in ("r", "alpha", "a", "b")}
    )
    counts = pd.DataFrame({"snapshot_at": moments, "n_repeat_days": 2, "active_span_days": 213, "tenure_days": 272})
    tables = {
        "pred_lifetime_value__versions": versions,
        "train_lifetime_value__schedule": pd.DataFrame({"trained_at": moments}),
        "train_lifetime_value__purchase_counts": counts,
    }
    settings = {"short_horizon_days": 7 * 39, "long_horizon_days": 365, "discount_rate": 0.1}
    rows = ran("pred_lifetime_value__expectations", tables, **settings)
    assert rows["model_version"].tolist() == ["1997.7.0", "1997.7.0", "1997.9.0"]
    assert rows["snapshot_at"].tolist() == moments[1:].tolist()
    np.testing.assert_allclose(rows["expected_purchase_days_short"], 1.226, atol=0.002)
    assert (rows["discounted_purchase_days_long"] < rows["expected_purchase_days_long"]).all()
    none = ran(
        "pred_lifetime_value__expectations", tables | {"pred_lifetime_value__versions": versions[:0]}, **settings
    )
    assert len(none) == 0


SNAPSHOT = pd.Timestamp("1998-03-01")


@pytest.fixture(scope="module")
def recomputed(world: World) -> pd.DataFrame:
    """The customers of one snapshot by pandas: summaries from lines of purchase, one fit on rows, what came after."""
    lines = world.query("""
        select customer_id, event_at, known_at, amount
        from entities.fct_transactions_by_customer
        where valid_from <= '1998-03-01' and (valid_to > '1998-03-01' or valid_to is null)
    """).assign(purchased_on=lambda lines: lines["event_at"].dt.normalize())
    lines["amount"] = lines["amount"].astype(float)
    seen = lines[(lines["event_at"] < SNAPSHOT) & (lines["known_at"] <= SNAPSHOT)]
    customers = summarised(seen.groupby(["customer_id", "purchased_on"], as_index=False)["amount"].sum(), SNAPSHOT)
    purchases, spend = fit_purchases(*in_weeks(customers)), fit_spend(*spend_of(customers))
    mean_spend = expected_spend(spend, customers["frequency"], customers["amount"] / customers["frequency"])
    end = SNAPSHOT + pd.Timedelta(days=90)
    ahead = lines[lines["event_at"].ge(SNAPSHOT) & lines["event_at"].lt(end)]
    ahead = ahead[ahead["known_at"] <= end + pd.Timedelta(days=7)].groupby("customer_id")
    return customers.assign(
        alive_probability=probability_alive(purchases, *in_weeks(customers)),
        expected_purchase_days_short=expected_purchases(purchases, 90 / 7, *in_weeks(customers)),
        expected_purchase_days_long=expected_purchases(purchases, 365 / 7, *in_weeks(customers)),
        expected_amount_per_purchase_day=mean_spend,
        expected_amount_short=lambda rows: rows["expected_purchase_days_short"] * mean_spend,
        expected_amount_long=lambda rows: rows["expected_purchase_days_long"] * mean_spend,
        present_value_long=discounted_purchases(purchases, 365 / 7, *in_weeks(customers), 0.1) * mean_spend,
        actual_days=ahead["purchased_on"].nunique().reindex(customers.index, fill_value=0),
        actual_amount=ahead["amount"].sum().reindex(customers.index, fill_value=0),
    )


def test_customers_are_as_pandas_has_them(world: World, recomputed: pd.DataFrame):
    found = world.query(f"select * from predictors.pred_lifetime_value__customers where snapshot_at = '{SNAPSHOT}'")
    found = found.set_index("customer_id").sort_index()
    assert len(found) > 2_000
    assert set(found.pop("model_version")) == {"1998.3.0"}
    expected = recomputed[found.columns.drop("snapshot_at")].sort_index()
    pd.testing.assert_frame_equal(
        found.drop(columns="snapshot_at"), expected, check_exact=False, rtol=1e-6, check_index_type=False
    )


def test_evaluation_is_as_pandas_has_it(world: World, recomputed: pd.DataFrame):
    found = world.query(f"select * from evaluation.eval_lifetime_value where snapshot_at = '{SNAPSHOT}'")
    found = found.set_index("segment").sort_index()
    # Equal customers share a place in the order, which their ids decide.
    ranked = recomputed.sort_index().sort_values("expected_purchase_days_short", ascending=False, kind="stable")
    n_larger = len(ranked) % 10
    sizes = [len(ranked) // 10 + (number < n_larger) for number in range(10)]
    parts = {"all": ranked}
    for number, start in enumerate(np.cumsum([0, *sizes[:-1]])):
        parts[f"decile={number + 1:02}"] = ranked.iloc[start : start + sizes[number]]
    assert sorted(parts) == list(found.index)
    for segment, part in parts.items():
        naive_days, naive_amount = (90 * part[column] / part["age"] for column in ("frequency", "amount"))
        row = found.loc[segment]
        assert (row["n_customers"], row["n_purchase_days"]) == (len(part), part["actual_days"].sum())
        assert float(row["amount"]) == pytest.approx(part["actual_amount"].sum(), rel=1e-9)
        for column, value in {
            "expected_purchase_days": part["expected_purchase_days_short"].sum(),
            "naive_purchase_days": naive_days.sum(),
            "purchase_days_mae": (part["expected_purchase_days_short"] - part["actual_days"]).abs().mean(),
            "naive_purchase_days_mae": (naive_days - part["actual_days"]).abs().mean(),
            "expected_amount": part["expected_amount_short"].sum(),
            "naive_amount": naive_amount.sum(),
            "amount_mae": (part["expected_amount_short"] - part["actual_amount"]).abs().mean(),
            "naive_amount_mae": (naive_amount - part["actual_amount"]).abs().mean(),
        }.items():
            assert row[column] == pytest.approx(value, rel=1e-6), (segment, column)


def test_the_model_beats_the_naive_rule_at_every_snapshot(world: World):
    marts = world.query("select * from evaluation.eval_lifetime_value where segment = 'all'")
    assert len(marts) == 9
    for what in ("purchase_days", "amount"):
        actual = marts["n_purchase_days" if what == "purchase_days" else "amount"].astype(float)
        assert ((marts[f"expected_{what}"] - actual).abs() < (marts[f"naive_{what}"] - actual).abs()).all()
        assert (marts[f"{what}_mae"] < marts[f"naive_{what}_mae"]).all()


def test_every_customer_of_a_scheduled_snapshot_has_a_value(world: World):
    n_missing = world.query("""
        select count(*) as n
        from training.train_lifetime_value__summaries as summaries
        inner join training.train_lifetime_value__schedule as schedule on summaries.snapshot_at = schedule.trained_at
        left join predictors.pred_lifetime_value__customers as customers
            on summaries.customer_id = customers.customer_id and summaries.snapshot_at = customers.snapshot_at
        where customers.customer_id is null
    """)
    assert n_missing["n"].tolist() == [0]
