"""What the nightly command itself appends to `ops.runs`, `ops.run_steps` and `ops.run_stages`, where dbt cannot.

The tables are made by the first build. What is written before is kept until they are there, or the warehouse is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from millwright.warehouse import Target, Warehouse, literal, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SourceDefinition


def wall_clock() -> datetime:
    """Now in UTC, without a time zone, as the landing tables have it."""
    return datetime.now(UTC).replace(tzinfo=None)


class RunLog:
    """Appends rows to landing tables; those of a project or a warehouse that has no such table are not written."""

    def __init__(self, target: Target, manifest: Manifest):
        self._target = target
        self._tables = {source.name: source for source in manifest.sources.values() if source.source_name == "ops"}
        self._unwritten: list[tuple[str, Mapping[str, Any]]] = []

    def append(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Appends rows; what cannot be written now is, in its order, with later ones."""
        self._unwritten += [(table, row) for row in rows]
        # The log is about the run: that it cannot be written now is no reason to end it.
        with suppress(Exception):
            self._write()

    def _write(self) -> None:
        if self._target.engine == "duckdb" and not self._target.file.exists():
            return
        with open_warehouse(self._target) as warehouse:
            waiting = []
            for name, row in self._unwritten:
                columns = row.keys() & _columns(warehouse, self._tables.get(name))
                if not columns:
                    waiting.append((name, row))
                    continue
                given = {column: row[column] for column in row if column in columns}
                warehouse.execute(
                    f"insert into {self._tables[name].relation_name} ({', '.join(given)}) "
                    f"values ({', '.join(map(literal, given.values()))})"
                )
        self._unwritten = waiting

    def newest_as_of(self, warehouse: Warehouse) -> datetime | None:
        """The newest `as_of` of a run since the last full refresh, failed ones too; None if there is none."""
        table = self._tables.get("runs")
        if not _columns(warehouse, table):
            return None
        return warehouse.query(f"""
            select max(as_of) as as_of
            from {table.relation_name}
            where event = 'started' and recorded_at >= coalesce(
                (select max(recorded_at) from {table.relation_name} where event = 'started' and is_full_refresh),
                cast('0001-01-01' as timestamp)
            )
        """)[0]["as_of"]

    def runs(self, warehouse: Warehouse) -> list[dict[str, Any]]:
        """Runs of pipelines with the `status` that `mon_runs` gives them, the oldest first."""
        table = self._tables.get("runs")
        if "pipeline_id" not in _columns(warehouse, table):
            return []
        return warehouse.query(f"""
            with events as (
                select
                    *,
                    min(recorded_at) over (partition by run_id) as started_at,
                    row_number() over (
                        partition by run_id
                        order by recorded_at desc, case when event = 'started' then 0 else 1 end desc
                    ) as newness
                from {table.relation_name}
                where pipeline_id is not null and (event in ('started', 'died') or invocation_id is null)
            )
            select
                run_id,
                invocation_id,
                pipeline_id,
                command,
                target_name,
                as_of,
                is_full_refresh,
                started_at,
                case when event = 'started' then 'running' else event end as status
            from events
            where newness = 1
            order by started_at
        """)


def last_runs(target: Target, manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Of each pipeline its last run. Raises MillwrightError (UNAVAILABLE, LOCKED) when the warehouse cannot be read."""
    with open_warehouse(target, read_only=True) as warehouse:
        return {run["pipeline_id"]: run for run in RunLog(target, manifest).runs(warehouse)}


def _columns(warehouse: Warehouse, table: SourceDefinition | None) -> set[str]:
    """Columns that a landing table has in the warehouse; none if it is not there."""
    if table is None:
        return set()
    return {
        row["column_name"]
        for row in warehouse.query(f"""
            select column_name
            from information_schema.columns
            where table_schema = {literal(table.schema)} and table_name = {literal(table.identifier)}
        """)
    }
