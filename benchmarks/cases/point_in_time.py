"""Features looked up as they were known at moments, against SQL by hand, pandas and Feast."""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks import peers
from benchmarks.dbt_build import PROJECT, compiled_queries
from benchmarks.frame import Case, Disagreement
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

OURS, BY_HAND = "point_in_time_join", "ASOF JOIN by hand"
OURS_LATE, BY_HAND_LATE = "point_in_time_join, late rows", "SQL by hand, late rows"
PANDAS, FEAST = "pandas merge_asof", "Feast, local"

PEERS = Path(peers.__file__).parent
ANSWER = "answer.parquet"
AS_OF, TIME_TO_LIVE_DAYS = "2025-01-01", 4
SCHEMA = "prod"
MOMENTS_PER_ENTITY, READINGS_PER_ENTITY = 10, 100
KEYS, CLOCKS = ("entity_id", "moment"), ("event_at", "known_at")
FEATURES = ("reading_number", "n_events", "level", "amount", "share")
# By contender: the feature group it looks in.
GROUPS = {
    OURS: "readings",
    OURS_LATE: "late_readings",
    BY_HAND_LATE: "late_readings",
    PANDAS: "readings",
    FEAST: "readings",
    BY_HAND: "readings",
}
QUERIES_BY_HAND = {BY_HAND: "prompt.sql", BY_HAND_LATE: "late.sql"}


class PointInTime(Case):
    description = f"""
features as they were known at moments, and the same by hand, with pandas and with Feast

The scale is the number of moments in thousands, {MOMENTS_PER_ENTITY} of each entity over one year; a feature group has
{READINGS_PER_ENTITY} rows of an entity over that year, with {len(FEATURES)} features, in the order in which they became
known. A row that is older than {TIME_TO_LIVE_DAYS} days at a moment does not count. Everybody starts a process, reads
the same rows and writes a Parquet file with a row for each moment.

- *{OURS}* is the query that `point_in_time_join` writes, for a group that says that its rows are never late.
  The macro is compiled before the clock starts: dbt takes the same seconds to start whatever it builds, which other
  cases tell. The query makes sure first that no moment is missing, twice or after the run's now.
- *{BY_HAND}* (`benchmarks/peers/point_in_time/prompt.sql`) looks at one clock, which is enough for that group, and
  makes sure of nothing.
- *{OURS_LATE}* is the query for a group whose rows become known up to eleven days after they happened, one in five
  after others that happened later, and one in ten a correction of an earlier row: both clocks count.
- *{BY_HAND_LATE}* (`benchmarks/peers/point_in_time/late.sql`) is the fastest that we found for that group: it pairs
  every moment with every row of its entity, and would be slow where histories are long.
- *{PANDAS}* and *{FEAST}* (`get_historical_features` with files as the offline store) look in the first group, on
  one clock as well. Feast has an environment of its own, made before the clock starts, and leaves out the moments whose
  newest row is too old; they count as looked up with nothing found.

The queries read a DuckDB file, with two threads and 4 GB; pandas and Feast read Parquet. Every contender has the key as
a number, which is faster for all of them than text.
"""
    unit = "thousand moments"
    contenders = (OURS, OURS_LATE, BY_HAND_LATE, PANDAS, FEAST, BY_HAND)
    ratios = ((OURS_LATE, BY_HAND_LATE), (PANDAS, OURS), (FEAST, OURS))

    def __init__(self) -> None:
        self._queries: dict[str, str] = {}
        self._feast: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        inputs = made_once(f"point_in_time_{scale}", data, lambda duck: fill(duck, scale), Path(__file__))
        with duckdb.connect(inputs, read_only=True) as duck:
            for table in ("moments", "feat_readings"):
                parquet = _parquet(inputs, table)
                if not parquet.exists():
                    duck.execute(f"copy {SCHEMA}.{table} to '{parquet}.unfinished' (format parquet)")
                    Path(f"{parquet}.unfinished").rename(parquet)
        self._queries = compiled_joins(inputs)
        self._feast = _environment(PEERS / "feast" / "requirements.txt", data)
        return inputs

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute(f"select count(*) / 1000 from {SCHEMA}.moments").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        files = [str(_parquet(inputs, "moments")), str(_parquet(inputs, "feat_readings"))]
        arguments = [str(TIME_TO_LIVE_DAYS), str(work / ANSWER)]
        if contender == FEAST:
            if self._feast is None:
                return Command([sys.executable, "-c", "import sys; sys.exit('Feast could not be installed.')"])
            script = PEERS / "feast" / "point_in_time.py"
            return Command([str(self._feast), str(script), *files, *arguments], {"FEAST_USAGE": "False"})
        if contender == PANDAS:
            script = "benchmarks.peers.point_in_time.merge_asof"
            return Command([sys.executable, "-m", script, *files, *arguments], {"PYTHONPATH": str(PROJECT)})
        query = work / "query.sql"
        if contender in QUERIES_BY_HAND:
            query = PEERS / "point_in_time" / QUERIES_BY_HAND[contender]
        else:
            query.write_text(self._queries[GROUPS[contender]], encoding="utf-8")
        return Command(
            [sys.executable, "-m", "benchmarks.queries", str(inputs), str(query), str(work / ANSWER)],
            {"PYTHONPATH": str(PROJECT)},
        )

    def check(self, works: Mapping[str, Path]) -> str:
        sentences = []
        for group, reference in (("readings", BY_HAND), ("late_readings", BY_HAND_LATE)):
            found = [contender for contender in self.contenders if contender in works and GROUPS[contender] == group]
            others = [contender for contender in found if contender != reference]
            if reference not in found or not others:
                continue
            for contender in others:
                n_rows, n_found, n_different = _compare(works[contender] / ANSWER, works[reference] / ANSWER)
                if n_different or not n_found:
                    raise Disagreement(
                        f"{n_different:,} of {n_rows:,} moments have other features of `{group}` with *{contender}* "
                        f"than with *{reference}*."
                    )
            sentences.append(
                f"Looked up in `{group}`, the features of all {n_rows:,} moments, of which {n_found:,} find a row, are "
                f"the same with {', '.join(f'*{contender}*' for contender in found)}."
            )
        return " ".join(sentences)


