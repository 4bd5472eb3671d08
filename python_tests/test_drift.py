"""Distances of distributions equal SciPy's, on both engines, and what is made of them says the same every night."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

# SciPy's p-value of samples without any rows of one kind, which is not looked at.
pytestmark = pytest.mark.filterwarnings("ignore:divide by zero encountered")
ENGINES = ("duckdb", "postgres")
NOW = datetime(2024, 1, 1)

# -- distances of counts ----------------------------------------------------------------------------------------------

CELLS = (
    "scenario text, bin_order float8, n_reference bigint, n_current bigint, mean_reference float8, mean_current float8"
)
BINS = "feature text, bin_number integer, lower_bound float8, upper_bound float8"
MODELS = {
    "placed": """
        with held as (select * from {{ ref('numbers') }}), bins as (select * from {{ ref('bins') }})
        {{ millwright.placed_in_bins('held', 'bins', ['feature'], n_edges=millwright.most_edges(ref('bins'))) }}
    """,
    "distances": "{{ millwright.distribution_distances(ref('cells'), by=['scenario']) }}",
    "adjusted": "{{ millwright.adjusted_p_values(ref('tests'), 'p_value', by=['family']) }}",
    "kept": "{{ millwright.drift_reference(ref('learnt'), {numbers}, {categories}, n_bins=5, max_categories=3) }}",
    "drift": "{{ millwright.drift_of_relation(ref('seen'), ref('kept'), {numbers}, {categories}, 5, by=['month']) }}",
    "drift_of_nothing": """
        with nothing as (select * from {{ ref('seen') }} where false)
        select * from ({{ millwright.drift_of_relation('nothing', ref('kept'), ['steady'], ['city']) }}) as drift
    """,
    "drift_in_too_few_bins": "{{ millwright.drift_of_relation(ref('seen'), ref('kept'), ['steady'], n_bins=4) }}",
}
WIDE_NUMBERS = ("steady", "shifted", "n_items", "constant", "absent", "appears", "vanishes")
WIDE_CATEGORIES = ("city", "grade", "unsaid")
MODELS = {
    name: sql.replace("{numbers}", str(list(WIDE_NUMBERS))).replace("{categories}", str(list(WIDE_CATEGORIES)))
    for name, sql in MODELS.items()
}
DECLARED = [{"name": name} for name in ("cells", "tests", "numbers", "bins", "learnt", "seen", *MODELS)]


def scenarios() -> dict[str, pd.DataFrame]:
    """Counts of bins: bin_order, n_reference, n_current, and the bins' means."""
    random = np.random.default_rng(7)
    made = {}
    for number in range(40):
        n_bins = int(random.integers(2, 13))
        lower = np.sort(random.normal(0, 10, n_bins))
        frame = pd.DataFrame({"bin_order": range(1, n_bins + 1), "mean_reference": lower})
        frame["mean_current"] = lower + random.uniform(0, np.append(np.diff(lower), 1)) * 0.9
        # Sizes from a handful to a million, some bins empty on either side.
        for side in ("reference", "current"):
            shares = random.dirichlet(np.full(n_bins, 0.7)) * random.integers(0, 2, n_bins)
            frame[f"n_{side}"] = random.poisson(shares * 10.0 ** random.integers(1, 7)) + (
                frame.index == number % n_bins
            )
        if number % 3 == 0:
            frame.loc[len(frame)] = {"n_reference": 5, "n_current": 17}
        if number % 5 == 0:
            frame["bin_order"] = np.nan
        made[f"random {number}"] = frame
    by_hand = {
        "same": ([10, 20, 30], [100, 200, 300]),
        "apart": ([10, 20, 0, 0], [0, 0, 5, 5]),
        "no current": ([10, 20], [0, 0]),
        "no reference": ([0, 0], [10, 20]),
        "one bin": ([10], [20]),
        "tiny": ([1, 0], [0, 1]),
        "a million and one": ([999_999, 1], [1, 0]),
    }
    for name, (reference, current) in by_hand.items():
        places = np.arange(1.0, len(reference) + 1)
        made[name] = pd.DataFrame({"bin_order": places, "n_reference": reference, "n_current": current})
        made[name] = made[name].assign(mean_reference=places, mean_current=places)
    made["all missing"] = pd.DataFrame({"bin_order": [np.nan], "n_reference": [10], "n_current": [20]})
    for frame in made.values():
        for side in ("reference", "current"):
            frame.loc[(frame[f"n_{side}"] == 0) | frame["bin_order"].isna(), f"mean_{side}"] = np.nan
    return made


