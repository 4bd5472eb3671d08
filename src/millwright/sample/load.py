"""Loads the sample world into a warehouse, as a loader would land it."""

import duckdb
from psycopg2.extensions import connection as PostgresConnection

from millwright.duckdb_session import connect_duckdb
from millwright.errors import MillwrightError
from millwright.sample.generate import RAW_TABLES, generate, world_parts
from millwright.transfer import copy_to_postgres, create_postgres_table
from millwright.warehouse import Warehouse


def load_sample(warehouse: Warehouse, scale: int = 1, tenth: bool = False) -> dict[str, int]:
    """Replaces the raw tables in an open warehouse by `scale` copies of the sample world; returns the rows per table.

    With `tenth`, each copy has one customer in ten only: the 2,357 whom papers take as their sample.
    All of it happens in the warehouse's own transaction. On PostgreSQL a table that exists is emptied and filled again,
    because views may depend on it. Raises MillwrightError when `scale` is not a whole number of at least 1, for an
    engine other than DuckDB and PostgreSQL, or when raw tables are there that are not the sample world's.
    """
    if warehouse.engine not in ("duckdb", "postgres"):
        raise MillwrightError(
            f"the sample loads into duckdb and postgres, not into {warehouse.engine}; write it as Parquet instead"
        )
    _refuse_to_replace_real_data(warehouse)
    if warehouse.engine == "duckdb":
        return _load_duckdb(warehouse.connection, scale, tenth)
    return _load_postgres(warehouse.connection, scale, tenth)


def _refuse_to_replace_real_data(warehouse: Warehouse) -> None:
    """The known truth about identities, which no real source has, tells the sample world from others."""
    present = {f"{schema}.{name}" for schema, name in warehouse.relations()} & set(RAW_TABLES)
    if present and "raw_truth.identities" not in present:
        raise MillwrightError(
            f"{', '.join(sorted(present))} in {warehouse.target.address} did not come from the sample world, which "
            "replaces raw tables only where it put them; load it into another warehouse"
        )


def _load_duckdb(duck: duckdb.DuckDBPyConnection, scale: int, tenth: bool) -> dict[str, int]:
    generate(duck, scale, tenth)
    return {table: duck.execute(f"select count(*) from {table}").fetchall()[0][0] for table in RAW_TABLES}


def _load_postgres(postgres: PostgresConnection, scale: int, tenth: bool) -> dict[str, int]:
    n_rows = dict.fromkeys(RAW_TABLES, 0)
    with connect_duckdb() as duck:
        for part, queries in enumerate(world_parts(duck, scale, tenth=tenth)):
            for table, query in queries.items():
                if part == 0:
                    _empty_postgres_table(duck, query, postgres, table)
                n_rows[table] += copy_to_postgres(duck, query, postgres, table)
    return n_rows


def _empty_postgres_table(
    duck: duckdb.DuckDBPyConnection, query: str, postgres: PostgresConnection, table: str
) -> None:
    with postgres.cursor() as cursor:
        cursor.execute("select to_regclass(%s)", [table])
        if cursor.fetchone()[0] is not None:
            cursor.execute(f"truncate {table}")
            return
        cursor.execute(f"create schema if not exists {table.split('.')[0]}")
    create_postgres_table(duck, query, postgres, table)
