"""Archiving: old rows of landing tables move into Parquet files, none before it is proven to be in one.

The file of a table's month is written beside its name, read back, compared with the table by number and checksum of
rows, and put in its place; `ops.archives` says so. Then the rows are compared again and removed in one transaction with
a row of `ops.archives`. Ended anywhere, all rows are in the table or in a file that `ops.archives` names as removed,
and the next call goes on.
"""

from __future__ import annotations

import csv
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
from rich.console import Console
from rich.markup import escape

from millwright.duckdb_session import connect_duckdb
from millwright.errors import ExitCode, MillwrightError
from millwright.project import landing_table
from millwright.publish import flush
from millwright.report import print_table
from millwright.warehouse import Target, Warehouse, literal, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SourceDefinition

SEED = "retention_policies"
DEFAULT_KEEP_DAYS = 90
MOST_KEEP_DAYS = 36500
RETENTIONS = ("free", "rebuild")
# So long an archiving waits for programs that append; they would have to wait behind it.
LOCK_TIMEOUT = "30s"


@dataclass(frozen=True)
class Policy:
    """How long the rows of a landing table stay, by which column."""

    source: SourceDefinition
    time_column: str
    keep_days: int


class Fingerprint(NamedTuple):
    """What a set of rows is known by, in whatever order: their number and the sum of their hashes."""

    n_rows: int
    checksum: str


@dataclass(frozen=True)
class Batch:
    """The rows of a month that are to go, from its first moment to before `until`, and the file for them."""

    policy: Policy
    month: datetime
    until: datetime
    file: Path

    @property
    def next_month(self) -> datetime:
        return (self.month + timedelta(days=31)).replace(day=1)

    @property
    def condition(self) -> str:
        """The rows, for a `where`."""
        column = self.policy.time_column
        return f"{column} >= {_timestamp(self.month)} and {column} < {_timestamp(self.until)}"


class Archived(NamedTuple):
    """What became of the rows of a month."""

    table: str
    month: datetime
    n_rows: int
    file: Path
    outcome: str