def expected_distances(frame: pd.DataFrame) -> dict[str, float]:
    """What SciPy says; a quantity that is not there is NULL."""
    frame = frame[frame["n_reference"] + frame["n_current"] > 0]
    counts = frame[["n_reference", "n_current"]].to_numpy(dtype=float)
    said = {"n_reference": counts[:, 0].sum(), "n_current": counts[:, 1].sum(), "n_bins": len(frame)}
    if counts.sum(axis=0).all():
        shares = (counts + 0.5) / (counts + 0.5).sum(axis=0)
        said["psi"] = stats.entropy(shares[:, 0], shares[:, 1]) + stats.entropy(shares[:, 1], shares[:, 0])
        said["jensen_shannon_distance"] = jensenshannon(counts[:, 0], counts[:, 1])
        tested = stats.chi2_contingency(counts, correction=False)
        said |= {"chi_squared": tested.statistic, "degrees_of_freedom": tested.dof}
    ordered = frame[frame["bin_order"].notna()].sort_values("bin_order")
    if ordered["n_reference"].sum() and ordered["n_current"].sum():
        reference, current = (ordered[ordered[f"n_{side}"] > 0] for side in ("reference", "current"))
        said["wasserstein_distance"] = stats.wasserstein_distance(
            reference["mean_reference"], current["mean_current"], reference["n_reference"], current["n_current"]
        )
        if ordered[["n_reference", "n_current"]].to_numpy().sum() < 1e5:
            both = [np.repeat(ordered["bin_order"], ordered[f"n_{side}"]) for side in ("reference", "current")]
            said["kolmogorov_smirnov"] = stats.ks_2samp(*both, method="asymp").statistic
    return said


@pytest.fixture(scope="module", params=ENGINES)
def measured(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallProject]:
    world = World(request.param, tmp_path_factory.mktemp(request.param), postgres, schema="distances")
    project = SmallProject(world, MODELS, DECLARED)
    cells = pd.concat(frame.assign(scenario=name) for name, frame in scenarios().items())
    columns = [column.split()[0] for column in CELLS.split(", ")]
    rows = cells[columns].astype(object).where(cells[columns].notna(), None)
    project.load("cells", CELLS, list(rows.itertuples(index=False, name=None)))
    tests = [(family, None if np.isnan(p) else p) for family, values in families().items() for p in values]
    project.load("tests", "family text, p_value float8", tests)
    edges_and_numbers = binned()
    project.load("bins", BINS, [row for name, (edges, _) in edges_and_numbers.items() for row in bins_of(name, edges)])
    numbers = [
        (name, None if np.isnan(number) else number) for name, (_, held) in edges_and_numbers.items() for number in held
    ]
    project.load("numbers", "feature text, number_value float8", numbers)
    for name, frame in wide().items():
        rows = frame.astype(object).where(frame.notna(), None)
        columns = [f"{column} {'float8' if column in WIDE_NUMBERS else 'text'}" for column in rows]
        project.load(name, ", ".join(columns), list(rows.itertuples(index=False, name=None)))
    # pandas takes NaN for NULL.
    project.world.execute("update distances.seen set steady = 'NaN' where steady = 1e200")
    project.run(NOW)
    return project


