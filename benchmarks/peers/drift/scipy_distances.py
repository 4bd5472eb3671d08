"""How far the columns of one table are from those of another, with SciPy and NumPy, as a Parquet file.

    python -m benchmarks.peers.drift.scipy_distances WAREHOUSE NUMBERS CATEGORIES ANSWER [--values]

NUMBERS and CATEGORIES are the columns, with commas between them. All distances are those of counts in bins; with
--values Kolmogorov-Smirnov and Wasserstein are those of the values, too, as SciPy has them. Two columns at a time, each
read when its turn comes.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import jensenshannon

N_BINS, MAX_CATEGORIES = 10, 20
TABLES = ("prod.learnt", "prod.seen")
Figures = dict[str, float | str]


def of_numbers(name: str, learnt: np.ndarray, seen: np.ndarray, has_values: bool) -> Figures:
    """The figures of a column of numbers; NaN is a missing value. Sorted once, an array says the rest by itself."""
    known = [np.sort(values[~np.isnan(values)]) for values in (learnt, seen)]
    edges = np.unique(np.quantile(known[0], np.linspace(0, 1, N_BINS + 1)))
    counts, means = zip(*(_in_bins(values, edges) for values in known), strict=True)
    missing = [len(learnt) - len(known[0]), len(seen) - len(known[1])]
    found = _of_counts(name, np.column_stack([missing, *zip(*counts, strict=True)]))
    shares = [np.cumsum(n) / n.sum() for n in counts]
    found["kolmogorov_smirnov"] = np.abs(shares[0] - shares[1]).max()
    filled = [n > 0 for n in counts]
    found["wasserstein_distance"] = stats.wasserstein_distance(
        *(mean[some] for mean, some in zip(means, filled, strict=True)),
        *(n[some] for n, some in zip(counts, filled, strict=True)),
    )
    if has_values:
        found["kolmogorov_smirnov_of_values"] = stats.ks_2samp(*known, method="asymp").statistic
        found["wasserstein_distance_of_values"] = stats.wasserstein_distance(*known)
    return found


def of_categories(name: str, learnt: pd.Series, seen: pd.Series) -> Figures:
    """The figures of a column of categories: what is rare in the first shares a bin, what is new has one."""
    counts = [values.value_counts(dropna=False) for values in (learnt, seen)]
    table = pd.concat(counts, axis=1, keys=["learnt", "seen"]).fillna(0)
    is_known, is_missing = table["learnt"] > 0, table.index.isna()
    ranks = table.loc[is_known & ~is_missing].sort_index().sort_values("learnt", ascending=False, kind="stable").index
    bins = {category: min(rank, MAX_CATEGORIES) for rank, category in enumerate(ranks)}
    places = [
        -2 if is_none else bins.get(category, -1) for category, is_none in zip(table.index, is_missing, strict=True)
    ]
    return _of_counts(name, table.groupby(places).sum().to_numpy().T)


def _in_bins(values: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and means of sorted values below the edges, between them, the last bin closed, and above them."""
    ends = np.searchsorted(values, edges, side="left")
    ends[-1] = np.searchsorted(values, edges[-1], side="right")
    bounds = np.array([0, *ends, len(values)])
    counts = np.diff(bounds)
    totals = np.array([values[begin:end].sum() for begin, end in pairwise(bounds)])
    return counts, np.divide(totals, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _of_counts(name: str, counts: np.ndarray) -> Figures:
    counts = counts[:, counts.sum(axis=0) > 0].astype(float)
    smoothed = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    return {
        "feature": name,
        "psi": stats.entropy(smoothed[0], smoothed[1]) + stats.entropy(smoothed[1], smoothed[0]),
        "jensen_shannon_distance": jensenshannon(counts[0], counts[1]),
        "chi_squared": stats.chi2_contingency(counts, correction=False).statistic,
    }


def main(warehouse: str, numbers: list[str], categories: list[str], answer: Path, has_values: bool) -> None:
    """Writes a row for each column."""
    with duckdb.connect(warehouse, read_only=True, config={"threads": 2}) as duck:

        def number(name: str) -> Figures:
            query = f"select coalesce({name}, 'NaN') as number from {{}}"
            sides = [duck.cursor().execute(query.format(table)).fetchnumpy()["number"] for table in TABLES]
            return of_numbers(name, *sides, has_values)

        def category(name: str) -> Figures:
            sides = [duck.cursor().execute(f"select {name} from {table}").df()[name] for table in TABLES]
            return of_categories(name, *sides)

        with ThreadPoolExecutor(2) as pool:
            found = [*pool.map(number, numbers), *pool.map(category, categories)]
    pd.DataFrame(found).to_parquet(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(","), Path(sys.argv[4]), "--values" in sys.argv[5:])