class Archive:
    """Archiving into one directory, as of one moment."""

    def __init__(self, target: Target, manifest: Manifest, as_of: str, directory: Path):
        self._target = target
        self._as_of = as_of
        self._directory = directory
        self._events = landing_table(manifest, "archives")
        self._run_id = str(uuid.uuid4())

    def due(self, policy: Policy) -> list[tuple[Batch, int]]:
        """What is to go, by month, with the number of rows.

        Raises MillwrightError (UNAVAILABLE) when the table or `ops.archives` is not there.
        """
        limit = datetime.fromisoformat(self._as_of) - timedelta(days=policy.keep_days)
        source, column = policy.source, policy.time_column
        with open_warehouse(self._target, read_only=True) as warehouse:
            built = warehouse.relations()
            for name in (source.identifier, "archives"):
                if (source.schema, name) not in built:
                    raise MillwrightError(
                        f"{source.schema}.{name} is not in {self._target.address} yet; run `millwright nightly`",
                        ExitCode.UNAVAILABLE,
                    )
            # What lies before all calendars stays.
            months = warehouse.query(f"""
                select months.month, months.n_rows, count(archives.file) as n_files
                from (
                    select date_trunc('month', {column}) as month, count(*) as n_rows
                    from {source.relation_name}
                    where {column} >= timestamp '0001-01-01' and {column} < {_timestamp(limit)}
                    group by date_trunc('month', {column})
                ) as months
                left join {self._events} as archives
                    on
                        archives.table_name = {literal(source.name)}
                        and archives.month_on = cast(months.month as date)
                        and archives.removed_at is not null
                group by months.month, months.n_rows
                order by months.month
            """)
        due = []
        for row in months:
            month = datetime.combine(row["month"], datetime.min.time())
            name = f"{month:%Y-%m}.{row['n_files'] + 1:04}.parquet"
            until = min(limit, (month + timedelta(days=31)).replace(day=1))
            file = self._directory / source.schema / source.name / name
            due.append((Batch(policy, month, until, file), row["n_rows"]))
        return due

    def archive(self, batch: Batch) -> Archived:
        """Takes the rows of a batch out of the table, once they are in its file. The caller holds the warehouse's lock.

        Raises MillwrightError, and removes nothing: UNAVAILABLE when the file cannot be written, does not hold what the
        table does, or has rows that are not in the table; LOCKED when others use the table for too long.
        """
        with open_warehouse(self._target) as warehouse:
            begin(warehouse, "repeatable read")
            rows = fingerprint(warehouse, batch)
            try:
                if not batch.file.exists() or fingerprint_of_file(batch.file, _columns(warehouse, batch)) != rows:
                    batch.file.parent.mkdir(parents=True, exist_ok=True)
                    unfinished = batch.file.with_name(f"{batch.file.name}.unfinished")
                    write(warehouse, batch, unfinished)
                    prove(warehouse, batch, unfinished, rows)
                    put_in_place(unfinished, batch.file)
            except (OSError, duckdb.IOException, duckdb.InvalidInputException) as error:
                raise MillwrightError(
                    f"{batch.file} cannot be written, or read back: {error}", ExitCode.UNAVAILABLE
                ) from error
            archived_at = self._archived_at(warehouse, batch, rows) or self._note(warehouse, batch, rows)
        with open_warehouse(self._target) as warehouse:
            begin(warehouse, "read committed")
            lock(warehouse, batch)
            # What came in the meantime is in no file yet.
            outcome = "removed" if fingerprint(warehouse, batch) == rows else "rows came meanwhile: run again"
            if outcome == "removed":
                remove(warehouse, batch, rows)
                self._note(warehouse, batch, rows, archived_at)
        return Archived(batch.policy.source.name, batch.month, rows.n_rows, batch.file, outcome)

    def _archived_at(self, warehouse: Warehouse, batch: Batch, rows: Fingerprint) -> datetime | None:
        """When an earlier call proved the file, if one did."""
        return warehouse.query(f"""
            select max(archived_at) as archived_at
            from {self._events}
            where file = {literal(batch.file)} and n_rows = {rows.n_rows} and checksum = {literal(rows.checksum)}
        """)[0]["archived_at"]

    def _note(
        self, warehouse: Warehouse, batch: Batch, rows: Fingerprint, archived_at: datetime | None = None
    ) -> datetime:
        """Appends the event that the file is proven, or, with the time of that, that its rows are removed."""
        now = datetime.now(UTC).replace(tzinfo=None)
        values = (
            *(batch.policy.source.name, batch.month.date(), batch.file, rows.n_rows, rows.checksum),
            *(archived_at or now, now if archived_at else None, self._as_of, self._run_id),
        )
        warehouse.execute(
            f"insert into {self._events} "
            "(table_name, month_on, file, n_rows, checksum, archived_at, removed_at, as_of, run_id) "
            f"values ({', '.join(map(literal, values))})"
        )
        return archived_at or now


def begin(warehouse: Warehouse, isolation: str) -> None:
    """Begins a transaction in which values are written as DuckDB writes them."""
    if warehouse.engine == "postgres":
        warehouse.execute(f"set transaction isolation level {isolation}")
        warehouse.execute(
            f"set local datestyle = 'ISO'; set local timezone = 'UTC'; set local lock_timeout = '{LOCK_TIMEOUT}'"
        )


def write(warehouse: Warehouse, batch: Batch, file: Path) -> None:
    """Writes the rows into a Parquet file, of which no more than a part is in memory at a time."""
    query = f"select * from {batch.policy.source.relation_name} where {batch.condition}"
    to_file = f"to {literal(file)} (format parquet)"
    if warehouse.engine == "duckdb":
        warehouse.execute(f"copy ({query}) {to_file}")
    else:
        from millwright.transfer import rows_of_postgres

        with _session() as duck, rows_of_postgres(warehouse.connection, query) as rows:
            duck.execute(f"copy (from {rows}) {to_file}")


def prove(warehouse: Warehouse, batch: Batch, file: Path, rows: Fingerprint) -> None:
    """Reads the file back. Raises MillwrightError (UNAVAILABLE) unless it holds these rows and all it replaces."""
    held = fingerprint_of_file(file, _columns(warehouse, batch))
    if held != rows:
        raise MillwrightError(
            f"{file} holds {held.n_rows} rows with the checksum {held.checksum}, where {batch.policy.source.name} has "
            f"{rows.n_rows} with {rows.checksum}; nothing was removed",
            ExitCode.UNAVAILABLE,
        )
    if batch.file.exists() and not _holds_all_of(batch.file, file):
        raise MillwrightError(
            f"{batch.file} is there already, with rows that {batch.policy.source.name} does not have: it is another "
            "warehouse's, or rows were deleted by hand; move it away, or archive into another directory with --to",
            ExitCode.UNAVAILABLE,
        )


