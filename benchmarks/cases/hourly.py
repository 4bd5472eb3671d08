"""Metrics of logged predictions by the hour, against SQL by hand; and nights on ever longer histories."""

import shutil
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks import peers, predictions
from benchmarks.dbt_build import PROJECT, has_succeeded, seconds_of_models
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.measure import Command
from benchmarks.predictions import ANSWER, AS_OF, MODELS, PER_DAY, SEEDS, STAGING, deliver, run_models
from benchmarks.sample_data import made_once

PEER = Path(peers.__file__).parent / "hourly" / "by_hand.sql"
MARTS, NIGHT, BY_HAND = "dbt: metrics by hour", "dbt: a night", "SQL by hand"
HOURLY = ("mon_prediction_hours", "mon_prediction_metrics")
# Rejected predictions and errors are counted, too.
ERRORS = ("stg_ops__predictions_quarantined", "+mon_prediction_errors")
WAREHOUSE = "warehouse.duckdb"
TOLERANCE = 1e-9
KEYS = ("model_name", "model_version", "hour_starts_at")
FIGURES = (
    *("n_predictions", "n_users", "n_sessions", "latency_mean_ms", "latency_p50_ms", "latency_p95_ms"),
    *("latency_p99_ms", "mean_confidence", "label_coverage_rate", "accuracy_rate", "false_positive_rate"),
    "false_negative_rate",
)
# Who asked, and how long it took.
CALLS = """
    'user-' || hash(prediction_id, 'user') % 50000 as user_id,
    'session-' || hash(prediction_id, 'session') % 1000000 as session_id,
    round(20 + 400 * pow(hash(prediction_id, 'latency') / 18446744073709551616.0, 4), 1) as latency_ms
"""


class Hourly(Case):
    description = f"""
metrics of logged predictions by the hour, with SQL by hand

The scale is the number of predictions in millions: those of the case `evaluation`, {PER_DAY:,} a day by {MODELS}
models, with a user, a session and a latency.

- *{MARTS}* takes `eval_predictions` to {" and ".join(f"`{name}`" for name in HOURLY)}: counts by the hour, and
  from them the metrics of hours, days, weeks and months.
- *{NIGHT}* is one more day of predictions, and of outcomes, on the warehouse of *{MARTS}*: everything from the landing
  tables to the metrics.
- *{BY_HAND}* (`benchmarks/peers/hourly/by_hand.sql`) is one query over `eval_predictions` for {len(FIGURES)} metrics of
  every hour; it keeps nothing for the next night.

DuckDB has two threads and 4 GB. dbt's seconds include its start; those of the dbt models alone are told below.
"""
    unit = "million predictions"
    contenders = (MARTS, NIGHT, BY_HAND)

    def __init__(self) -> None:
        self._marts: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        self._marts = None
        rows = predictions.predictions(scale, data)
        code = (Path(__file__), Path(predictions.__file__))
        return made_once(f"hourly_{scale}m", data, lambda duck: fill(duck, rows), *code)

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1e6 from evaluation.eval_predictions").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        if contender == BY_HAND:
            arguments = ["benchmarks.queries", str(inputs), str(PEER), str(work / ANSWER)]
            return Command([sys.executable, "-m", *arguments], {"PYTHONPATH": str(PROJECT)})
        if contender == MARTS:
            self._marts = Path(shutil.copyfile(inputs, work / WAREHOUSE))
            return run_models((*STAGING, *ERRORS, *HOURLY), self._marts, work)
        if not self._marts or not has_succeeded(self._marts.parent):
            return Command([sys.executable, "-c", "import sys; sys.exit('The night before did not come to its end.')"])
        with duckdb.connect(self._marts) as duck:
            answer_of_marts(duck, self._marts.with_name(ANSWER))
            deliver(duck, AS_OF, with_outcomes=True)
            # As `fill` does.
            duck.execute(f"""
                create temp table calls as
                select * replace ({CALLS}) from ops.predictions where event_at >= timestamp '{AS_OF}';
                delete from ops.predictions where event_at >= timestamp '{AS_OF}';
                insert into ops.predictions from calls;
            """)
        models = (*STAGING, "eval_predictions", *ERRORS, *HOURLY)
        return run_models(models, self._marts, work, AS_OF + timedelta(days=1))

    def check(self, works: Mapping[str, Path]) -> str:
        if MARTS not in works:
            return f"*{MARTS}* did not come to its end."
        n_hours, n_different = differences(works[MARTS] / ANSWER, works[BY_HAND] / ANSWER)
        if n_different or not n_hours:
            raise Disagreement(f"Of {n_hours:,} hours {n_different:,} differ between *{MARTS}* and *{BY_HAND}*.")
        return f"*{MARTS}* and *{BY_HAND}* agree in {len(FIGURES)} metrics of {n_hours:,} hours of model versions."

    def notes(self, runs: Mapping[str, Run]) -> str:
        return seconds_of_models({name: runs[name] for name in (MARTS, NIGHT) if name in runs})


def fill(duck: duckdb.DuckDBPyConnection, rows: Path) -> None:
    """Makes what the DuckDB file `rows` of the case `evaluation` has, with users, sessions and latencies."""
    duck.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
    predictions.create_landing_tables(duck)
    duck.execute(f"attach '{rows}' as made (read_only); create schema evaluation; create schema config")
    for seed in SEEDS:
        duck.execute(f"create table config.{seed} as from made.config.{seed}")
    for landed in ("outcomes", "model_versions"):
        duck.execute(f"insert into ops.{landed} from made.ops.{landed} order by known_at")
    duck.execute(f"insert into ops.predictions select * replace ({CALLS}) from made.ops.predictions order by known_at")
    duck.execute(f"""
        create table evaluation.eval_predictions as
        select * replace ({CALLS}) from made.evaluation.eval_predictions order by event_at
    """)
    duck.execute("detach made")


def answer_of_marts(duck: duckdb.DuckDBPyConnection, answer: Path) -> None:
    """Writes what the marts say of hours, in the form of the peer's answer: to be done before the next night."""
    duck.execute(f"""
        copy (
            select * rename (period_start_at as hour_starts_at) from monitoring.mon_prediction_metrics
            where grain = 'hour'
        ) to '{answer}' (format parquet)
    """)


def differences(answer: Path, reference: Path) -> tuple[int, int]:
    """How many hours either of two Parquet files has, and in how many of them a figure differs or is missing."""
    same = " and ".join(
        f"(ours.{name} is not distinct from theirs.{name} or abs(ours.{name} - theirs.{name}) <= {TOLERANCE})"
        for name in FIGURES
    )
    with duckdb.connect() as duck:
        return duck.execute(f"""
            select count(*), count(*) filter (where coalesce(not ({same}), true))
            from read_parquet('{answer}') as ours
            full join read_parquet('{reference}') as theirs using ({", ".join(KEYS)})
        """).fetchall()[0]


CASE = Hourly()
