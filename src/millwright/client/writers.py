"""Batches of rows into the landing tables of PostgreSQL and of DuckDB.

A batch is written in one transaction. Rows whose ids were just made go in as they are; all others only where the table
does not hold them yet, so that a batch whose commit is in doubt is simply written again. Drivers are imported when they
are needed: an application has the one of its warehouse.
"""

from __future__ import annotations

import fcntl
import io
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from millwright.client.frames import TableRows
from millwright.client.registry import Registry
from millwright.client.tables import SQL_TYPES, LandingTable, Row, to_json

# What a row can be blamed for, by the class of its SQLSTATE: data, integrity, limits of the program, checks of views,
# errors raised by triggers. All else is the database's, and passes or is repaired there.
REFUSALS = ("22", "23", "44", "54", "P0")
# A line of JSON may be longer than what DuckDB makes room for by itself.
LEAST_ROOM_FOR_A_LINE = 1 << 24


class Unavailable(Exception):
    """The database does not take rows now; nothing is wrong with these."""


class Missing(Unavailable):
    """A table, a column or a right is not there."""


class Refused(Exception):
    """The database does not take a row of this batch; which one, it does not say."""


class Writer(ABC):
    """One warehouse. Used by one thread at a time."""

    def __init__(self, schema: str):
        self.schema = schema

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the warehouse is, for messages."""

    #: Whether no text may have the character NUL.
    refuses_nul: bool

    @abstractmethod
    def write(self, table: LandingTable, rows: Sequence[Row], is_new: bool) -> None:
        """Appends the rows: with `is_new` all of them, else those that the table does not hold.

        Raises Unavailable or Refused, and then has written none of them, unless the connection broke in the commit.
        """

    @abstractmethod
    def read_registry(self) -> Registry:
        """The model versions that predictions are checked with. Raises Unavailable."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the warehouse; the next call connects again."""

    @abstractmethod
    def abandon(self) -> None:
        """Forgets the connection without a word to the server: after a fork it is the other process's."""

    def relation(self, table: LandingTable) -> str:
        """The landing table in SQL."""
        return f'"{self.schema}".{table.name}'


