"""A warehouse of its own with the sample world in it, worked on by the command line as a user would."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from millwright.warehouse import load_target, open_warehouse
from support.commands import READING, REPOSITORY, run
from support.postgres_server import PostgresServer, another_database


class World:
    """A target with its own warehouse, dbt target path and log path under `directory`."""

    def __init__(self, target_name: str, directory: Path, postgres: PostgresServer | None, schema: str = "prod"):
        self.directory, self.postgres = directory, postgres
        address = (
            postgres.env() if target_name == "postgres" else {"MILLWRIGHT_DUCKDB_PATH": f"{directory}/world.duckdb"}
        )
        self.variables = address | {
            "MILLWRIGHT_TARGET": target_name,
            "MILLWRIGHT_SCHEMA": schema,
            "DBT_TARGET_PATH": str(directory / "target"),
            "DBT_LOG_PATH": str(directory / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            self.target = load_target(REPOSITORY, target_name)

    def run(self, *command: str) -> str:
        """Runs a command of the environment (`millwright`, `dbt`) in the repository; returns what it prints."""
        exit_code, output = run(command, self.variables)
        assert exit_code == 0, f"{' '.join(command)} ended with {exit_code}:\n{output[-8000:]}"
        return output

    def query(self, sql: str) -> pd.DataFrame:
        """The result of a query, with the same Python types on both engines."""
        with open_warehouse(self.target, read_only=True) as warehouse:
            cursor = warehouse.connection.cursor()
            cursor.execute(sql)
            return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])

    def execute(self, sql: str) -> None:
        """Runs a statement and commits."""
        with open_warehouse(self.target) as warehouse:
            warehouse.execute(sql)

    def relation(self, name: str, columns: Sequence[str] = ("*",)) -> pd.DataFrame:
        """A whole relation, e.g. `evaluation.eval_metrics`, ordered so that two can be compared."""
        frame = self.query(f"select {', '.join(columns)} from {name}")
        # Floats last, since their last digits may differ; whole numbers are floats where some are missing.
        keys = sorted(frame.columns, key=lambda column: pd.api.types.is_float_dtype(frame[column]))
        return frame.sort_values(keys, ignore_index=True)

    def digest(self, name: str, columns: Sequence[str] = ("*",), *, by: Sequence[str]) -> pd.DataFrame:
        """A relation by its sums: how many rows there are of each `by`, what their values add up to as hashes of text.

        Floats are added up by themselves, each times the hash of the rest of its row: what is equal but for rounding
        has sums that are so, and what changes places has not.
        """
        types = self.query(f"""
            select column_name, data_type
            from information_schema.columns
            where table_schema || '.' || table_name = '{name.split()[0]}'
            order by ordinal_position
        """)
        types = types[types["column_name"].isin(columns) | (columns == ("*",))]
        is_float = types["data_type"].str.lower().isin(["double", "double precision"])
        texts = ", ".join(f"coalesce(cast({column} as text), '-')" for column in types[~is_float]["column_name"])
        bits = {
            "duckdb": "cast('0x' || substr(md5({}), 1, 8) as bigint)",
            "postgres": "cast(cast('x' || substr(md5({}), 1, 8) as bit(32)) as bigint)",
        }[self.target.engine].format(f"concat_ws('|', {texts})")
        sums = "".join(
            f", count({column}) as n_{column}, sum({column} * hash) as {column}"
            for column in types[is_float]["column_name"]
        )
        groups = ", ".join(by)
        return self.query(f"""
            select {groups}, count(*) as n_rows, sum(hash) as hash{sums}
            from (select *, {bits} as hash from {name}) as hashed
            group by {groups}
            order by {groups}
        """)


@contextmanager
def copy_of(world: World, directory: Path, name: str) -> Iterator[World]:
    """A copy of a world in the directory, on PostgreSQL with a database named after its own and `name`.

    Nobody may be connected to the world.
    """
    # What dbt has read names the database.
    shutil.copytree(world.directory, directory, ignore=shutil.ignore_patterns(READING))
    if world.target.name == "duckdb":
        yield World("duckdb", directory, world.postgres)
        return
    database = world.postgres.database
    with another_database(world.postgres, f"{database}_{name}", template=database) as copy:
        yield World("postgres", directory, copy)
