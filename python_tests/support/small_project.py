"""A small dbt project in a warehouse of its own: this one's macros and generic tests, with dbt models of a test."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from millwright.warehouse import open_warehouse
from support.world import REPOSITORY, World

_last_read: dict[str, Path] = {}


class SmallProject:
    """`models` are built by dbt, by name their SQL; `declared` is the YAML of dbt models, those of loaded tables too;
    `variables` are the project's vars.

    Everything stands in the target schema of the world. The project has the name of this one, so that its macros are
    called as they are everywhere.
    """

    def __init__(
        self,
        world: World,
        models: dict[str, str],
        declared: list[dict[str, Any]],
        variables: dict[str, Any] | None = None,
    ):
        self.world = world
        self.schema = world.target.schema
        self.directory = world.directory / "project"
        self._write(models, declared, variables or {})
        world.execute(f"create schema if not exists {self.schema}")
        self.manifest = None
        self.manifest = self._read()

    def load(self, table: str, columns: str, rows: Sequence[tuple]) -> None:
        """A table with these rows; `columns` are written as in `create table`."""
        self.world.execute(f"create table {self.schema}.{table} ({columns})")
        self.insert(table, rows)
        self.world.execute(f"analyze {self.schema}.{table}")

    def insert(self, table: str, rows: Sequence[tuple]) -> None:
        def literal(value: object) -> str:
            return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

        values = ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)
        if values:
            self.world.execute(f"insert into {self.schema}.{table} values {values}")

    def rows(self, query: str) -> list[dict[str, Any]]:
        with open_warehouse(self.world.target, read_only=True) as warehouse:
            return warehouse.query(query)

    def run(self, as_of: datetime, *selected: str) -> dict[str, Any]:
        """Builds dbt models, by default all of them; dbt's results by their names."""
        options = ["--select", *(selected or ["path:models/built"])]
        return {result.node.name: result for result in self.dbt("run", *options, as_of=as_of)[0].result}

    def dbt(self, command: str, *options: str, as_of: datetime, **variables: Any) -> tuple[dbtRunnerResult, str]:
        """What a command of dbt returns and says, with further vars; in this process, for speed."""
        said = []
        variables = json.dumps({"as_of": f"{as_of:%Y-%m-%d}", "plain_schema": self.schema} | variables)
        places = ["--project-dir", str(self.directory), "--profiles-dir", str(REPOSITORY)]
        target = ["--target", self.world.target.name, "--vars", variables]
        if self.manifest is not None:
            self.manifest.nodes.pop("sql_operation.millwright.inline_query", None)
        runner = dbtRunner(manifest=self.manifest, callbacks=[lambda event: said.append(event.info.msg)])
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.world.variables.items():
                patch.setenv(name, value)
            result = runner.invoke(["--quiet", command, *target, *places, *options])
        # DuckDB's file is open for one configuration at a time within a process.
        DuckDBConnectionManager.close_all_connections()
        return result, "\n".join(said)

    def _read(self) -> Manifest:
        """The project as dbt reads it, which begins with what this process has read of the last one on the engine."""
        options = []
        if (last := _last_read.get(self.world.target.name)) is not None:
            options = ["--partial-parse-file-path", str(last)]
        parsed, said = self.dbt("parse", *options, as_of=datetime(2000, 1, 1))
        assert parsed.success, said or parsed.exception
        # Of a project whose every file is as in the last one, dbt leaves nothing.
        if (read := Path(self.world.variables["DBT_TARGET_PATH"], "partial_parse.msgpack")).exists():
            _last_read[self.world.target.name] = read
        return parsed.result

    def _write(self, models: dict[str, str], declared: list[dict[str, Any]], variables: dict[str, Any]) -> None:
        project = {
            "name": "millwright",
            "profile": "millwright",
            "models": {"+materialized": "table"},
            "vars": variables,
        }
        loaded = {model["name"]: "select 'loaded by the test' as nothing" for model in declared}
        for name in models:
            loaded.pop(name, None)
        for folder, sql_by_name in (("built", models), ("loaded", loaded)):
            (self.directory / "models" / folder).mkdir(parents=True)
            for name, sql in sql_by_name.items():
                (self.directory / "models" / folder / f"{name}.sql").write_text(sql)
        (self.directory / "models" / "_models.yml").write_text(yaml.safe_dump({"models": declared}))
        (self.directory / "dbt_project.yml").write_text(yaml.safe_dump(project))
        (self.directory / "macros").symlink_to(REPOSITORY / "macros")
        (self.directory / "tests").mkdir()
        (self.directory / "tests" / "generic").symlink_to(REPOSITORY / "tests" / "generic")