def binned() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Edges of references, and numbers on, between and beyond them; NaN for none."""
    random = np.random.default_rng(5)
    made = {"constant": np.array([3.0]), "never there": np.array([]), "two": np.array([-1.5, 0.0])}
    made |= {f"random {n}": np.sort(random.normal(0, 5, n)) for n in range(3, 12)}
    return {
        name: (edges, np.concatenate([edges, edges - 1e-9, random.normal(0, 8, 50), [np.nan, -1e200, 1e200]]))
        for name, edges in made.items()
    }


def bins_of(name: str, edges: np.ndarray) -> list[tuple[str, int, float, float]]:
    """Half-open bins between edges, and an open one on either side; a constant has a bin of its own."""
    closed = list(pairwise(edges)) or [(edge, edge) for edge in edges]
    outer = [(-np.inf, edges[0]), *closed, (edges[-1], np.inf)] if len(edges) else [(-np.inf, np.inf)]
    return [(name, number, float(lower), float(upper)) for number, (lower, upper) in enumerate(outer, start=1)]


def families() -> dict[str, np.ndarray]:
    """p values of tests that belong together; NaN where nothing was tested."""
    random = np.random.default_rng(11)
    made = {f"random {number}": random.beta(0.3, 1, int(random.integers(1, 60))) for number in range(10)}
    made["random 0"][::2] = np.nan
    return made | {
        "ties": np.array([0.01, 0.01, 0.03, 0.03, 0.03, 1, 1]),
        "impossible": np.array([0, 0, 5e-324, 1e-300, 1]),
        "none": np.array([np.nan, np.nan]),
    }


def test_distances_are_those_of_scipy(measured: SmallProject):
    found = {row["scenario"]: row for row in measured.rows("select * from distances.distances")}
    made = scenarios()
    assert set(found) == set(made)
    for name, frame in made.items():
        expected = expected_distances(frame)
        for quantity, value in expected.items():
            assert found[name][quantity] == pytest.approx(value, rel=1e-9, abs=1e-9), (name, quantity)
        missing = {key for key, value in found[name].items() if value is None}
        assert missing.isdisjoint(expected)
        assert missing | set(expected) >= set(found[name]) - {"scenario", "kolmogorov_smirnov"}


def test_p_values_are_adjusted_like_those_of_scipy(measured: SmallProject):
    found = pd.DataFrame(measured.rows("select family, p_value, adjusted_p_value from distances.adjusted"))
    for family, values in families().items():
        tested = np.sort(values[~np.isnan(values)])
        rows = found[found["family"] == family].astype({"p_value": float, "adjusted_p_value": float})
        assert len(rows) == len(values)
        adjusted = rows[rows["p_value"].notna()].sort_values(["p_value", "adjusted_p_value"])["adjusted_p_value"]
        expected = stats.false_discovery_control(tested) if len(tested) else []
        assert adjusted.to_list() == pytest.approx(list(expected), rel=1e-9, abs=0)
        assert rows[rows["p_value"].isna()]["adjusted_p_value"].isna().all()


def test_numbers_lie_in_the_bins_that_numpy_puts_them_in(measured: SmallProject):
    found = pd.DataFrame(measured.rows("select feature, number_value, bin_number from distances.placed"))
    for feature, (edges, numbers) in binned().items():
        rows = found[found["feature"] == feature].astype({"number_value": float}).sort_values("number_value")
        numbers = np.sort(numbers)
        assert rows["number_value"].to_numpy() == pytest.approx(numbers, nan_ok=True, rel=0, abs=0)
        assert rows["bin_number"].to_list() == bin_numbers(edges, numbers).tolist(), feature


def bin_numbers(edges: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """0 without a number, 1 below the edges, then the bins between them, the last one closed, and one above."""
    if not len(edges):
        return np.where(np.isnan(numbers), 0, 1)
    inside = np.minimum(np.searchsorted(edges, numbers, side="right"), max(len(edges) - 1, 1)) + 1
    return np.where(np.isnan(numbers), 0, np.where(numbers > edges[-1], max(len(edges) - 1, 1) + 2, inside))


# -- drift of a wide relation -----------------------------------------------------------------------------------------


def wide() -> dict[str, pd.DataFrame]:
    """What was learnt from, and what was seen in three months; in the last without one of the columns."""
    random = np.random.default_rng(13)
    made = {}
    # No quantile of 403 or 379 numbers is one of them, where the last digit would say in which bin that lies.
    for name, n_rows in (("learnt", 403), ("seen", 500)):
        is_seen = name == "seen"
        frame = pd.DataFrame({"steady": random.normal(0, 1, n_rows), "shifted": random.normal(2 * is_seen, 3, n_rows)})
        frame["n_items"] = random.poisson(1.5 + is_seen, n_rows).astype(float)
        frame["constant"] = 7.5 + (random.integers(-1, 2, n_rows) if is_seen else 0)
        frame["absent"] = np.nan
        frame["appears"] = random.normal(0, 1, n_rows) if is_seen else np.nan
        frame["vanishes"] = np.nan if is_seen else random.normal(0, 1, n_rows)
        cities = ["Lyon", "O'Hare", "{{ x }}", "Nîmes", "rare", "rarer", "", "Oslo"]
        frame["city"] = random.choice(cities[is_seen:] if is_seen else cities[:-1], n_rows)
        frame["grade"] = random.choice(["a", "b"], n_rows)
        frame["unsaid"] = None
        frame.loc[::17, ["shifted", "n_items", "city", "grade"]] = None
        if is_seen:
            frame.loc[3, "steady"], frame.loc[4, "steady"], frame.loc[5, "shifted"] = np.inf, -np.inf, -1e200
            frame.loc[6:8, "steady"] = 1e200
            frame["month"] = np.repeat(["2024-01", "2024-02", "2024-03"], [200, 297, 3])
            frame.loc[frame["month"] == "2024-03", "grade"] = None
        made[name] = frame
    return made


def wide_cells(feature: str, reference: pd.Series, current: pd.Series) -> pd.DataFrame:
    """Counts and means of both in the reference's bins, by NumPy and pandas."""
    sides = {"reference": reference, "current": current}
    if feature in WIDE_NUMBERS:
        sides = {side: values.where(values.abs() < 1e150).to_numpy(float) for side, values in sides.items()}
        known = sides["reference"][~np.isnan(sides["reference"])]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, 6))) if len(known) else np.array([])
        bins = {side: bin_numbers(edges, values) for side, values in sides.items()}
    else:
        ranked = sorted(reference.dropna().unique(), key=lambda city: (-(reference == city).sum(), city.encode()))
        places = {city: min(place, 4) for place, city in enumerate(ranked, start=1)}
        bins = {
            side: [places.get(value, -1) if isinstance(value, str) else 0 for value in values]
            for side, values in sides.items()
        }
    frame = pd.DataFrame(index=range(-1, 10))
    for side, values in sides.items():
        grouped = pd.Series(values if feature in WIDE_NUMBERS else np.ones(len(values))).groupby(np.array(bins[side]))
        frame[f"n_{side}"] = grouped.size()
        frame[f"mean_{side}"] = grouped.mean()
    frame["bin_order"] = np.where(frame.index > 0, frame.index, np.nan) if feature in WIDE_NUMBERS else np.nan
    return frame.fillna({"n_reference": 0, "n_current": 0})


