"""A query in a process of its own, with the threads and the memory that a build has.

python -m benchmarks.queries WAREHOUSE QUERY ANSWER

Runs the SQL in the file QUERY on WAREHOUSE, a DuckDB file or a PostgreSQL cluster, and writes the Parquet file ANSWER.
"""

import sys
from contextlib import closing
from pathlib import Path

import duckdb

from millwright.local_postgres import PostgresCluster, PostgresServer
from millwright.transfer import copy_from_postgres


def main(warehouse: Path, query: Path, answer: Path) -> None:
    """Writes the rows of the query."""
    sql = query.read_text(encoding="utf-8")
    if warehouse.is_dir():
        with PostgresCluster(warehouse).running() as server:
            answer_from_postgres(server, sql, answer)
    else:
        with duckdb.connect(warehouse, read_only=True, config={"threads": 2, "memory_limit": "4GB"}) as duck:
            duck.execute(f"copy ({sql}) to '{answer}' (format parquet)")


def answer_from_postgres(server: PostgresServer, sql: str, answer: Path) -> None:
    """Writes the rows of the query."""
    with closing(server.connect()) as postgres, duckdb.connect() as duck:
        copy_from_postgres(postgres, sql, duck, "answer")
        duck.execute(f"copy answer to '{answer}' (format parquet)")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
