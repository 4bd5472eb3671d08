"""Rows on disk until the database has taken them.

A spool is a directory with segments: files of JSON lines, one row a line, all of one landing table. Whoever appends to
a segment or brings it into the database holds a lock on it, which ends with the process; so one directory may serve any
number of processes, and a segment without a lock was left by one that is gone, to be taken up by any other.

A line is with the operating system when `append` returns: it survives the end of the process, however that comes. It is
on the disk when its segment is sealed, once a batch: a power cut may cost what came after that.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from millwright.client.ids import new_id
from millwright.client.tables import TABLES, LandingTable, Row

SUFFIX = ".jsonl"
MAX_BYTES = 1 << 23


class SpoolError(OSError):
    """The spool cannot be written to: the row that was to be logged is not."""


@dataclass
class Segment:
    """A segment that is ours: its rows, and the lines that hold none, with the reason."""

    table: LandingTable
    rows: list[Row] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)


class Spool:
    """The directory, made where it is missing. A segment ends with the call that brings it to `batch_rows`.

    Raises SpoolError when the directory cannot be made, and ValueError when it is the spool of another warehouse.
    """

    def __init__(self, directory: Path, address: str, batch_rows: int):
        self.directory = directory.absolute()
        #: Where rows are set aside that no database took, with the reasons.
        self.rejected = self.directory / "rejected.jsonl"
        self._batch_rows = batch_rows
        self._lock = Lock()
        self._open: dict[str, _OpenSegment] = {}
        with self._spoken():
            self.directory.mkdir(parents=True, exist_ok=True)
            marker = self.directory / "warehouse"
            if not marker.exists():
                _write_whole(marker, address)
        if (held := marker.read_text(encoding="utf-8")) != address:
            raise ValueError(
                f"{self.directory} is the spool of {held}, not of {address}; give each warehouse a directory of its "
                f"own, or, if that is the same one under another name, correct {marker}"
            )

    def append(self, table: LandingTable, rows: Sequence[Row]) -> None:
        """Adds rows. Raises SpoolError, and then has added none."""
        text = "".join(f"{table.line(row)}\n" for row in rows).encode()
        with self._lock, self._spoken():
            segment = self._open.get(table.name)
            if segment is None:
                segment = self._open[table.name] = _OpenSegment(self.directory / f"{table.name}-{new_id()}{SUFFIX}")
            segment.write(text, len(rows))
            if segment.n_rows >= self._batch_rows or segment.size >= MAX_BYTES:
                del self._open[table.name]
                segment.seal()

    def seal(self) -> None:
        """Ends the segments that are appended to, so that they can be taken."""
        with self._lock, self._spoken():
            while self._open:
                self._open.popitem()[1].seal()

    def taken(self) -> Iterator[Segment]:
        """The sealed segments that no other process has, one after the other.

        A segment is removed when the next is asked for, and stays when the caller does not get that far.
        """
        for path in sorted(self.directory.glob(f"*-*{SUFFIX}")):
            with _taken(path) as file:
                if file is not None:
                    yield _read(path, file)
                    path.unlink()

    def reject(self, table: LandingTable, what: Row | str, reason: str) -> None:
        """Sets aside a row, or a line that holds none, with the reason. Raises SpoolError."""
        is_row = not isinstance(what, str)
        content = json.loads(table.line(what)) if is_row else what
        entry = {"table": table.name, "reason": reason, "row" if is_row else "line": content}
        with self._lock, self._spoken(), self.rejected.open("ab") as file:
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def abandon(self) -> None:
        """Leaves the open segments to the process that this one was forked from."""
        self._lock = Lock()
        while self._open:
            self._open.popitem()[1].close()

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except SpoolError:
            raise
        except OSError as error:
            raise SpoolError(
                error.errno,
                f"the spool {self.directory} cannot be written to ({error.strerror}); make room there, or give another "
                "directory",
            ) from error


class _OpenSegment:
    """A segment that is appended to, locked."""

    def __init__(self, path: Path):
        self.n_rows = self.size = 0
        # Nobody may see it before it is locked.
        unseen = path.with_suffix(".new")
        self._file = os.open(unseen, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unseen.rename(path)

    def write(self, text: bytes, n_rows: int) -> None:
        written = 0
        try:
            while written < len(text):
                written += os.write(self._file, text[written:])
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(text)
        self.n_rows += n_rows

    def seal(self) -> None:
        try:
            os.fsync(self._file)
        finally:
            self.close()

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def _taken(path: Path) -> Iterator[BinaryIO | None]:
    """The file, locked; None if somebody else has it, or had it and is done."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if os.fstat(file.fileno()).st_nlink else None


def _read(path: Path, file: BinaryIO) -> Segment:
    segment = Segment(TABLES[path.name.split("-")[0]])
    *lines, last = file.read().split(b"\n")
    if last:
        segment.broken.append((last.decode(errors="replace"), "the line is torn: its writer ended in the middle of it"))
    for line in lines:
        try:
            segment.rows.append(segment.table.row(line.decode()))
        except ValueError as error:
            segment.broken.append((line.decode(errors="replace"), f"the line cannot be read: {error}"))
    return segment


def _write_whole(path: Path, text: str) -> None:
    # Whoever looks meanwhile sees no half of it.
    unfinished = path.with_name(f"{path.name}-{new_id()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
