"""Matching and merging customers, on the first night and on the next, against Splink by itself."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, dbt_build, where_time_went
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.markdown import markdown_table
from benchmarks.measure import Command
from benchmarks.population import FIRST_NIGHT, NEXT_NIGHT, population
from millwright.matching.blocking import block, candidate_pairs
from millwright.matching.records import load_records, load_versions, matching_session
from millwright.matching.settings import read_settings

FIRST, NEXT, PEER = "dbt build: the first night", "dbt build: the next night, 1% new or changed", "Splink by itself"
SELECTION = ("--select", "+path:models/entities", "--resource-type", "seed", "--resource-type", "model")
SEEDS = PROJECT / "seeds" / "config"
WAREHOUSE, CLUSTERS = "warehouse.duckdb", "clusters.parquet"
# The project's default of the var max_block_size.
MAX_BLOCK_SIZE = 1000
# How much less of a pair's precision or recall counts as doing other work than the peer.
TOLERANCE = 0.01


class Customers(Case):
    description = f"""
customers matched and merged from raw tables, and Splink by itself

The scale is the number of source records in thousands: records of people in three systems, of whom there are fewer
than half as many; their accounts in the shop come on top. The people are those of the sample world, as many as are
needed. A second copy of them would be strangers with the same few names, so every copy is a region with surnames,
postal codes and telephone exchanges of its own, which is how names grow with a population; only one person in eight has
a surname that is found everywhere (`benchmarks/population.py`). A region is complete at 52 thousand records; up to
there its pairs of namesakes grow faster than its records.

- *{FIRST}* builds `dim_customers`, `customer_provenance` and all other entities from the raw tables, without
  tests: staging, the newest version of each record, the matching fitted on what was known when the number of records
  last reached a doubling, pairs, clusters under constraints, ids with their history, surviving values, transactions.
- *{NEXT}* is the night after, on that warehouse: half a percent of the records are new, half a percent have
  changed. `python_tests/test_customers.py` holds that such nights end where a full refresh does.
- *{PEER}* (`benchmarks/peers/customers_splink.py`) reads the newest version of the records that the first night
  knows, trains, scores and clusters: the same comparisons and blocking rules, the same threshold, connected components.
  It keeps no history, merges no values and gives no ids that stay.