def test_drift_of_a_wide_relation_is_what_scipy_says(measured: SmallProject):
    found = pd.DataFrame(measured.rows("select * from distances.drift")).set_index(["month", "feature"])
    learnt, seen = wide().values()
    assert len(found) == 3 * len(WIDE_NUMBERS + WIDE_CATEGORIES)
    for (month, feature), row in found.iterrows():
        cells = wide_cells(feature, learnt[feature], seen.loc[seen["month"] == month, feature].reset_index(drop=True))
        expected = expected_distances(cells)
        for quantity, value in expected.items():
            assert float(row[quantity]) == pytest.approx(value, rel=1e-9, abs=1e-9), (month, feature, quantity)
        for quantity in ("kolmogorov_smirnov", "wasserstein_distance"):
            assert (quantity in expected) == pd.notna(row[quantity])
        assert (row["n_missing"], row["n_missing_reference"]) == tuple(cells.loc[0, ["n_current", "n_reference"]])
        assert row["n_new"] == cells.loc[-1, "n_current"]
        is_alone = cells.index.isin([1, 2, 3]) & (row["kind"] == "category")
        vanished = (cells["n_reference"] > 0) & (cells["n_current"] == 0) & is_alone
        assert row["n_vanished_categories"] == vanished.sum()
    assert found["n_vanished_categories"].max() > 0


def test_a_relation_without_rows_has_no_distance(measured: SmallProject):
    found = {row.pop("feature"): row for row in measured.rows("select * from distances.drift_of_nothing")}
    assert set(found) == {"steady", "city"}
    for row in found.values():
        assert (row["n_reference"], row["n_current"], row["n_missing"], row["n_new"]) == (403, 0, 0, 0)
        assert all(
            row[quantity] is None for quantity in ("jensen_shannon_distance", "wasserstein_distance", "chi_squared")
        )
        assert (row["psi"], row["kolmogorov_smirnov"]) == (None, None)


def test_bins_that_would_be_left_out_are_an_error(measured: SmallProject):
    (failed,) = measured.run(NOW, "drift_in_too_few_bins").values()
    assert "n_bins is 4, but there are 5 bins" in failed.message


# -- drift in the sample world ----------------------------------------------------------------------------------------

