"""The dbt project: parsed, compiled and built in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Target, find_profiles_dir

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# dbt says nothing itself: what a person should see comes through the callback, everything goes to its log file.
_SILENT = ("--quiet", "--no-print", "--log-level", "none", "--log-level-file", "debug")


@dataclass(frozen=True)
class Project:
    """A dbt project and the target it is used with.

    With a `scratch` directory everything that dbt writes goes there, and nothing in the project changes.
    """

    directory: Path
    target: Target
    scratch: Path | None = None

    @property
    def target_path(self) -> Path:
        """Where dbt puts its artifacts, such as `run_results.json`."""
        return self.directory / os.environ.get("DBT_TARGET_PATH", "target")

    @property
    def log_file(self) -> Path:
        """Where dbt writes its own log."""
        return Path(os.environ.get("DBT_LOG_PATH", self.directory / "logs")) / "dbt.log"

    def parse(self) -> Manifest:
        """Reads the project. Raises MillwrightError (BUILD_FAILED) with dbt's message if it cannot."""
        return self._invoke(["parse"])

    def build(
        self,
        manifest: Manifest,
        arguments: Sequence[str],
        variables: dict[str, Any],
        callback: Callable[[EventMsg], None],
    ) -> Sequence[NodeResult]:
        """Runs `dbt build` on a parsed project; `callback` gets every event, from dbt's worker threads.

        Returns the results of nodes and hooks, failed ones included. Raises MillwrightError (BUILD_FAILED) when dbt
        could not begin.
        """
        return self._invoke(["build", *arguments], variables, manifest, [callback]).results

    def selected(self, manifest: Manifest, selection: Sequence[str]) -> list[str]:
        """Unique ids of the nodes of a parsed project that a build with these arguments would run.

        Raises MillwrightError (BUILD_FAILED) with dbt's message if the selection cannot be understood.
        """
        listed = self._invoke(["ls", *selection, "--output", "json", "--output-keys", "unique_id"], manifest=manifest)
        unique_ids = (json.loads(line)["unique_id"] for line in listed)
        return [unique_id for unique_id in unique_ids if unique_id in {**manifest.nodes, **manifest.unit_tests}]

    def compile(self, manifest: Manifest, unique_id: str, variables: dict[str, Any]) -> str:
        """The query of a model of a parsed project, as dbt would run it tonight.

        Raises MillwrightError (BUILD_FAILED) with dbt's message if it cannot be compiled.
        """
        name = manifest.nodes[unique_id].name
        results = self._invoke(["compile", "--select", name], variables, manifest).results
        return next(result.node.compiled_code for result in results if result.node.unique_id == unique_id)

    def run_operation(
        self, manifest: Manifest, macro: str, arguments: dict[str, Any], variables: dict[str, Any] | None = None
    ) -> str:
        """What a macro of a parsed project says last by `log(…, info=true)`.

        Raises MillwrightError (BUILD_FAILED) with dbt's message if it fails.
        """
        said, refused = [], []

        def listen(event: EventMsg) -> None:
            if event.info.name == "JinjaLogInfo":
                said.append(event.data.msg)
            # dbt tells of it, and returns as if nothing had happened.
            elif event.info.name in ("RunningOperationCaughtError", "RunningOperationUncaughtError"):
                refused.append(event.data.exc)

        command = ["run-operation", macro, "--args", json.dumps(arguments)]
        self._invoke(command, variables, manifest, [listen])
        if refused:
            raise MillwrightError(refused[0], ExitCode.BUILD_FAILED)
        return said[-1]

    def _invoke(
        self,
        command: Sequence[str],
        variables: dict[str, Any] | None = None,
        manifest: Manifest | None = None,
        callbacks: Sequence[Callable[[EventMsg], None]] = (),
    ) -> Any:
        from dbt.cli.main import dbtRunner
        from dbt_common.exceptions import DbtBaseException

        arguments = [*_SILENT, *command, "--target", self.target.name]
        arguments += ["--project-dir", str(self.directory), "--profiles-dir", str(find_profiles_dir(self.directory))]
        if variables:
            arguments += ["--vars", json.dumps(variables)]
        if self.scratch:
            arguments += ["--target-path", str(self.scratch), "--log-path", str(self.scratch)]
            if (read_before := self.target_path / "partial_parse.msgpack").exists():
                arguments += ["--partial-parse-file-path", str(read_before)]
        try:
            # Given a manifest, dbt does not change into the project, and a relative DuckDB path would lead elsewhere.
            with chdir(self.directory):
                outcome = dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke(arguments)
        finally:
            _release_duckdb()
        if outcome.exception is None:
            return outcome.result
        if isinstance(outcome.exception, DbtBaseException):
            raise MillwrightError(f"dbt {command[0]}: {outcome.exception}", ExitCode.BUILD_FAILED)
        raise outcome.exception


def landing_table(manifest: Manifest, name: str) -> str:
    """The relation of a table of the source `ops`, as SQL writes it."""
    return next(
        source.relation_name
        for source in manifest.sources.values()
        if (source.source_name, source.name) == ("ops", name)
    )


def _release_duckdb() -> None:
    """Closes the database that dbt-duckdb keeps open between invocations: one process, one configuration of a file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()
