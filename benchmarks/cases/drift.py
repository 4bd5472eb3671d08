"""Drift of many columns, against SciPy."""

import sys
from collections.abc import Mapping
from math import isclose
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, compiled_queries
from benchmarks.frame import Case, Disagreement
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

FITTED, KEPT = "drift_of_relation, reference fitted", "drift_of_relation, reference kept"
VALUES, BINS = "SciPy, values", "SciPy, bins"
SCHEMA = "prod"
ANSWER = "answer.parquet"
AS_OF = "2025-01-01"
NUMBERS = [f"number_{place}" for place in range(40)]
CATEGORIES = [f"category_{place}" for place in range(10)]
FIGURES = ("psi", "jensen_shannon_distance", "kolmogorov_smirnov", "wasserstein_distance", "chi_squared")
TOLERANCE = 1e-9
N_LEARNT = 1_000_000

REFERENCE = f"{{{{ millwright.drift_reference(ref('learnt'), {NUMBERS}, {CATEGORIES}) }}}}"
DRIFT = f"select * from ({{{{ millwright.drift_of_relation(ref('seen'), BINS, {NUMBERS}, {CATEGORIES}) }}}}) as drift"
QUERIES = {
    "kept_now": REFERENCE,
    "kept_before": DRIFT.replace("BINS", "ref('kept')"),
    "fitted": f"with fitted as ({REFERENCE}) {DRIFT.replace('BINS', repr('fitted'))}",
}


class Drift(Case):
    description = f"""
drift of {len(NUMBERS + CATEGORIES)} columns, and the same with SciPy

The scale is the number of rows in millions, with {len(NUMBERS)} columns of numbers (some skewed, some whole, some of
them shifted) and {len(CATEGORIES)} of categories, one value in fifty missing; they are compared with a reference of a
million rows. Everybody starts a process, reads the columns from the same DuckDB file and writes for each of them
population stability index, Jensen-Shannon, Kolmogorov-Smirnov and Wasserstein distance, and chi-squared.

- *{FITTED}* is one query of the macros `drift_reference` and `drift_of_relation`, which takes quantiles of the
  reference for the edges of the bins and counts both. It is compiled before the clock starts.
- *{KEPT}* reads the reference from a table that was made before, as `mon_drift_references` is: what each further night
  takes.
- *{VALUES}* is SciPy's `ks_2samp` and `wasserstein_distance` on all values, and all else on counts in the same bins.
- *{BINS}* is the fastest that we found with NumPy and SciPy, and comes to the figures of the macros and no more: each
  column is sorted once, its bins are slices of it.

The queries have two threads and 4 GB; the peers (`benchmarks/peers/drift/`) have two columns in work at a time, each on
a thread.
"""
    unit = "million rows"
    contenders = (FITTED, KEPT, VALUES, BINS)
    ratios = ((VALUES, FITTED), (BINS, FITTED), (VALUES, KEPT), (BINS, KEPT))

    def __init__(self) -> None:
        self._queries: dict[str, str] = {}

    def prepare(self, scale: int, data: Path) -> Path:
        inputs = made_once(f"drift_{scale}", data, lambda duck: fill(duck, scale * 1_000_000), Path(__file__))
        tables = [{"name": name} for name in ("learnt", "seen", "kept")]
        self._queries = compiled_queries(inputs, QUERIES, tables, as_of=AS_OF, plain_schema=SCHEMA)
        with duckdb.connect(inputs, config={"threads": 2, "memory_limit": "4GB"}) as duck:
            duck.execute(f"create or replace table {SCHEMA}.kept as {self._queries['kept_now']}")
        return inputs

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.table(f"{SCHEMA}.seen").count("*").fetchall()[0][0] / 1e6

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        if contender in (VALUES, BINS):
            columns = [",".join(NUMBERS), ",".join(CATEGORIES)]
            arguments = ["benchmarks.peers.drift.scipy_distances", str(inputs), *columns, str(work / ANSWER)]
            arguments += ["--values"] if contender == VALUES else []
        else:
            query = work / "query.sql"
            query.write_text(self._queries["fitted" if contender == FITTED else "kept_before"], encoding="utf-8")
            arguments = ["benchmarks.queries", str(inputs), str(query), str(work / ANSWER)]
        return Command([sys.executable, "-m", *arguments], {"PYTHONPATH": str(PROJECT)})

    def check(self, works: Mapping[str, Path]) -> str:
        answers = {contender: _answer(work / ANSWER) for contender, work in works.items()}
        reference = answers[BINS]
        for contender, answer in answers.items():
            pairs = zip(answer, reference, strict=True)
            different = [name for (name, *ours), (_, *theirs) in pairs if not all(map(_is_same, ours, theirs))]
            if different or len(answer) != len(NUMBERS + CATEGORIES):
                raise Disagreement(f"*{contender}* and *{BINS}* differ in {', '.join(different) or 'their columns'}.")
        return f"All come to the same {len(FIGURES)} figures of {len(reference)} columns, of the same bins."


def fill(duck: duckdb.DuckDBPyConnection, n_rows: int) -> None:
    """Makes the tables `learnt` and `seen`."""
    duck.execute(
        f"set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false; create schema {SCHEMA}"
    )
    for table, n, shift in (("learnt", N_LEARNT, 0.0), ("seen", n_rows, 0.1)):
        columns = []
        for place, name in enumerate(NUMBERS + CATEGORIES):
            drawn = f"hash(row, {place}, '{table}')"
            uniform = f"({drawn} >> 11) / 9007199254740992"
            moved = shift if place % 5 == 0 else 0
            value = (
                f"{uniform} + {moved}",
                f"-ln(1e-12 + {uniform}) * (1 + {moved})",
                f"floor(-3 * ln(1e-12 + {uniform}) + 10 * {moved})",
                f"pow({uniform}, 0.1) * 100 + {moved}",
            )[place % 4]
            if name in CATEGORIES:
                value = f"'category ' || cast(floor({4 + 3 * place % 40} * pow({uniform}, 2 - {moved})) as integer)"
            # So many are missing of a million that no edge is one of the numbers, where the last digit would say in
            # which bin that lies.
            columns.append(f"case when row % 50 <> {place % 50} then {value} end as {name}")
        duck.execute(f"create table {SCHEMA}.{table} as select {', '.join(columns)} from range({n}) as rows (row)")


def _answer(path: Path) -> list[tuple]:
    """The figures of each column."""
    with duckdb.connect() as duck:
        return duck.execute(f"select feature, {', '.join(FIGURES)} from read_parquet('{path}') order by 1").fetchall()


def _is_same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None or theirs != theirs:
        return ours is None and (theirs is None or theirs != theirs)
    return isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


CASE = Drift()
