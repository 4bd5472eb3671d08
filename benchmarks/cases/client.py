"""The client of applications, beside COPY by itself."""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from math import isclose
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.dbt_build import PROJECT
from benchmarks.frame import Case, Disagreement
from benchmarks.landing_rows import BEGAN_AT, COLUMNS, MODEL, VERSION, given_id, predictions
from benchmarks.measure import Command
from benchmarks.postgres import SETTINGS, copied, on_postgres
from benchmarks.predictions import create_landing_tables, run_models
from benchmarks.sample_data import cluster_made_once
from millwright.local_postgres import PostgresCluster

MADE, MANY = "client", "client, many with a call"
GIVEN, DURABLE, COPY = "client, ids of the caller", "client, durable", "COPY of a ready file"
FRAME, GIVEN_FRAME = "client, a table", "client, a table with ids"
COPIED_FRAME = "COPY of a table"
DUCK_MADE, DUCK_FRAME = "client on DuckDB", "client on DuckDB, a table"
DUCK_COPY = "COPY of a ready file on DuckDB"
WAYS = {
    FRAME: "frame",
    GIVEN_FRAME: "given_frame",
    MADE: "made",
    MANY: "columns",
    GIVEN: "given",
    DURABLE: "durable",
    DUCK_FRAME: "frame",
    DUCK_MADE: "made",
    DUCK_COPY: "copy",
    COPIED_FRAME: "copied_frame",
    COPY: "copy",
}
WAREHOUSE, ROWS, FRAME_FILE = "warehouse.duckdb", "rows.csv", "rows.parquet"
REGISTERED = f"""
    insert into ops.model_versions (model_name, model_version, event_at, known_at)
    values ('{MODEL}', '{VERSION}', '{BEGAN_AT}', '{BEGAN_AT}')
"""
# What must be the same whoever made the ids.
DIGEST = """
    select
        count(*), count(distinct prediction_id), count(distinct request_id), count(distinct entity_id),
        count(distinct user_id), sum(score), sum(latency_ms), min(event_at), max(event_at), min(known_at),
        max(known_at), min(predicted_class), max(predicted_class), min(environment), max(model_version)
    from ops.predictions
"""


class Client(Case):
    description = f"""
predictions through the client of applications, and COPY by itself

The scale is the number of predictions in millions, each with score, class, a segment, user, request, environment and
latency. One thread makes them up and calls the client, once for each if nothing else is said; COPY reads them from a
file that is there already. A table is one of Arrow, which the program reads from a Parquet file.

- *{FRAME}* is one call of `log_frame`, which checks all rows, makes their ids, and writes batches of fifty thousand to
  PostgreSQL.
- *{GIVEN_FRAME}* is the same with ids that come with the call, so that each is looked for before it is written.
- *{MADE}* checks each, gives it an id, and writes batches of ten thousand to PostgreSQL.
- *{MANY}* is the same with ten thousand predictions in columns at each call.
- *{GIVEN}* is *{MADE}* with ids that come with the call, so that each is looked for before it is written.
- *{DURABLE}* has each row on its way to the disk before the call returns, and looks for each, too.
- *{COPY}* is one `copy … from stdin` of a CSV file of all rows, as fast as the server takes them.
- *{COPIED_FRAME}* is one `copy … from stdin` of CSV that Arrow makes of the table: nothing is checked.
- *{DUCK_MADE}* and *{DUCK_FRAME}* write such batches to a DuckDB file, which is opened and closed for each of them.
- *{DUCK_COPY}* is one `copy … from` of the same CSV file.

The landing tables are empty before, with the indexes of the project; a month is a partition. Every run on PostgreSQL
has a server of its own, in a data directory of its own; its start and its end, with all that was written handed to the
system, count. All have the same settings:

```
{SETTINGS.strip()}
```
"""
    unit = "million predictions"
    contenders = tuple(WAYS)
    ratios = ((FRAME, COPIED_FRAME), (GIVEN_FRAME, COPIED_FRAME), (DUCK_MADE, DUCK_COPY), (DUCK_FRAME, DUCK_COPY))

    def prepare(self, scale: int, data: Path) -> Path:
        code = (
            Path(__file__),
            PROJECT / "benchmarks/landing_rows.py",
            PROJECT / "models/staging/ops/_ops__sources.yml",
        )
        return cluster_made_once(f"client_{scale}", data, lambda cluster: fill(cluster, scale * 1_000_000), *code)

    def size(self, inputs: Path) -> float:
        with duckdb.connect() as duck:
            return duck.read_csv(str(inputs / ROWS), header=True).count("*").fetchall()[0][0] / 1e6

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        way = WAYS[contender]
        rows = str(round(self.size(inputs) * 1e6))
        if way == "copy" or "frame" in way:
            rows = str(inputs / (ROWS if way == "copy" else FRAME_FILE))
        program = [sys.executable, "-m", "benchmarks.landing_rows"]
        if contender in (DUCK_MADE, DUCK_FRAME, DUCK_COPY):
            with duckdb.connect(work / WAREHOUSE) as duck:
                create_landing_tables(duck)
                duck.execute(REGISTERED)
            return Command([*program, str(work / WAREHOUSE), way, rows], {"PYTHONPATH": str(PROJECT)})
        return on_postgres(Command([*program, "postgres", way, rows]), copied(inputs, work))

    def check(self, works: Mapping[str, Path]) -> str:
        answers = {contender: digest(work) for contender, work in works.items()}
        for contender, answer in answers.items():
            pairs = zip(answer, answers[COPY], strict=True)
            if not all(isclose(ours, theirs) if isinstance(ours, float) else ours == theirs for ours, theirs in pairs):
                raise Disagreement(f"*{contender}* has landed {answer}, *{COPY}* {answers[COPY]}.")
        return f"Everybody has landed the same {answers[COPY][0]:,} predictions, none twice."


def fill(cluster: Path, n_rows: int) -> None:
    """Makes the landing tables, and files of the rows."""
    with tempfile.TemporaryDirectory() as work:
        build = run_models(("stg_ops__runs",), cluster, Path(work))
        subprocess.run(build.arguments, env={**os.environ, **build.environment}, check=True, stdout=subprocess.DEVNULL)
    with PostgresCluster(cluster).running() as server:
        server.execute(REGISTERED)
    with (cluster / ROWS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, said in enumerate(predictions(n_rows)):
            row = said | {"prediction_id": given_id(number), "segments": json.dumps(said["segments"])}
            writer.writerow([row[column] for column in COLUMNS])
    with duckdb.connect() as duck:
        duck.execute(f"copy (from read_csv('{cluster / ROWS}')) to '{cluster / FRAME_FILE}' (format parquet)")


def digest(work: Path) -> tuple[Any, ...]:
    """What the predictions in the warehouse of a run come to."""
    if (work / WAREHOUSE).exists():
        with duckdb.connect(work / WAREHOUSE, read_only=True) as duck:
            return duck.execute(DIGEST).fetchall()[0]
    with (
        PostgresCluster(work / "cluster").running() as server,
        closing(server.connect()) as postgres,
        postgres.cursor() as cursor,
    ):
        cursor.execute(DIGEST)
        return cursor.fetchall()[0]


CASE = Client()
