"""The way of rows from the calls that log them into the warehouse: memory, disk, database."""

from __future__ import annotations

import atexit
import logging
import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from weakref import WeakSet

from millwright.client.registry import Registry
from millwright.client.spool import Spool, SpoolError
from millwright.client.tables import ERRORS, TABLES, LandingTable, Row, error_row
from millwright.client.writers import Missing, Refused, Unavailable, Writer

FIRST_DELAY_SECONDS = 0.2
LAST_DELAY_SECONDS = 30.0
# How long an unknown model version is refused without another look.
REGISTRY_AT_LEAST_SECONDS = 1.0
# What is told of a row that was set aside, and how much of each text: it may be what the database refused.
TOLD = ("prediction_id", "request_id", "model_name", "model_version")
TOLD_CHARACTERS = 200

logger = logging.getLogger("millwright.client")


@dataclass
class Batch:
    """Rows that are written together; `is_new` says that the ids were made for them, so that no table holds them."""

    table: LandingTable
    rows: Sequence[Row]
    is_new: bool


class Delivery:
    """Takes rows from any thread and brings them into the warehouse from one of its own.

    Rows wait in memory until there are `batch_rows` of them or the oldest is `max_age` seconds old. At most `max_rows`
    or `max_bytes` of text wait there, and as much again is being written: then `take` waits for the database, or, if
    that is away, the rows go to disk. With `durable` all rows go to disk at once and by way of it into the warehouse.
    """

    def __init__(
        self,
        writer: Writer,
        spool: Spool,
        *,
        durable: bool,
        batch_rows: int,
        max_age: float,
        max_rows: int,
        max_bytes: int,
        registry_seconds: float,
    ):
        self._writer = writer
        self._spool = spool
        self._durable = durable
        self._batch_rows = batch_rows
        self._max_age = max_age
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._registry_seconds = registry_seconds
        self._registry: Registry | None = None
        self._read_registry_at = float("-inf")
        #: Why the database does not take rows; None if it does, as far as is known.
        self.problem: str | None = None
        self._delay = FIRST_DELAY_SECONDS
        self._retry_at = 0.0
        self._begin()
        with self._writing:
            try:
                self._read_registry()
            except Unavailable as error:
                self._is_away(error)
        self._start()
        _all.add(self)

    def _begin(self) -> None:
        self._rows: dict[tuple[str, bool], list[Row]] = defaultdict(list)
        self._n_rows = self._n_bytes = 0
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._writing = threading.RLock()
        self._wake = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def take(self, table: LandingTable, rows: Sequence[Row], n_bytes: int, is_new: bool) -> None:
        """Takes rows over; `is_new` says that their ids were made for them. Raises SpoolError, and then has none."""
        with self._lock:
            self._require_open()
            if not self._durable and self._has_room(len(rows), n_bytes):
                self._rows[table.name, is_new].extend(rows)
                self._n_rows += len(rows)
                self._n_bytes += n_bytes
                if self._n_rows >= self._batch_rows or self._n_bytes >= self._max_bytes:
                    self._wake.set()
                return
        self._spool.append(table, rows)

    def land(self, table: LandingTable, rows: Sequence[Row], is_new: bool) -> None:
        """Brings rows into the warehouse before it returns, or onto the disk while that is away. Raises SpoolError."""
        with self._lock:
            self._require_open()
        for start in range(0, len(rows), self._max_rows):
            # Between two batches others get their turn.
            self._deliver(more=[Batch(table, rows[start : start + self._max_rows], is_new)])

    def flush(self, timeout: float) -> bool:
        """Brings into the warehouse what waits in memory and in the spool; for so many seconds it tries again.

        Returns whether that is done. Raises SpoolError.
        """
        deadline = time.monotonic() + timeout
        while not self._deliver(at_once=True):
            if time.monotonic() >= deadline:
                return False
            time.sleep(FIRST_DELAY_SECONDS)
        return True

    def close(self, timeout: float) -> None:
        """Flushes, and ends the thread; what the database does not take stays in the spool. Raises SpoolError."""
        with self._lock:
            self._is_closed = True
            self._room.notify_all()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        _all.discard(self)
        try:
            if not self.flush(timeout):
                logger.warning("%s; rows wait in %s for the next client", self.problem, self._spool.directory)
        finally:
            self._writer.close()

    @property
    def registry(self) -> Registry | None:
        """What is registered about model versions; None while that cannot be known."""
        return self._registry if self.problem is None else None

    def look_again(self) -> None:
        """Reads the registry anew, unless that was done just now: what was not there may be by now."""
        with self._writing:
            if self.problem is None and time.monotonic() > self._read_registry_at + REGISTRY_AT_LEAST_SECONDS:
                try:
                    self._read_registry()
                except Unavailable as error:
                    self._is_away(error)

    def after_fork(self) -> None:
        """In a child: the rows that wait and the connection are its parent's."""
        self._begin()
        self._spool.abandon()
        self._writer.abandon()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="millwright.client", daemon=True)
        self._thread.start()

    def _has_room(self, n_rows: int, n_bytes: int) -> bool:
        # While the database takes rows, waiting for it is cheaper than the way over the disk.
        while self._n_rows and (self._n_rows + n_rows > self._max_rows or self._n_bytes + n_bytes > self._max_bytes):
            if self.problem is not None or self._is_closed:
                return False
            self._wake.set()
            self._room.wait()
        return True

    def _work(self) -> None:
        while not self._is_closed:
            away_for = self._max_age if self.problem is None else max(self._retry_at - time.monotonic(), 0)
            self._wake.wait(min(self._max_age, away_for))
            self._wake.clear()
            try:
                self._deliver()
            except Exception:
                # What is not delivered is where it was, and the next round tries again.
                logger.exception("rows could not be delivered")

    def _require_open(self) -> None:
        if self._is_closed:
            raise ValueError("the prediction log is closed")
        if self._thread is None:
            self._start()

    def _deliver(self, at_once: bool = False, more: Sequence[Batch] = ()) -> bool:
        """Writes what waits, and what comes now, into the warehouse, or onto the disk while that is away; whether it is
        in the warehouse.

        Unless it is to be tried `at_once`, nothing is tried before its time. Raises SpoolError.
        """
        with self._writing:
            waiting = [*self._waiting(), *more]
            try:
                if self.problem is not None and not at_once and time.monotonic() < self._retry_at:
                    return False
                while waiting:
                    self._land(waiting[-1])
                    waiting.pop()
                self._replay()
                if time.monotonic() > self._read_registry_at + self._registry_seconds:
                    self._read_registry()
            except Unavailable as error:
                self._is_away(error)
                return False
            finally:
                # A batch may be in the warehouse although writing it failed: from the spool it is compared first.
                self._save(waiting)
            if self.problem is not None:
                logger.warning("the database takes rows again")
            self.problem, self._delay = None, FIRST_DELAY_SECONDS
            return True

    def _waiting(self) -> list[Batch]:
        with self._lock:
            rows_by_kind, self._rows = self._rows, defaultdict(list)
            self._n_rows = self._n_bytes = 0
            self._room.notify_all()
        return [
            Batch(TABLES[name], rows[start : start + self._batch_rows], is_new)
            for (name, is_new), rows in rows_by_kind.items()
            for start in range(0, len(rows), self._batch_rows)
        ]

    def _land(self, batch: Batch) -> None:
        for row, reason in list(self._refused(batch)):
            self._spool.reject(batch.table, row, reason)
            self._tell(batch.table, row, reason)

    def _refused(self, batch: Batch) -> Iterator[tuple[Row, str]]:
        """Writes the batch but for the rows that the database refuses, which it gives with the reasons."""
        try:
            self._writer.write(batch.table, batch.rows, batch.is_new)
        except Refused as error:
            if len(batch.rows) == 1:
                yield batch.rows[0], str(error)
                return
            middle = len(batch.rows) // 2
            for half in (batch.rows[:middle], batch.rows[middle:]):
                yield from self._refused(Batch(batch.table, half, batch.is_new))

    def _tell(self, table: LandingTable, row: Row, reason: str) -> None:
        """Says of a row that it was set aside: in the program's log, and among the errors if they take it."""
        logger.error("a row of %s was set aside in %s: %s", table.name, self._spool.rejected, reason)
        if table is ERRORS:
            return
        values = zip(table.names, row, strict=True)
        about = {name: value[:TOLD_CHARACTERS] for name, value in values if name in TOLD and value is not None}
        try:
            self._writer.write(ERRORS, [error_row("logging_error", "logging", reason[:2000], **about)], is_new=True)
        except (Refused, Unavailable) as error:
            logger.error("nor could that be logged in %s: %s", ERRORS.name, error)

    def _replay(self) -> None:
        self._spool.seal()
        with closing(self._spool.taken()) as segments:
            for segment in segments:
                if segment.rows:
                    self._land(Batch(segment.table, segment.rows, is_new=False))
                for line, reason in segment.broken:
                    self._spool.reject(segment.table, line, reason)
                    logger.error("a line of the spool was set aside in %s: %s", self._spool.rejected, reason)

    def _save(self, batches: list[Batch]) -> None:
        """Brings batches from memory onto the disk; back into memory where that is full. Raises SpoolError."""
        try:
            while batches:
                self._spool.append(batches[-1].table, batches[-1].rows)
                batches.pop()
        except SpoolError:
            with self._lock:
                for batch in batches:
                    self._rows[batch.table.name, False].extend(batch.rows)
                    self._n_rows += len(batch.rows)
            raise

    def _read_registry(self) -> None:
        try:
            self._registry = self._writer.read_registry()
        except Missing as error:
            self._registry = None
            logger.warning("predictions are not checked with what is registered, which cannot be read: %s", error)
        self._read_registry_at = time.monotonic()

    def _is_away(self, error: Unavailable) -> None:
        if self.problem is None:
            logger.warning("the database does not take rows, they wait in %s: %s", self._spool.directory, error)
        self.problem = str(error)
        # Not all clients of a server that comes back at the same moment.
        self._retry_at = time.monotonic() + self._delay * random.uniform(0.5, 1.5)
        self._delay = min(2 * self._delay, LAST_DELAY_SECONDS)
        with self._lock:
            self._room.notify_all()


_all: WeakSet[Delivery] = WeakSet()


def _close_all() -> None:
    for delivery in list(_all):
        delivery.close(timeout=0)


def _after_fork() -> None:
    for delivery in list(_all):
        delivery.after_fork()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_after_fork)