VERSION = "1997.8.0"
TRAINED_ON = """
    select spine.customer_id as entity_id, spine.snapshot_at as event_at
    from training.train_customer__spine as spine
    inner join training.train_customer__splits as splits on spine.customer_id = splits.customer_id
    where splits.data_split = 'train' and spine.matures_at <= '1997-08-01'
"""
PREDICTED = """
    select entity_id, event_at, score, predicted_class
    from evaluation.eval_predictions
    where model_name = 'repurchase'
"""


def as_known(world: World, moments: pd.DataFrame) -> pd.DataFrame:
    """Moments of customers with the newest row of features that was true and known."""
    features = world.query("select * from features.feat_customer__rfm").rename(columns={"customer_id": "entity_id"})
    asked = moments[["entity_id", "event_at"]].reset_index()
    pairs = asked.merge(features, on="entity_id", suffixes=("_of_moment", ""))
    pairs = pairs[
        (pairs["event_at"] <= pairs["event_at_of_moment"]) & (pairs["known_at"] <= pairs["event_at_of_moment"])
    ]
    newest = pairs.sort_values(["event_at", "known_at"]).groupby("index").tail(1).set_index("index")
    return moments.join(newest.drop(columns=["entity_id", "event_at"]))


def cells_of_numbers(reference: np.ndarray, current: np.ndarray) -> pd.DataFrame:
    edges = np.unique(np.nanquantile(reference, np.linspace(0, 1, 11)))
    frame = pd.DataFrame({"bin": range(len(edges) + 2)}).set_index("bin")
    for side, numbers in {"reference": reference, "current": current}.items():
        grouped = pd.Series(numbers).groupby(bin_numbers(edges, numbers))
        frame[f"n_{side}"] = grouped.size()
        frame[f"mean_{side}"] = grouped.mean()
    frame[["n_reference", "n_current"]] = frame[["n_reference", "n_current"]].fillna(0)
    frame["bin_order"] = np.where(frame.index > 0, frame.index, np.nan)
    return frame.reset_index(drop=True)


def test_the_first_version_drifts_month_by_month_as_scipy_says(world: World):
    drift = world.query(f"""
        select * from monitoring.mon_drift
        where model_name = 'repurchase' and reference_version = '{VERSION}' and grain = 'month'
    """)
    learnt, predicted = as_known(world, world.query(TRAINED_ON)), as_known(world, world.query(PREDICTED))
    first = predicted[predicted["event_at"] < "1997-09-01"]
    months = predicted.groupby(predicted["event_at"].dt.to_period("M").dt.start_time)
    assert len(months) == 12
    for month, rows in months:
        said = drift[drift["period_start_at"] == month].set_index("feature")
        for feature, reference in {"recency_days": learnt, "log_amount_total": learnt, "score": first}.items():
            cells = cells_of_numbers(reference[feature].to_numpy(float), rows[feature].to_numpy(float))
            assert_said(said.loc[feature], cells)
        classes = pd.DataFrame(
            {
                "n_reference": first["predicted_class"].value_counts(),
                "n_current": rows["predicted_class"].value_counts(),
            }
        )
        assert_said(said.loc["predicted_class"], classes.fillna(0).assign(bin_order=np.nan))
        tested = said[said["p_value"].notna()]
        expected = stats.false_discovery_control(tested["p_value"].astype(float))
        assert tested["adjusted_p_value"].to_list() == pytest.approx(list(expected), rel=1e-9, abs=0)
    verdicts = drift.set_index(["feature", "period_start_at"])["verdict"]
    assert verdicts["score", "1997-08-01"] == "none"
    assert verdicts["score", "1997-10-01"] == verdicts["tenure_days", "1997-10-01"] == "significant"
    assert verdicts["amount_per_purchase_day"].eq("none").all()


def assert_said(row: pd.Series, cells: pd.DataFrame) -> None:
    expected = expected_distances(cells)
    expected.pop("n_bins")
    for quantity, value in expected.items():
        assert float(row[quantity]) == pytest.approx(value, rel=1e-9, abs=1e-9), (row.name, quantity)
    counts = cells[["n_reference", "n_current"]].to_numpy(float)
    tested = stats.chi2_contingency(counts[counts.sum(axis=1) > 0], correction=False)
    assert float(row["p_value"]) == pytest.approx(tested.pvalue, rel=1e-6, abs=0)
