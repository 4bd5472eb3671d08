"""The case `evaluation` on PostgreSQL: metrics of logged predictions, and a night, against SQL by hand."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, has_succeeded, seconds_of_models
from benchmarks.frame import Case, Run
from benchmarks.measure import Command
from benchmarks.postgres import SETTINGS, clean_up, copied
from benchmarks.predictions import (
    ANSWER,
    AS_OF,
    METRICS,
    PARTIALS,
    PEERS,
    SEEDS,
    STAGING,
    VIEWS,
    agreement,
    answer_of_marts,
    create_landing_tables,
    deliver,
    predictions,
    run_models,
)
from benchmarks.sample_data import cluster_made_once
from millwright.local_postgres import PostgresCluster
from millwright.transfer import copy_from_postgres, copy_to_postgres, create_postgres_table

MARTS, NIGHT, BY_HAND = "dbt: all metrics", "dbt: a night", "SQL by hand"
LANDED = ("ops.predictions", "ops.outcomes")
ANSWERING = ("evaluation.eval_class_metrics", "evaluation.eval_score_metrics")


class EvaluationOnPostgres(Case):
    description = f"""
metrics of logged predictions on PostgreSQL, with SQL by hand

The predictions, the question and the check are those of the case `evaluation`, on PostgreSQL: the same rows, copied.

- *{MARTS}* takes `eval_predictions` to {", ".join(f"`{name}`" for name in (*PARTIALS, *METRICS))}.
- *{NIGHT}* is one more day of predictions, and of outcomes, on the warehouse of *{MARTS}*: everything from the landing
  tables to the metrics.
- *{BY_HAND}* (`benchmarks/peers/evaluation/by_hand_postgres.sql`) is one query over `eval_predictions` for the metrics
  that scikit-learn is asked for there; it keeps nothing for the next night.

Every run has a server of its own, in a data directory of its own where it writes; its start and its end, with all that
was written handed to the system, count. All have the same settings:

```
{SETTINGS.strip()}
```

dbt has two threads. Its seconds include its start; those of the dbt models alone are told below.
"""
    unit = "million predictions"
    contenders = (MARTS, NIGHT, BY_HAND)

    def __init__(self) -> None:
        self._marts: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        self._marts = None
        rows = predictions(scale, data)
        code = (PROJECT / "models/evaluation/eval_predictions.sql", PROJECT / "models/staging/ops/_ops__sources.yml")
        return cluster_made_once(
            f"postgres_{rows.stem}", data, lambda cluster: fill(cluster, rows), Path(__file__), *code
        )

    def size(self, inputs: Path) -> float:
        with (
            PostgresCluster(inputs).running() as server,
            closing(server.connect()) as postgres,
            postgres.cursor() as cursor,
        ):
            cursor.execute("select count(*) / 1e6 from evaluation.eval_predictions")
            return float(cursor.fetchall()[0][0])

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        if contender == BY_HAND:
            arguments = ["benchmarks.queries", str(inputs), str(PEERS / "by_hand_postgres.sql"), str(work / ANSWER)]
            return Command([sys.executable, "-m", *arguments], {"PYTHONPATH": str(PROJECT)})
        if contender == MARTS:
            self._marts = copied(inputs, work)
            return run_models((*STAGING, *VIEWS, *PARTIALS, *METRICS), self._marts, work)
        if not self._marts or not has_succeeded(self._marts.parent):
            return Command([sys.executable, "-c", "import sys; sys.exit('The night before did not come to its end.')"])
        with duckdb.connect() as duck:
            duck.execute("create schema evaluation")
            with PostgresCluster(self._marts).running() as server, closing(server.connect()) as postgres:
                for table in ANSWERING:
                    copy_from_postgres(postgres, f"select * from {table}", duck, table)
            answer_of_marts(duck, self._marts.with_name(ANSWER))
            create_landing_tables(duck)
            deliver(duck, AS_OF, with_outcomes=True)
            copy_tables(duck, LANDED, self._marts)
        return run_models(
            (*STAGING, "eval_predictions", *VIEWS, *PARTIALS, *METRICS), self._marts, work, AS_OF + timedelta(days=1)
        )

    def check(self, works: Mapping[str, Path]) -> str:
        return agreement(works, [name for name in (MARTS,) if name in works], BY_HAND)

    def notes(self, runs: Mapping[str, Run]) -> str:
        return seconds_of_models({name: runs[name] for name in (MARTS, NIGHT) if name in runs})


def fill(cluster: Path, rows: Path) -> None:
    """Copies the tables of the DuckDB file `rows` into those that the project makes when there are no predictions."""
    with duckdb.connect(rows, read_only=True) as duck:
        with PostgresCluster(cluster).running() as server, closing(server.connect()) as postgres:
            with postgres.cursor() as cursor:
                cursor.execute("create schema config")
            for seed in SEEDS:
                create_postgres_table(duck, f"select * from config.{seed}", postgres, f"config.{seed}")
            postgres.commit()
        copy_tables(duck, [f"config.{seed}" for seed in SEEDS], cluster)
        with tempfile.TemporaryDirectory() as work:
            build = run_models((*STAGING, "eval_predictions"), cluster, Path(work))
            environment = {**os.environ, **build.environment}
            subprocess.run(build.arguments, env=environment, check=True, stdout=subprocess.DEVNULL)
        copy_tables(duck, [*LANDED, "evaluation.eval_predictions"], cluster)


def copy_tables(duck: duckdb.DuckDBPyConnection, tables: list[str] | tuple[str, ...], cluster: Path) -> None:
    """Appends the rows of DuckDB's tables to those of the same name in the cluster."""
    with PostgresCluster(cluster).running() as server:
        with closing(server.connect()) as postgres:
            for table in tables:
                copy_to_postgres(duck, f"select * from {table}", postgres, table)
            postgres.commit()
        clean_up(server)


CASE = EvaluationOnPostgres()