def fill(duck: duckdb.DuckDBPyConnection, n_thousand_moments: int) -> None:
    """Makes the spine `moments` and the feature groups `feat_readings` and `feat_late_readings`."""
    n_entities = n_thousand_moments * 1000 // MOMENTS_PER_ENTITY
    duck.execute(f"create schema {SCHEMA}")
    # One moment and one reading in each of the equal parts that divide an entity's year.
    second = "part * {seconds} + cast(hash(part, entity_id, '{kind}') % {seconds} as bigint)"
    year = 365 * 24 * 3600
    second_of_moment = second.format(seconds=year // MOMENTS_PER_ENTITY, kind="moment")
    second_of_reading = second.format(seconds=year // READINGS_PER_ENTITY, kind="reading")
    duck.execute(f"""
        create table {SCHEMA}.moments as
        select entity_id, timestamp '2024-01-01' + to_seconds({second_of_moment}) as moment
        from range({n_entities}) as entities (entity_id), range({MOMENTS_PER_ENTITY}) as parts (part)
        order by hash(part, entity_id, 'order')
    """)
    duck.execute(f"""
        create temp table happened as
        select
            entity_id,
            part,
            timestamp '2024-01-01' + to_seconds({second_of_reading}) as event_at,
            hash(entity_id, part) as number
        from range({n_entities}) as entities (entity_id), range({READINGS_PER_ENTITY}) as parts (part)
    """)
    features = f"""
        entity_id * {READINGS_PER_ENTITY} + part as reading_number,
        cast(number % 50 as bigint) as n_events,
        cast(number % 7 as bigint) as level,
        cast(number % 100000 as double) / 100 as amount,
        cast(number % 997 as double) / 997 as share
    """
    duck.execute(f"""
        create table {SCHEMA}.feat_readings as
        select
            entity_id,
            event_at,
            event_at - to_seconds(cast(hash(number) % 3600 as bigint)) as known_at,
            {features}
        from happened
        order by event_at
    """)
    # One in ten corrects the reading before it; one in five of the others is delivered days later.
    is_correction = "part % 10 = 9"
    duck.execute(f"""
        create table {SCHEMA}.feat_late_readings as
        select
            entity_id,
            told_at as event_at,
            told_at + to_seconds(cast(
                case
                    when {is_correction} then 86400 + hash(number) % 432000 * 2 + 1
                    when hash(number, 'late') % 5 = 0 then hash(number) % 432000 * 2
                    else hash(number) % 1800 * 2
                end as bigint
            )) as known_at,
            {features}
        from (
            select
                *,
                if({is_correction}, lag(event_at) over (partition by entity_id order by part), event_at) as told_at
            from happened
        )
        order by known_at
    """)
    duck.execute("drop table happened")


def compiled_joins(warehouse: Path) -> dict[str, str]:
    """By feature group, the query that `point_in_time_join` writes for the moments in the warehouse."""
    declared, models = [], {}
    for group, has_late_rows in {"readings": False, "late_readings": True}.items():
        meta = {"entity": "entity", "entity_key": "entity_id", "has_late_rows": has_late_rows}
        meta["time_to_live_days"] = TIME_TO_LIVE_DAYS
        columns = [{"name": name} for name in ("entity_id", *CLOCKS, *FEATURES)]
        declared.append({"name": f"feat_{group}", "config": {"meta": {"feature_group": meta}}, "columns": columns})
        join = f"millwright.point_in_time_join('{SCHEMA}.moments', 'entity_id', 'moment', ['{group}'])"
        models[group] = "{{ " + join + " }}"
    return compiled_queries(warehouse, models, declared, as_of=AS_OF, plain_schema=SCHEMA)


def _parquet(inputs: Path, table: str) -> Path:
    return inputs.with_name(f"{inputs.stem}_{table}.parquet")


def _environment(requirements: Path, data: Path) -> Path | None:
    """The Python of an environment in the directory `data` with these packages; None if they cannot be installed."""
    directory = data / f"feast_{hashlib.md5(requirements.read_bytes()).hexdigest()[:8]}"
    python = directory / "bin" / "python"
    if not (directory / "complete").exists():
        venv.create(directory, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
        if subprocess.run(install).returncode:
            return None
        (directory / "complete").touch()
    return python


def _compare(answer: Path, reference: Path) -> tuple[int, int, int]:
    """Moments of either side, those that find a row, and those whose features differ."""
    found = " or ".join(f"theirs.{feature} is not null" for feature in FEATURES)
    differs = " or ".join(f"theirs.{feature} is distinct from ours.{feature}" for feature in FEATURES)
    with duckdb.connect() as duck:
        return duck.execute(f"""
            select count(*), count(*) filter ({found}), count(*) filter ({differs})
            from read_parquet('{answer}') as ours
            full join read_parquet('{reference}') as theirs
                using (entity_id, moment)
        """).fetchall()[0]


CASE = PointInTime()