def put_in_place(unfinished: Path, file: Path) -> None:
    """Gives a file its name, durably."""
    flush(unfinished)
    unfinished.replace(file)
    flush(file.parent)


def lock(warehouse: Warehouse, batch: Batch) -> None:
    """Keeps others from appending until the transaction ends. Raises MillwrightError (LOCKED) after LOCK_TIMEOUT."""
    if warehouse.engine == "postgres":
        from psycopg2.errors import LockNotAvailable

        mode = "access exclusive" if _partition(warehouse, batch) else "share row exclusive"
        try:
            warehouse.execute(f"lock table {batch.policy.source.relation_name} in {mode} mode")
        except LockNotAvailable as error:
            raise MillwrightError(
                f"{batch.policy.source.name} was in use for more than {LOCK_TIMEOUT}; its rows are in {batch.file} and "
                "in the table, from which the next call removes them",
                ExitCode.LOCKED,
            ) from error


def remove(warehouse: Warehouse, batch: Batch, rows: Fingerprint) -> None:
    """Removes the rows; on PostgreSQL with their partition where that holds nothing else."""
    table = batch.policy.source.relation_name
    partition = _partition(warehouse, batch)
    if partition and fingerprint(warehouse, batch, partition) == rows:
        warehouse.execute(f"alter table {table} detach partition {partition}; drop table {partition}")
    else:
        warehouse.execute(f"delete from {table} where {batch.condition}")


def fingerprint(warehouse: Warehouse, batch: Batch, partition: str | None = None) -> Fingerprint:
    """Of the rows that are to go, or of a whole partition."""
    relation = partition or f"{batch.policy.source.relation_name} where {batch.condition}"
    query = _fingerprint_query(_columns(warehouse, batch), relation, warehouse.engine)
    return Fingerprint(**warehouse.query(query)[0])


def fingerprint_of_file(file: Path, columns: dict[str, str]) -> Fingerprint:
    """Of the rows in a Parquet file that has these columns; of none if it lacks one."""
    with _session() as duck:
        relation = f"read_parquet({literal(file)})"
        if set(columns) - set(duck.sql(f"from {relation}").columns):
            return Fingerprint(0, "0")
        return Fingerprint(*duck.execute(_fingerprint_query(columns, relation, "duckdb")).fetchone())


def _fingerprint_query(columns: dict[str, str], relation: str, engine: str) -> str:
    """Rows and their checksum, which is equal on both engines.

    A row's hash is the beginning of the MD5 of its values as text, each after its length in bytes. Floats are written
    in bits, since the engines round some of them differently in text.
    """
    length = {"duckdb": "strlen", "postgres": "octet_length"}[engine]
    bits = {"duckdb": "cast({} as bit)", "postgres": "cast('x' || encode(float8send({}), 'hex') as bit(64))"}[engine]
    integer = {
        "duckdb": "cast('0x' || substr(md5({}), 1, 15) as bigint)",
        "postgres": "cast(cast('x0' || substr(md5({}), 1, 15) as bit(64)) as bigint)",
    }[engine]
    values = []
    for name, data_type in columns.items():
        text = f'cast("{name}" as text)'
        if data_type.lower() in ("double", "double precision", "float", "real"):
            value = f'cast("{name}" as float8)'
            text = f"case when {value} = cast('NaN' as float8) then 'NaN' else cast({bits.format(value)} as text) end"
        values.append(f"coalesce(cast({length}({text}) as text) || ':' || {text}, '-')")
    return f"""
        select count(*) as n_rows, cast(coalesce(sum({integer.format(" || ".join(values))}), 0) as text) as checksum
        from {relation}
    """


def _columns(warehouse: Warehouse, batch: Batch) -> dict[str, str]:
    """Names and data types of the table's columns."""
    rows = warehouse.query(f"""
        select column_name, data_type
        from information_schema.columns
        where
            table_catalog = current_database()
            and table_schema = {literal(batch.policy.source.schema)}
            and table_name = {literal(batch.policy.source.identifier)}
        order by ordinal_position
    """)
    return {row["column_name"]: row["data_type"] for row in rows}


