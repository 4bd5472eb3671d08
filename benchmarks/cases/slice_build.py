"""The nightly build against the same model written by hand in pandas."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, dbt_build, where_time_went
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.measure import Command
from benchmarks.sample_data import raw_warehouse

AS_OF = "1998-07-01"
TOLERANCE = 1e-6
WAREHOUSE, METRICS = "warehouse.duckdb", "metrics.csv"
EVERYTHING, SAME_WORK, PEER = "dbt build: everything", "dbt build: what the peer does", "pandas and scikit-learn"

SELECTIONS = {
    EVERYTHING: ("--selector", "nightly"),
    SAME_WORK: ("--select", "+eval_metrics", "--resource-type", "seed", "--resource-type", "model"),
}


class SliceBuild(Case):
    description = f"""
the nightly build on DuckDB, and the same model by hand

Every run builds eighteen months of history from the raw tables, as the very first night does. The peer,
`benchmarks/peers/repurchase_pandas.py`, takes the purchases to the metrics of the model `repurchase` in memory: the
same features at the same snapshots, labels, monthly fits, scores and metrics. Two builds are measured against it:

- *{EVERYTHING}* is what runs at night, with customers from three systems, support tickets, quality rules, quarantine,
  lifecycle and every data test;
- *{SAME_WORK}* is `eval_metrics` and all that it is built from, without tests: what compares with the peer.

Both include the start of dbt and reading the project anew. dbt has two threads, and DuckDB is allowed 4 GB.
"""
    unit = "million purchases"
    contenders = (EVERYTHING, SAME_WORK, PEER)

    def prepare(self, scale: int, data: Path) -> Path:
        return raw_warehouse(scale, data)

    def size(self, inputs: Path) -> float:
        return _query(inputs, "select count(*) / 1e6 from raw_shop.purchases")[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        if contender == PEER:
            return Command(
                [sys.executable, "-m", "benchmarks.peers.repurchase_pandas", str(inputs), str(work / METRICS)],
                {"PYTHONPATH": str(PROJECT)},
            )
        warehouse = shutil.copyfile(inputs, work / WAREHOUSE)
        return dbt_build(warehouse, work, AS_OF, SELECTIONS[contender])

    def check(self, works: Mapping[str, Path]) -> str:
        differences = []
        for build in works.keys() - {PEER}:
            n_rows, n_different, largest = _compare(works[build] / WAREHOUSE, works[PEER] / METRICS)
            if n_different or not n_rows:
                raise Disagreement(
                    f"{n_different} of {n_rows} rows of `eval_metrics` differ by more than {TOLERANCE:g} between "
                    f"*{build}* and *{PEER}*; the largest difference of a value is {largest}."
                )
            differences.append(largest)
        return (
            f"All values of the {n_rows:,} rows of `eval_metrics` agree to {TOLERANCE:g}; the largest difference is "
            f"{max(differences):.1e}."
        )

    def notes(self, runs: Mapping[str, Run]) -> str:
        return "\n\n".join(where_time_went(build, runs[build]) for build in SELECTIONS if build in runs)


def _compare(warehouse: Path, metrics: Path) -> tuple[int, int, float]:
    """Rows of the peer, those that the mart has otherwise or not at all, and the largest difference of a value."""
    return _query(
        warehouse,
        f"""
        select
            count(*),
            count(*) filter (
                ours.n is distinct from peers.n
                or (ours.value is null) <> (peers.value is null)
                or not coalesce(abs(ours.value - peers.value) <= {TOLERANCE}, true)
            ),
            max(abs(ours.value - peers.value))
        from read_csv('{metrics}') as peers
        left join evaluation.eval_metrics as ours
            on
                ours.model_name = 'repurchase'
                and (ours.average = 'all' or ours.is_positive_class)
                and ours.model_version = peers.model_version
                and ours.grain = peers.grain
                and ours.period_start_at = peers.period_start_at
                and ours.segment = peers.segment
                and ours.metric = peers.metric
        """,
    )[0]


def _query(path: Path, sql: str) -> list[tuple]:
    with duckdb.connect(path, read_only=True) as duck:
        return duck.execute(sql).fetchall()


CASE = SliceBuild()
