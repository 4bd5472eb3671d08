"""Distances of distributions equal SciPy's, on both engines, and what is made of them says the same every night."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

ENGINES = ("duckdb", "postgres")
NOW = datetime(2024, 1, 1)

# -- distances of counts ----------------------------------------------------------------------------------------------

CELLS = (
    "scenario text, position float8, n_reference bigint, n_current bigint, mean_reference float8, mean_current float8"
)
MODELS = {
    "distances": "{{ millwright.distribution_distances(ref('cells'), by=['scenario']) }}",
    "adjusted": "{{ millwright.adjusted_p_values(ref('tests'), 'p_value', by=['family']) }}",
}
DECLARED = [{"name": name} for name in ("cells", "tests", *MODELS)]


def scenarios() -> dict[str, pd.DataFrame]:
    """Counts of bins: position, n_reference, n_current, and the bins' means."""
    random = np.random.default_rng(7)
    made = {}
    for number in range(40):
        n_bins = int(random.integers(2, 13))
        lower = np.sort(random.normal(0, 10, n_bins))
        frame = pd.DataFrame({"position": range(1, n_bins + 1), "mean_reference": lower})
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
            frame["position"] = np.nan
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
        made[name] = pd.DataFrame({"position": places, "n_reference": reference, "n_current": current})
        made[name] = made[name].assign(mean_reference=places, mean_current=places)
    made["all missing"] = pd.DataFrame({"position": [np.nan], "n_reference": [10], "n_current": [20]})
    for frame in made.values():
        for side in ("reference", "current"):
            frame.loc[(frame[f"n_{side}"] == 0) | frame["position"].isna(), f"mean_{side}"] = np.nan
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
    ordered = frame[frame["position"].notna()].sort_values("position")
    if ordered["n_reference"].sum() and ordered["n_current"].sum():
        reference, current = (ordered[ordered[f"n_{side}"] > 0] for side in ("reference", "current"))
        said["wasserstein_distance"] = stats.wasserstein_distance(
            reference["mean_reference"], current["mean_current"], reference["n_reference"], current["n_current"]
        )
        if ordered[["n_reference", "n_current"]].to_numpy().sum() < 1e5:
            both = [np.repeat(ordered["position"], ordered[f"n_{side}"]) for side in ("reference", "current")]
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
    project.run(NOW)
    return project


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