def _partition(warehouse: Warehouse, batch: Batch) -> str | None:
    """The partition of a month that is over, where the table has one for it."""
    source = batch.policy.source
    if warehouse.engine != "postgres" or batch.until < batch.next_month:
        return None
    found = warehouse.query(f"""
        select quote_ident(pg_namespace.nspname) || '.' || quote_ident(pg_class.relname) as partition
        from pg_inherits
        inner join pg_class on pg_inherits.inhrelid = pg_class.oid
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where
            pg_inherits.inhparent = to_regclass({literal(f'"{source.schema}"."{source.identifier}"')})
            and pg_class.relname = {literal(f"{source.identifier}_{batch.month:%Y_%m}")}
    """)
    return found[0]["partition"] if found else None


def _holds_all_of(old: Path, new: Path) -> bool:
    with _session() as duck:
        columns = duck.sql(f"from read_parquet({literal(old)})").columns
        if set(columns) - set(duck.sql(f"from read_parquet({literal(new)})").columns):
            return False
        names = ", ".join(f'"{column}"' for column in columns)
        lost = " except all ".join(f"select {names} from read_parquet({literal(file)})" for file in (old, new))
        return not duck.execute(f"select 1 from ({lost}) limit 1").fetchall()


@contextmanager
def _session() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own to read and write files with, in half a gigabyte of memory."""
    with (
        tempfile.TemporaryDirectory(prefix="millwright-archive-") as spill,
        connect_duckdb(config={"threads": 2, "memory_limit": "512MB", "temp_directory": spill}) as duck,
    ):
        duck.execute("set TimeZone = 'UTC'")
        yield duck


def _timestamp(moment: datetime) -> str:
    return f"timestamp {literal(moment)}"


def active_policies(manifest: Manifest, project_dir: Path) -> list[Policy]:
    """The policies that are to be followed, as the seed's file has them.

    Raises MillwrightError (USAGE) that names file and line of a policy, active or not, that cannot be followed.
    """
    path = next(
        (
            node.original_file_path
            for node in manifest.nodes.values()
            if (node.resource_type, node.name) == ("seed", SEED)
        ),
        None,
    )
    if path is None:
        raise MillwrightError(f"the project has no seed {SEED}")
    sources = {source.name: source for source in manifest.sources.values() if source.source_name == "ops"}
    policies: dict[str, Policy] = {}
    active = []
    with (project_dir / path).open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        for line in lines:
            try:
                policy = _policy(line, sources)
                if policy.source.name in policies:
                    raise ValueError(f"{policy.source.name} has a policy already")
            except ValueError as problem:
                raise MillwrightError(f"{path}, line {lines.line_num}: {problem}") from problem
            policies[policy.source.name] = policy
            if line["is_active"].lower() == "true":
                active.append(policy)
    return active


def _policy(line: dict[str, str], sources: dict[str, SourceDefinition]) -> Policy:
    """One policy. Raises ValueError that says what is wrong with it."""
    table, column = line.get("table_name") or "", line.get("time_column") or ""
    if table not in sources:
        raise ValueError(f"there is no landing table {table!r}; there are {', '.join(sorted(sources))}")
    source = sources[table]
    if source.config.meta.get("retention") not in RETENTIONS:
        raise ValueError(
            f"the rows of {table} must never be removed: what holds for ever is told by them (the table has no "
            f"`retention` in {source.original_file_path}); remove the policy"
        )
    times = [name for name, declared in source.columns.items() if declared.data_type == "timestamp"]
    if column not in times:
        raise ValueError(f"{table} has no timestamp {column!r}; it has {', '.join(times)}")
    days = line.get("keep_days") or str(DEFAULT_KEEP_DAYS)
    if not (days.isascii() and days.isdigit() and int(days) <= MOST_KEEP_DAYS):
        raise ValueError(f"keep_days of {table} is {days!r}; it must be a whole number from 0 to {MOST_KEEP_DAYS}")
    if line.get("archive_format") != "parquet":
        raise ValueError(f"archive_format of {table} is {line.get('archive_format')!r}; it must be parquet")
    if (line.get("is_active") or "").lower() not in ("true", "false"):
        raise ValueError(f"is_active of {table} is {line.get('is_active')!r}; it must be true or false")
    return Policy(source, column, int(days))


def print_archived(console: Console, as_of: str, archived: Sequence[Archived]) -> None:
    """Prints what became of the rows of each month."""
    if not archived:
        console.print(f"No row is old enough as of {as_of} UTC.", highlight=False)
        return
    rows = [
        (one.table, f"{one.month:%Y-%m}", f"{one.n_rows:,}", one.outcome, escape(str(one.file))) for one in archived
    ]
    print_table(console, f"Archived as of {as_of} UTC", ("table", "month", "rows", "outcome", "file"), rows)
