"""A query in a process of its own, with the threads and the memory that a build has.

python -m benchmarks.queries WAREHOUSE QUERY ANSWER

Runs the SQL in the file QUERY on the DuckDB file WAREHOUSE and writes the Parquet file ANSWER.
"""

import sys
from pathlib import Path

import duckdb


def main(warehouse: Path, query: Path, answer: Path) -> None:
    """Writes the rows of the query."""
    with duckdb.connect(warehouse, read_only=True, config={"threads": 2, "memory_limit": "4GB"}) as duck:
        duck.execute(f"copy ({query.read_text(encoding='utf-8')}) to '{answer}' (format parquet)")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
