"""A program that logs predictions, one call each, or has the database copy them from a file.

python -m benchmarks.landing_rows WAREHOUSE WAY ROWS

WAREHOUSE is a DuckDB file, or `postgres` for the server that the environment names. WAY is `made` (the client makes
the ids), `columns` (so does it, and gets ten thousand with each call), `given` or `durable` (so does the client, by way
of the disk), each with the number of ROWS; `frame` or `given_frame`, an Arrow table in one call, without or with ids,
or `copied_frame`, which COPY gets as text, each with the Parquet file that it is in; or `copy` with a file of text.
"""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import psycopg2

from millwright.client import PredictionLog

MODEL, VERSION = "churn", "2.3.0"
BEGAN_AT = datetime(2025, 5, 1)
ROWS_OF_A_CALL = 10_000
STEP = timedelta(milliseconds=2)
COLUMNS = (
    *("prediction_id", "model_name", "model_version", "entity_id", "event_at", "known_at", "score", "predicted_class"),
    *("segments", "user_id", "request_id", "environment", "latency_ms"),
)


def predictions(n_rows: int) -> Iterator[dict[str, Any]]:
    """What there is to log, without ids."""
    for number in range(n_rows):
        at = BEGAN_AT + number * STEP
        yield {
            "model_name": MODEL,
            "model_version": VERSION,
            "entity_id": f"shop-{number % 23570}",
            "event_at": at,
            "known_at": at,
            "score": number % 1009 / 1009,
            "predicted_class": "churns" if number % 1009 > 504 else "stays",
            "segments": {"country": "FR"},
            "user_id": f"user {number % 977}",
            "request_id": f"request {number}",
            "environment": "production",
            "latency_ms": number % 101 / 8,
        }


def given_id(number: int) -> str:
    """The id of a prediction that comes with the call."""
    return f"prediction {number:012}"


def log(warehouse: str, way: str, n_rows: int) -> None:
    """Has the client log them."""
    with (
        tempfile.TemporaryDirectory() as spool,
        PredictionLog(warehouse, spool=spool, durable=way == "durable") as client,
    ):
        for number, said in enumerate(predictions(n_rows)):
            client.log_prediction(**said, prediction_id=given_id(number) if way == "given" else None)
        if not client.flush(60):
            sys.exit(f"not all is in the warehouse: {client.problem}")


def log_columns(warehouse: str, n_rows: int) -> None:
    """Has the client log them, many with each call."""
    with tempfile.TemporaryDirectory() as spool, PredictionLog(warehouse, spool=spool) as client:
        made_up = predictions(n_rows)
        while scored := list(islice(made_up, ROWS_OF_A_CALL)):
            client.log_predictions({name: [said[name] for said in scored] for name in scored[0]})
        if not client.flush(60):
            sys.exit(f"not all is in the warehouse: {client.problem}")


def log_frame(warehouse: str, rows: Path, has_ids: bool) -> None:
    """Has the client log an Arrow table."""
    from pyarrow.parquet import read_table

    table = read_table(rows)
    with tempfile.TemporaryDirectory() as spool, PredictionLog(warehouse, spool=spool) as client:
        client.log_frame(table if has_ids else table.drop_columns("prediction_id"))
        if not client.flush(60):
            sys.exit(f"not all is in the warehouse: {client.problem}")


def copy_frame(rows: Path) -> None:
    """Has PostgreSQL copy an Arrow table, of which Arrow makes the text."""
    from pyarrow.csv import write_csv
    from pyarrow.parquet import read_table

    text = io.BytesIO()
    write_csv(read_table(rows), text)
    text.seek(0)
    copy_into_postgres(text)


def copy_into_postgres(text: BinaryIO) -> None:
    """Has PostgreSQL read CSV."""
    statement = f"copy ops.predictions ({', '.join(COLUMNS)}) from stdin with (format csv, header)"
    with closing(psycopg2.connect(address())) as postgres, postgres, postgres.cursor() as cursor:
        cursor.copy_expert(statement, text, size=1 << 18)


def copy(warehouse: str, rows: Path) -> None:
    """Has the database read the file."""
    columns = ", ".join(COLUMNS)
    if warehouse == "postgres":
        with rows.open("rb") as file:
            copy_into_postgres(file)
    else:
        with duckdb.connect(warehouse) as duck:
            duck.execute(f"copy ops.predictions ({columns}) from '{rows}' (header)")


def address() -> str:
    """That of the server which the variables of profiles.yml name."""
    parts = [os.environ[f"MILLWRIGHT_POSTGRES_{name}"] for name in ("USER", "PASSWORD", "HOST", "PORT", "DATABASE")]
    return "postgresql://{}:{}@{}:{}/{}".format(*parts)


def main(warehouse: str, way: str, rows: str) -> None:
    if way == "copy":
        copy(warehouse, Path(rows))
    elif way == "copied_frame":
        copy_frame(Path(rows))
    else:
        target = address() if warehouse == "postgres" else warehouse
        if way == "columns":
            log_columns(target, int(rows))
        elif way in ("frame", "given_frame"):
            log_frame(target, Path(rows), has_ids=way == "given_frame")
        else:
            log(target, way, int(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