The builds include the start of dbt and reading the project anew. dbt has two threads, and DuckDB is allowed 4 GB; the
matching and Splink work in a DuckDB in memory with two threads.
"""
    unit = "thousand source records"
    contenders = (FIRST, NEXT, PEER)

    def __init__(self) -> None:
        self._first_night: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        self._first_night = None
        return population(scale * 1000, data)

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1000 from raw_truth.identities").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        if contender == PEER:
            return Command(
                [
                    *(sys.executable, "-m", "benchmarks.peers.customers_splink"),
                    *map(str, (inputs, FIRST_NIGHT, SEEDS, work / CLUSTERS)),
                ],
                {"PYTHONPATH": str(PROJECT)},
            )
        if contender == FIRST:
            self._first_night = work
            warehouse, as_of = shutil.copyfile(inputs, work / WAREHOUSE), FIRST_NIGHT
        elif self._first_night and (self._first_night / "target" / "run_results.json").exists():
            warehouse, as_of = shutil.copyfile(self._first_night / WAREHOUSE, work / WAREHOUSE), NEXT_NIGHT
        else:
            return Command([sys.executable, "-c", "import sys; sys.exit('The first night did not come to its end.')"])
        return dbt_build(warehouse, work, as_of, SELECTION)

    def check(self, works: Mapping[str, Path]) -> str:
        found = {contender: _quality(contender, works) for contender in self.contenders if contender in works}
        n_records, _, _, *theirs = found[PEER]
        for contender, (n_ours, _, _, *ours) in found.items():
            if contender == FIRST and n_ours != n_records:
                raise Disagreement(f"*{FIRST}* knows {n_ours:,} source records, *{PEER}* {n_records:,}.")
            if any(our < their - TOLERANCE for our, their in zip(ours, theirs, strict=True)):
                raise Disagreement(
                    f"*{contender}* has precision {ours[0]:.4f} and recall {ours[1]:.4f}, *{PEER}* {theirs[0]:.4f} and "
                    f"{theirs[1]:.4f}: worse by more than {TOLERANCE:g}."
                )
        return "Pairs of records that are one customer, against the known truth:\n\n" + markdown_table(
            ["contender", "source records", "of people", "customers found", "precision", "recall"],
            [
                (name, *(f"{n:,}" for n in row[:3]), *(f"{share:.4f}" for share in row[3:]))
                for name, row in found.items()
            ],
        )

    def notes(self, runs: Mapping[str, Run]) -> str:
        parts = []
        if FIRST in runs:
            n_candidates, n_records = _candidates(runs[FIRST].work / WAREHOUSE)
            parts.append(
                f"The blocking rules propose {n_candidates:,} pairs for the {n_records:,} records of the first night, "
                f"{n_candidates / n_records:.2f} for each."
            )
        if FIRST in runs and NEXT in runs:
            full, night = runs[FIRST].measurement, runs[NEXT].measurement
            parts.append(
                f"The next night took {night.seconds / full.seconds:.0%} of the seconds and "
                f"{night.processor_seconds / full.processor_seconds:.0%} of the processor seconds of the first."
            )
        return "\n\n".join(parts + [where_time_went(build, runs[build]) for build in (FIRST, NEXT) if build in runs])


def _quality(contender: str, works: Mapping[str, Path]) -> tuple[int, int, int, float, float]:
    """Source records, people behind them, customers found, precision and recall of pairs of records."""
    n_pairs = "sum(n * (n - 1) / 2)"
    with duckdb.connect() as duck:
        if contender == PEER:
            claimed = f"select record_key, cluster_id as customer_id from read_parquet('{works[PEER] / CLUSTERS}')"
        else:
            claimed = "select record_key, customer_id from built.intermediate.int_customer_records_resolved"
        # Any build has the truth in its raw tables.
        build = contender if contender != PEER else next(name for name in works if name != PEER)
        duck.execute(f"attach '{works[build] / WAREHOUSE}' as built (read_only)")
        return duck.execute(f"""
            with known as (
                select claimed.customer_id, identities.account_number as person_id
                from ({claimed}) as claimed
                inner join built.raw_truth.identities as identities
                    on claimed.record_key = identities.source_system || '-' || identities.source_record_id
            ),
            counted as (
                select
                    (select count(*) from known) as n_records,
                    (select count(distinct person_id) from known) as n_people,
                    (select count(distinct customer_id) from known) as n_customers,
                    (select {n_pairs} from (select count(*) as n from known group by customer_id)) as n_claimed,
                    (select {n_pairs} from (select count(*) as n from known group by person_id)) as n_true,
                    (select {n_pairs} from (select count(*) as n from known group by customer_id, person_id)) as n_both
            )
            select n_records, n_people, n_customers, n_both / n_claimed, n_both / n_true from counted
        """).fetchall()[0]


def _candidates(warehouse: Path) -> tuple[int, int]:
    """How many pairs the rules propose on a night that sees everything for the first time, and for how many records."""
    with duckdb.connect(warehouse, read_only=True) as duck, matching_session() as session:
        settings = read_settings(
            *(
                duck.read_csv(str(SEEDS / f"{name}.csv"))
                for name in ("matching_comparisons", "matching_blocking_rules", "identity_rules")
            )
        )
        load_versions(session, duck.table("intermediate.int_customer_records_merged"), None)
        settings = load_records(session, settings)
        rules = [rule for rule in settings.rules if "predict" in rule.purposes]
        block(session, rules, MAX_BLOCK_SIZE)
        n_records = session.execute("select count(*) from records").fetchall()[0][0]
        return candidate_pairs(session, rules, settings.exclusive), n_records


CASE = Customers()
