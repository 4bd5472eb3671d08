"""Stratified samples and splits, against row_number() by hand, pandas and scikit-learn."""

import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks import peers
from benchmarks.dbt_build import PROJECT, compiled_queries
from benchmarks.frame import Case, Disagreement
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

SAMPLE, SPLIT = "stratified_sample", "train_test_split"
BY_HAND, PANDAS, SKLEARN = "row_number() by hand", "pandas groupby.sample", "scikit-learn train_test_split"

PEERS = Path(peers.__file__).parent / "sampling"
ANSWER = "answer.parquet"
SCHEMA = "prod"
CAP = 50_000
SHARES = {"train": 0.7, "valid": 0.15, "test": 0.15}
CALLS = {
    SAMPLE: f"stratified_sample('{SCHEMA}.examples', 'label', 'example_id', {CAP})",
    SPLIT: f"train_test_split('{SCHEMA}.examples', 'customer_id', {SHARES})",
}


class Sampling(Case):
    description = f"""
stratified samples and splits by salted hash, and the same by hand, with pandas and with scikit-learn

The scale is the number of examples in millions, of four classes (one row in ten thousand, 1%, 9% and the rest) and
some without a class, ten of each customer, with an id of type text and eight features. Everybody starts a process,
reads the same rows and writes a Parquet file; the macros are compiled before the clock starts.

- *{SAMPLE}* takes {CAP:,} rows of each class, those with the smallest hashes of their ids, and says how many rows
  each stands for. It reads the rows three times, counts and sorts next to nothing.
- *{BY_HAND}* (`benchmarks/peers/sampling/row_number.sql`) takes the same rows by sorting all of them, and does not
  say how many they stand for.
- *{PANDAS}* takes as many rows at random, with a fixed seed: others as soon as the rows come in another order.
- *{SPLIT}* gives every row its split by the hash of its customer, so that all rows of one go together.
- *{SKLEARN}* splits the rows of each class at random, with a fixed seed, whoever they belong to.

The queries read a DuckDB file, with two threads and 4 GB; pandas and scikit-learn read Parquet. The peer of all is the
sorting sample; what compares is told in pairs.
"""
    unit = "million examples"
    contenders = (SAMPLE, SPLIT, PANDAS, SKLEARN, BY_HAND)
    ratios = ((SAMPLE, PANDAS), (SPLIT, SKLEARN))

    def __init__(self) -> None:
        self._queries: dict[str, str] = {}

    def prepare(self, scale: int, data: Path) -> Path:
        inputs = made_once(f"sampling_{scale}", data, lambda duck: fill(duck, scale * 1_000_000), Path(__file__))
        parquet = _parquet(inputs)
        if not parquet.exists():
            with duckdb.connect(inputs, read_only=True) as duck:
                duck.execute(f"copy {SCHEMA}.examples to '{parquet}.unfinished' (format parquet)")
            Path(f"{parquet}.unfinished").rename(parquet)
        self._queries = compiled_queries(
            inputs, {name: f"{{{{ millwright.{call} }}}}" for name, call in CALLS.items()}, plain_schema=SCHEMA
        )
        return inputs

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute(f"select count(*) / 1000000 from {SCHEMA}.examples").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        environment = {"PYTHONPATH": str(PROJECT)}
        if contender == PANDAS:
            arguments = ["benchmarks.peers.sampling.groupby_sample", str(_parquet(inputs)), str(CAP)]
        elif contender == SKLEARN:
            arguments = ["benchmarks.peers.sampling.stratified_split", str(_parquet(inputs))]
        else:
            query = PEERS / "row_number.sql"
            if contender in self._queries:
                query = work / "query.sql"
                query.write_text(self._queries[contender], encoding="utf-8")
            arguments = ["benchmarks.queries", str(inputs), str(query)]
        return Command([sys.executable, "-m", *arguments, str(work / ANSWER)], environment)

    def check(self, works: Mapping[str, Path]) -> str:
        answers = {contender: work / ANSWER for contender, work in works.items()}
        sentences = []
        if SAMPLE in answers:
            n_rows, n_different = _compare(answers[SAMPLE], answers[BY_HAND])
            if n_different or not n_rows:
                raise Disagreement(f"{n_different:,} of {n_rows:,} rows are only in one of *{SAMPLE}* and *{BY_HAND}*.")
            sentences.append(f"*{SAMPLE}* and *{BY_HAND}* take the same {n_rows:,} rows.")
        if PANDAS in answers:
            ours, theirs = (_classes(answers[contender]) for contender in (BY_HAND, PANDAS))
            if ours != theirs:
                raise Disagreement(f"By class, *{BY_HAND}* takes {ours}, *{PANDAS}* {theirs}.")
            sentences.append(f"*{PANDAS}* takes as many of each class.")
        for contender in (SPLIT, SKLEARN):
            if contender in answers:
                sentences.append(f"*{contender}*: {_shares(answers[contender], contender)}.")
        return " ".join(sentences)


def fill(duck: duckdb.DuckDBPyConnection, n_examples: int) -> None:
    """Makes the table `examples`."""
    features = ", ".join(f"cast(hash(number, 'x{name}') % 1000000 as double) / 1000 as x{name}" for name in range(8))
    duck.execute(f"create schema {SCHEMA}")
    duck.execute(f"""
        create table {SCHEMA}.examples as
        select
            'example-' || number as example_id,
            number // 10 as customer_id,
            case
                when draw < 1 then 'fraud'
                when draw < 100 then 'dispute'
                when draw < 1000 then 'refund'
                when draw < 9990 then 'fine'
            end as label,
            {features}
        from (select range as number, hash(range, 'label') % 10000 as draw from range({n_examples}))
    """)


def _parquet(inputs: Path) -> Path:
    return inputs.with_suffix(".parquet")


def _compare(answer: Path, reference: Path) -> tuple[int, int]:
    """Rows of either side, and those of one side only."""
    with duckdb.connect() as duck:
        return duck.execute(f"""
            select count(*), count(*) filter (ours.example_id is null or theirs.example_id is null)
            from read_parquet('{answer}') as ours
            full join read_parquet('{reference}') as theirs
                on ours.example_id = theirs.example_id
        """).fetchall()[0]


def _classes(answer: Path) -> dict[str | None, int]:
    """How many rows there are of each class."""
    with duckdb.connect() as duck:
        return dict(duck.execute(f"select label, count(*) from read_parquet('{answer}') group by label").fetchall())


def _shares(answer: Path, contender: str) -> str:
    """The splits and their shares, which must be those asked for."""
    with duckdb.connect() as duck:
        counts = dict(
            duck.execute(f"select data_split, count(*) from read_parquet('{answer}') group by data_split").fetchall()
        )
    n_rows = sum(counts.values())
    shares = {name: counts.get(name, 0) / n_rows for name in SHARES}
    # Ten rows of a customer go together; four standard deviations.
    tolerance = 4 * (0.25 * 10 / n_rows) ** 0.5
    if counts.keys() != SHARES.keys() or any(abs(shares[name] - SHARES[name]) > tolerance for name in SHARES):
        raise Disagreement(f"*{contender}* splits {n_rows:,} rows into {counts}, not by {SHARES}.")
    return ", ".join(f"{share:.2%} {name}" for name, share in shares.items())


CASE = Sampling()
