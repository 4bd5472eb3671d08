"""One run at a time per warehouse. A lock vanishes with the process that holds it, however that process ends."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Target, open_warehouse

APPLICATION_NAME = "millwright nightly"


@contextmanager
def run_lock(target: Target) -> Iterator[None]:
    """Holds the target's lock while the block runs.

    DuckDB: a locked file beside the database. PostgreSQL: a session's advisory lock, one key for each target schema.
    Raises MillwrightError: LOCKED when another run holds it (the message names the holder), UNAVAILABLE when the
    warehouse cannot be reached.
    """
    with _file_lock(target) if target.engine == "duckdb" else _advisory_lock(target):
        yield


@contextmanager
def _file_lock(target: Target) -> Iterator[None]:
    path = target.file.with_name(f"{target.file.name}.lock")
    try:
        lock = FileLock(path).acquire(blocking=False)
    except Timeout as error:
        raise _locked(target, path.read_text() or "unknown process") from error
    with lock:
        path.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        yield


@contextmanager
def _advisory_lock(target: Target) -> Iterator[None]:
    key = advisory_key(target.schema)
    with open_warehouse(target) as warehouse:
        # A transaction held open for the whole run would keep PostgreSQL from cleaning up behind it.
        warehouse.connection.autocommit = True
        warehouse.execute(f"set application_name = '{APPLICATION_NAME}'")
        if not warehouse.query(f"select pg_try_advisory_lock({key}) as is_ours")[0]["is_ours"]:
            holders = warehouse.query(f"""
                select
                    application_name || ', server process ' || pg_stat_activity.pid
                    || coalesce(' from ' || host(client_addr), '')
                    || ' since ' || to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as who
                from pg_locks
                inner join pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
                where
                    locktype = 'advisory'
                    and granted
                    and pg_locks.database = (select oid from pg_database where datname = current_database())
                    and (classid::bigint << 32 | objid::bigint) = {key}
            """)
            raise _locked(target, holders[0]["who"] if holders else "it has just ended; try again")
        yield


def advisory_key(schema: str) -> int:
    """The advisory lock's key for a target schema: the same 64 bits for everyone who runs it."""
    return int.from_bytes(hashlib.sha256(f"millwright:{schema}".encode()).digest()[:8], "big", signed=True)


def _locked(target: Target, holder: str) -> MillwrightError:
    return MillwrightError(f"another run holds the lock of {target.address}: {holder}", ExitCode.LOCKED)
