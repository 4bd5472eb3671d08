"""Connections to DuckDB that leave the terminal alone."""

from pathlib import Path
from typing import Any

import duckdb


def connect_duckdb(path: Path | str = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
    """What `duckdb.connect` gives with these options; long queries draw no progress bar over what a program prints."""
    connection = duckdb.connect(path, **options)
    connection.execute("set enable_progress_bar = false")
    return connection
