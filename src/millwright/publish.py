"""Publishing: the public models of a DuckDB warehouse as one file that readers may hold open while the next is made.

Public models with personal data stay in the warehouse, since whoever has the file can read all of it, and so do views
that are for look-ups only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Target, Warehouse, literal, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ModelNode

# The oldest format that holds our tables: BI tools with DuckDB 1.2 or newer can read it.
STORAGE_VERSION = "v1.2.0"


@dataclass(frozen=True)
class Publication:
    """What a published file holds: rows by `schema.table`, and the models for it that are not built yet."""

    file: Path
    rows: dict[str, int]
    missing: tuple[str, ...]


def default_destination(target: Target) -> Path:
    """The published file: MILLWRIGHT_PUBLISHED_PATH, else `millwright_published.duckdb` beside the warehouse."""
    if configured := os.environ.get("MILLWRIGHT_PUBLISHED_PATH"):
        return Path(configured).absolute()
    return target.file.with_name("millwright_published.duckdb")


def public_models(manifest: Manifest) -> list[ModelNode]:
    """The project's models with `access: public`, by schema and name."""
    nodes = (node for node in manifest.nodes.values() if node.resource_type == "model" and node.access == "public")
    return sorted(nodes, key=lambda node: (node.schema, node.alias))


def is_published(model: ModelNode) -> bool:
    """Whether a public model is copied: not if `config.meta` has `is_published: false`, or a column `is_personal`."""
    is_personal = any(column.config.meta.get("is_personal") for column in model.columns.values())
    return not is_personal and model.config.meta.get("is_published", True)


def publish(target: Target, manifest: Manifest, destination: Path | None = None) -> Publication:
    """Copies the published models, views too as tables, into a new file and puts it in the destination's place at once.

    Whoever has the old file open goes on reading it. Ended in the middle, the old file stays; what is left over is
    removed by the next call. While no public model is built, nothing is written. The caller holds the warehouse's lock.
    Raises MillwrightError: USAGE for an engine other than DuckDB, UNAVAILABLE when the destination cannot be written.
    """
    if target.engine != "duckdb":
        raise MillwrightError(
            f"only a DuckDB warehouse is published to a file; readers query {target.address} directly"
        )
    destination = destination or default_destination(target)
    if destination.resolve() == target.file:
        raise MillwrightError(f"{destination} is the warehouse itself; publish to another file")
    unfinished = destination.with_name(f"{destination.name}.unfinished")
    models = [model for model in public_models(manifest) if is_published(model)]
    with open_warehouse(target, read_only=True) as warehouse:
        built = warehouse.relations()
        present = [model for model in models if (model.schema, model.alias) in built]
        missing = tuple(model.name for model in models if model not in present)
        if not present:
            return Publication(destination, {}, missing)
        try:
            _remove(unfinished)
            rows = _copy(warehouse, present, unfinished)
            flush(unfinished)
            unfinished.replace(destination)
            flush(destination.parent)
        except (OSError, duckdb.IOException) as error:
            raise MillwrightError(f"{destination} cannot be written: {error}", ExitCode.UNAVAILABLE) from error
    return Publication(destination, rows, missing)


def _copy(warehouse: Warehouse, models: Sequence[ModelNode], file: Path) -> dict[str, int]:
    warehouse.execute(
        f"attach {literal(str(file))} as published (read_write, storage_version {literal(STORAGE_VERSION)})"
    )
    rows = {}
    for model in models:
        table = f'published."{model.schema}"."{model.alias}"'
        warehouse.execute(f'create schema if not exists published."{model.schema}"')
        warehouse.execute(f"create table {table} as select * from {model.relation_name}")
        warehouse.execute(f"comment on table {table} is {literal(model.description)}")
        columns = {row["column_name"] for row in warehouse.query(f"describe {table}")}
        for column in model.columns.values():
            if column.name in columns:
                warehouse.execute(f'comment on column {table}."{column.name}" is {literal(column.description)}')
        rows[f"{model.schema}.{model.alias}"] = warehouse.query(f"select count(*) as n from {table}")[0]["n"]
    warehouse.connection.commit()
    warehouse.execute("detach published")
    warehouse.connection.begin()
    return rows


def _remove(file: Path) -> None:
    """Removes a file that an interrupted publication left behind, and its write-ahead log."""
    for leftover in (file, file.with_name(f"{file.name}.wal")):
        leftover.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Makes a file's content, or a directory's entries, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
