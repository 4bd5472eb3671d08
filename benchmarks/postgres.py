"""PostgreSQL in a benchmark: a cluster is what a file is to DuckDB, and every run has a server in it of its own.

    python -m benchmarks.postgres CLUSTER COMMAND [ARGUMENT ...]

Runs the command while a server works in the directory CLUSTER, with the variables of profiles.yml set to it.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Command
from millwright.local_postgres import PostgresCluster, PostgresServer

PROJECT = Path(__file__).parents[1]
SETTINGS = """
shared_buffers = 1GB
work_mem = 256MB
maintenance_work_mem = 512MB
max_parallel_workers = 2
max_parallel_workers_per_gather = 2
max_wal_size = 8GB
effective_cache_size = 4GB
random_page_cost = 1.1
# What it does, and when, differs from run to run; the project refreshes statistics itself.
autovacuum = off
"""


def clean_up(server: PostgresServer) -> None:
    """Does what autovacuum would have done to new rows by the time that somebody reads them."""
    server.execute("vacuum (analyze)")


def copied(cluster: Path, work: Path) -> Path:
    """A copy of a cluster for a run to write to, in the directory `work`."""
    copy = work / "cluster"
    # Their owner may be `nobody`, and stays the owner.
    subprocess.run(["cp", "-a", str(cluster), str(copy)], check=True)
    return copy


def on_postgres(command: Command, cluster: Path) -> Command:
    """The command, with a server in the cluster for as long as it runs."""
    arguments = [sys.executable, "-m", "benchmarks.postgres", str(cluster), *command.arguments]
    return Command(arguments, {**command.environment, "PYTHONPATH": str(PROJECT)})


def main(cluster: Path, command: list[str]) -> int:
    """Runs the command; returns its exit code."""
    # A polite kill must not leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with PostgresCluster(cluster).running() as server:
        return subprocess.run(command, env={**os.environ, **server.env()}).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