class PostgresWriter(Writer):
    """COPY into the landing table, on a connection that stays open."""

    refuses_nul = True

    def __init__(self, dsn: str, schema: str):
        super().__init__(schema)
        from psycopg2.extensions import parse_dsn

        # A server that is cut off without a word is noticed in half a minute.
        waits = {"connect_timeout": "5", "keepalives_idle": "15", "tcp_user_timeout": "30000"}
        self._parameters = waits | {"application_name": "millwright.client"} | parse_dsn(dsn)
        self._connection: Any = None

    @property
    def address(self) -> str:
        host, database = self._parameters.get("host", "local"), self._parameters.get("dbname", "")
        return f"PostgreSQL {host}:{self._parameters.get('port', 5432)}/{database}, schema {self.schema}"

    def write(self, table: LandingTable, rows: Sequence[Row], is_new: bool) -> None:
        with self._transaction() as cursor:
            if not is_new:
                rows = self._not_held(cursor, table, rows)
            if rows:
                columns, content = rows.copy_text() if isinstance(rows, TableRows) else copy_text(table, rows)
                statement = f"copy {self.relation(table)} ({', '.join(columns)}) from stdin"
                # In one piece: each further one would wait until the threads that log let go of the interpreter.
                cursor.copy_expert(statement, io.BytesIO(content), size=len(content))

    def _not_held(self, cursor: Any, table: LandingTable, rows: Sequence[Row]) -> Sequence[Row]:
        # Whoever else is about to write rows of these models waits until ours are there to be seen.
        models = sorted({model or "" for model in _distinct(table, rows, "model_name")})
        scope = f"{self.schema}.{table.name}."
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s || name, 0)) from unnest(%s) as models (name)",
            (scope, models),
        )
        # The index on the ids, whatever the statistics of a partition say that has been filled since they were made.
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"set local enable_{way} = off")
        ids, *between = _ids_and_times(table, rows)
        columns = [f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US')" if name == "event_at" else name for name in table.key]
        cursor.execute(
            f"""
            select {", ".join(columns)}
            from json_array_elements_text(%s) as sent (id)
            inner join {self.relation(table)} as held on sent.id = held.{table.key[0]}
            where held.event_at between %s and %s
            """,
            # One text: an array would be as many constants to the server's parser as there are rows.
            (to_json(ids), *between),
        )
        return _without(table, rows, cursor.fetchall())

    def read_registry(self) -> Registry:
        with self._transaction() as cursor:

            def query(sql: str) -> list[tuple]:
                cursor.execute(sql)
                return cursor.fetchall()

            return Registry.read(query, self.schema)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abandon(self) -> None:
        # The driver closes connections of its own process only.
        self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        import psycopg2

        try:
            if self._connection is None:
                self._connection = psycopg2.connect(**self._parameters)
                self._connection.set_client_encoding("UTF8")
            with self._connection, self._connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            if (error.pgcode or "").startswith(REFUSALS):
                raise Refused(_in_one_line(error)) from error
            self.close()
            kind = Missing if (error.pgcode or "").startswith("42") else Unavailable
            raise kind(f"{self.address}: {_in_one_line(error)}") from error


class DuckDBWriter(Writer):
    """JSON read into the landing table by DuckDB, which has the file open for as long as that takes.

    While a night of the project holds the warehouse's lock the file is left alone; a night that begins waits for us.
    """

    refuses_nul = False
    # DuckDB keeps other processes out by itself.
    _one_at_a_time = threading.Lock()

    def __init__(self, path: Path, schema: str):
        super().__init__(schema)
        self.path = path.absolute()

    @property
    def address(self) -> str:
        return f"DuckDB {self.path}, schema {self.schema}"

    def write(self, table: LandingTable, rows: Sequence[Row], is_new: bool) -> None:
        with self._transaction() as duck:
            if not is_new:
                rows = self._not_held(duck, table, rows)
            if rows:
                self._append(duck, table, rows)

    def _not_held(self, duck: Any, table: LandingTable, rows: Sequence[Row]) -> Sequence[Row]:
        columns = [f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')" if name == "event_at" else name for name in table.key]
        held = duck.execute(
            f"""
            select {", ".join(columns)}
            from {self.relation(table)}
            where
                {table.key[0]} in (select unnest(cast(? as text[])))
                and event_at between cast(? as timestamp) and cast(? as timestamp)
            """,
            _ids_and_times(table, rows),
        )
        return _without(table, rows, held.fetchall())

    def _append(self, duck: Any, table: LandingTable, rows: Sequence[Row]) -> None:
        if isinstance(rows, TableRows):
            with tempfile.NamedTemporaryFile(prefix="millwright-client-", suffix=".parquet") as file:
                columns = ", ".join(rows.write_parquet(file.name))
                duck.execute(
                    f"insert into {self.relation(table)} ({columns}) select {columns} from read_parquet(?)", [file.name]
                )
            return
        lines = [table.line(row) for row in rows]
        filled = [name for name, values in zip(table.names, zip(*rows, strict=True), strict=True) if any_filled(values)]
        columns = ", ".join(f"{name}: '{SQL_TYPES[table.columns[name]]}'" for name in filled)
        text = "\n".join(lines).encode()
        room = max(LEAST_ROOM_FOR_A_LINE, 4 * max(map(len, lines)) + 1)
        with tempfile.NamedTemporaryFile(prefix="millwright-client-", suffix=".jsonl") as file:
            file.write(text)
            file.flush()
            duck.execute(
                f"""
                insert into {self.relation(table)} ({", ".join(filled)})
                select {", ".join(filled)}
                from read_json(?, format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = {room})
                """,
                [file.name],
            )

    def read_registry(self) -> Registry:
        with self._transaction() as duck:
            return Registry.read(lambda sql: duck.execute(sql).fetchall(), self.schema)

    def close(self) -> None:
        """Nothing to do: the file is closed after each batch."""

    def abandon(self) -> None:
        """Nothing is open, but a thread of the parent may have been at it."""
        DuckDBWriter._one_at_a_time = threading.Lock()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        import duckdb

        from millwright.duckdb_session import connect_duckdb

        try:
            with self._one_at_a_time, self._beside_no_night(), closing(connect_duckdb(self.path)) as duck:
                duck.begin()
                yield duck
                duck.commit()
        except (duckdb.DataError, duckdb.IntegrityError) as error:
            raise Refused(_in_one_line(error)) from error
        except (duckdb.Error, OSError) as error:
            kind = Missing if isinstance(error, duckdb.ProgrammingError) else Unavailable
            raise kind(f"{self.address}: {_in_one_line(error)}") from error

    @contextmanager
    def _beside_no_night(self) -> Iterator[None]:
        # DuckDB would make a file that is not there.
        if not self.path.exists():
            raise Unavailable(f"there is no DuckDB file {self.path}")
        with self.path.with_name(f"{self.path.name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Unavailable(f"a run works on {self.path}") from error
            yield


def copy_text(table: LandingTable, rows: Sequence[Row]) -> tuple[list[str], bytes]:
    """The columns that the rows fill, and the rows in the text format of COPY. No text has the character NUL."""
    columns, written, n_nulls = [], [], 0
    for (name, kind), values in zip(table.columns.items(), zip(*rows, strict=True), strict=True):
        n_empty = values.count(None)
        if n_empty < len(values):
            columns.append((name, kind, values))
            texts = list(map(repr, values)) if kind == "number" else values
            if n_empty:
                texts = ["\\N" if value is None else text for value, text in zip(values, texts, strict=True)]
            written.append(texts)
            n_nulls += n_empty
    text = _lines(written)
    # Nearly always no text has what must be escaped: then there are no more of these characters than we have put there.
    ours = {"\n": len(rows), "\t": len(rows) * (len(columns) - 1), "\\": n_nulls, "\r": 0}
    if any(text.count(character) > n for character, n in ours.items()):
        for place, (_, kind, values) in enumerate(columns):
            if kind == "text":
                written[place] = list(map(_escaped, values))
        text = _lines(written)
    return [name for name, _, _ in columns], text.encode()


def any_filled(values: tuple[object, ...]) -> bool:
    """Whether not all are None."""
    return values.count(None) < len(values)


def _lines(columns: Sequence[Sequence[str]]) -> str:
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _escaped(value: str | None) -> str:
    if value is None:
        return "\\N"
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _ids_and_times(table: LandingTable, rows: Sequence[Row]) -> tuple[list[Any], Any, Any]:
    if isinstance(rows, TableRows):
        return rows.values(table.key[0]), *rows.period()
    times = _distinct(table, rows, "event_at")
    return [row[table.names.index(table.key[0])] for row in rows], min(times), max(times)


def _distinct(table: LandingTable, rows: Sequence[Row], name: str) -> Collection[Any]:
    if isinstance(rows, TableRows):
        return rows.distinct(name)
    place = table.names.index(name)
    return {row[place] for row in rows}


def _without(table: LandingTable, rows: Sequence[Row], held: Collection[tuple]) -> Sequence[Row]:
    """The rows whose key is not held, of each key the first."""
    if isinstance(rows, TableRows) and not held and len(rows.distinct(table.key[0])) == len(rows):
        return rows
    rows = list(rows)
    by_key = {table.key_of(row): row for row in reversed(rows)}
    for key in held:
        by_key.pop(tuple(key), None)
    return list(by_key.values())[::-1]


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
