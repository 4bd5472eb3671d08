"""One run at a time per warehouse. A lock vanishes with the process that holds it, however that process ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Target, Warehouse, open_warehouse

APPLICATION_NAME = "millwright nightly"
SECONDS_FOR_CLIENTS = 30


class RunLock(ABC):
    """The target's lock, held while a `with` block runs.

    Entering it raises MillwrightError: LOCKED when another run holds it (the message names the holder), UNAVAILABLE
    when the warehouse cannot be reached.
    """

    def __init__(self, target: Target):
        self.target = target

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    @abstractmethod
    def take(self) -> None:
        """Takes the lock. Raises MillwrightError as entering the block does."""

    @abstractmethod
    def release(self) -> None:
        """Gives the lock back, if it is still held."""

    @abstractmethod
    def renew(self) -> None:
        """Makes sure that it is held: takes it again where it was lost. Raises as entering the block does."""

    @abstractmethod
    def holder(self) -> str | None:
        """Who holds it, None if nobody does. Changes nothing."""

    def _locked(self, holder: str) -> MillwrightError:
        return MillwrightError(f"another run holds the lock of {self.target.address}: {holder}", ExitCode.LOCKED)


def run_lock(target: Target) -> RunLock:
    """DuckDB: a locked file beside the database. PostgreSQL: a session's advisory lock, a key a target schema."""
    return _FileLock(target) if target.engine == "duckdb" else _AdvisoryLock(target)


class _FileLock(RunLock):
    @property
    def _path(self) -> Path:
        return self.target.file.with_name(f"{self.target.file.name}.lock")

    def take(self) -> None:
        self._lock = FileLock(self._path)
        deadline = time.monotonic() + SECONDS_FOR_CLIENTS
        while not self._lock.is_locked:
            try:
                self._lock.acquire(blocking=False)
            except Timeout as error:
                # Clients of applications hold it together, each for the length of a batch.
                holder = self.holder()
                if holder or time.monotonic() > deadline:
                    raise self._locked(holder or "clients of applications") from error
                time.sleep(0.01)
        self._path.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")

    def release(self) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Nothing to do: the file stays locked as long as this process lives."""

    def holder(self) -> str | None:
        # Acquiring the lock would write to the file.
        try:
            with self._path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return file.read() or "unknown process"
        except FileNotFoundError:
            pass
        return None


class _AdvisoryLock(RunLock):
    _session: Warehouse | None = None

    def take(self) -> None:
        session = open_warehouse(self.target)
        try:
            # A transaction held open for the whole run would keep PostgreSQL from cleaning up behind it.
            session.connection.autocommit = True
            session.execute(f"set application_name = '{APPLICATION_NAME}'")
            key = advisory_key(self.target.schema)
            if not session.query(f"select pg_try_advisory_lock({key}) as is_ours")[0]["is_ours"]:
                raise self._locked(self._holder(session) or "it has just ended; try again")
        except BaseException:
            session.connection.close()
            raise
        self._session = session

    def release(self) -> None:
        # The server gives the lock back when the session ends, which may have happened long ago.
        self._session.connection.close()

    def renew(self) -> None:
        import psycopg2

        with suppress(psycopg2.Error):
            self._session.execute("select 1")
            return
        self.release()
        self.take()

    def holder(self) -> str | None:
        with open_warehouse(self.target, read_only=True) as session:
            return self._holder(session)

    def _holder(self, session: Warehouse) -> str | None:
        holders = session.query(f"""
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
                and (classid::bigint << 32 | objid::bigint) = {advisory_key(self.target.schema)}
        """)
        return holders[0]["who"] if holders else None


def advisory_key(schema: str) -> int:
    """The advisory lock's key for a target schema: the same 64 bits for everyone who runs it."""
    return int.from_bytes(hashlib.sha256(f"millwright:{schema}".encode()).digest()[:8], "big", signed=True)
