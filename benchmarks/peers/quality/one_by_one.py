"""Queries one after the other on one connection.

python -m benchmarks.peers.quality.one_by_one WAREHOUSE QUERIES ANSWER

QUERIES is a JSON file with a list of queries of the same columns; ANSWER is a Parquet file with the rows of all.
"""

import json
import sys
from pathlib import Path

import duckdb
import pandas as pd


def main(warehouse: Path, queries: Path, answer: Path) -> None:
    """Writes the rows of all queries."""
    with duckdb.connect(warehouse, read_only=True, config={"threads": 2, "memory_limit": "4GB"}) as duck:
        frames = [duck.execute(query).df() for query in json.loads(queries.read_text(encoding="utf-8"))]
    pd.concat(frames)[["rule_id", "n_failed"]].to_parquet(answer)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
