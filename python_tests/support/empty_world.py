"""A warehouse whose raw tables are there and empty, for tests that deliver every row themselves."""

from collections.abc import Iterable

import yaml

from support.world import REPOSITORY, World


def create_raw_tables(world: World) -> None:
    """Makes every raw table that staging reads, with the columns that its YAML names."""
    for path in sorted((REPOSITORY / "models" / "staging").glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            if source["name"] == "ops":
                continue
            world.execute(f"create schema if not exists raw_{source['name']}")
            for table in source["tables"]:
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in table["columns"])
                world.execute(f"create table raw_{source['name']}.{table['name']} ({columns})")


def deliver(world: World, rows: Iterable[tuple[str, dict[str, str]]]) -> None:
    """Inserts (raw table, row) pairs; columns that a row does not name stay NULL."""
    statements = []
    for table, row in rows:
        values = ", ".join(f"'{value}'" for value in row.values())
        statements.append(f"insert into {table} ({', '.join(row)}) values ({values});")
    world.execute("\n".join(statements))
