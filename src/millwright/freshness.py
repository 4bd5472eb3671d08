"""The raw tables before a run: whether they are there, and how old their newest rows are beside the run's `as_of`.

The limits are dbt's own, `freshness` and `loaded_at_field` in the YAML of the sources. `dbt source freshness` cannot
measure them here: it compares with the wall clock, and a night that is caught up on a day later would be stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Warehouse, literal

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SourceDefinition


@dataclass(frozen=True)
class Age:
    """How old the newest row of a raw table is, None without a row; `verdict` is dbt's: `pass`, `warn` or `error`."""

    relation: str
    age: timedelta | None
    verdict: str

    def __str__(self) -> str:
        newest = "has no row that was loaded by then" if self.age is None else f"is {_describe(self.age)} old"
        return f"{self.relation} {newest}"


def raw_tables(manifest: Manifest, names: Sequence[str] = ()) -> list[SourceDefinition]:
    """The raw tables `source.table`, all if none is named; the source `ops` is left out: the build makes its tables."""
    return [
        source
        for source in manifest.sources.values()
        if source.source_name != "ops" and (not names or f"{source.source_name}.{source.name}" in names)
    ]


def check_presence(warehouse: Warehouse, tables: Sequence[SourceDefinition]) -> None:
    """Raises MillwrightError (UNAVAILABLE) naming the raw tables that are not there."""
    present = warehouse.relations()
    missing = sorted(
        f"{table.schema}.{table.identifier}" for table in tables if (table.schema, table.identifier) not in present
    )
    if missing:
        raise MillwrightError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {warehouse.target.address}; "
            "load the sample world with `millwright sample` or point the var `raw_schemas` at your own tables",
            ExitCode.UNAVAILABLE,
        )


def ages(warehouse: Warehouse, tables: Sequence[SourceDefinition], as_of: str) -> list[Age]:
    """Of each raw table with limits, the age of the newest row that was loaded by `as_of`."""
    return [
        _age(warehouse, table, as_of)
        for table in tables
        if table.loaded_at_field and table.freshness and (table.freshness.warn_after or table.freshness.error_after)
    ]


def _age(warehouse: Warehouse, table: SourceDefinition, as_of: str) -> Age:
    column, moment = table.loaded_at_field, f"cast({literal(as_of)} as timestamp)"
    only = f" and ({table.freshness.filter})" if table.freshness.filter else ""
    newest = warehouse.query(f"""
        select max({column}) as loaded_at
        from {table.relation_name}
        where {column} <= {moment}{only}
    """)[0]["loaded_at"]
    age = None if newest is None else datetime.fromisoformat(as_of) - newest
    verdict = str(table.freshness.status(inf if age is None else age.total_seconds()))
    return Age(f"{table.schema}.{table.identifier}", age, verdict)


def _describe(age: timedelta) -> str:
    """A length of time in the largest unit of which it has two, e.g. `3 days` or `30 hours`."""
    for unit, seconds in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if age.total_seconds() >= 2 * seconds:
            return f"{age.total_seconds() / seconds:.0f} {unit}"
    return f"{age.total_seconds():.0f} seconds"
