"""The project as its house rules see it: the files as written and the manifest as dbt understands them."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PACKAGE = "millwright"
DBT_FOLDERS = ("models/", "macros/", "tests/", "seeds/", "snapshots/", "analyses/")


@dataclass
class House:
    """What there is to check.

    `files` are the texts by path, of all that git keeps or would keep; `manifest` has dbt's nodes, unit tests,
    exposures and the project's own macros, each by unique id; `warnings` are what dbt said while parsing.
    """

    files: dict[str, str]
    manifest: dict[str, Any]
    warnings: list[str]

    def written(self, *suffixes: str, under: tuple[str, ...] = DBT_FOLDERS) -> Iterator[tuple[str, str]]:
        """The files below these folders with one of these suffixes, as (path, text)."""
        return ((path, text) for path, text in self.files.items() if path.startswith(under) and path.endswith(suffixes))

    def nodes(self, resource_type: str) -> list[dict[str, Any]]:
        """dbt's nodes of a type: model, seed, test, …"""
        return [node for node in self.manifest["nodes"].values() if node["resource_type"] == resource_type]

    def macros(self) -> list[dict[str, Any]]:
        """The macros of `macros/`, implementations for an engine included, materializations left out."""
        return [
            macro
            for macro in self.manifest["macros"].values()
            if macro["original_file_path"].startswith("macros/") and not macro["name"].startswith("materialization_")
        ]


def parse(project: Path, scratch: Path) -> tuple[Manifest, list[str]]:
    """Parses the project as for DuckDB, dbt's own files in `scratch`; gives its warnings too. Raises dbt's errors."""
    warnings = []

    def note(event: Any) -> None:
        if event.info.level == "warn":
            warnings.append(event.info.msg)

    options = ["--quiet", "--no-partial-parse", "--target", "duckdb", "--target-path", str(scratch)]
    options += ["--log-path", str(scratch), "--project-dir", str(project), "--profiles-dir", str(project)]
    outcome = dbtRunner(callbacks=[note]).invoke(["parse", "--show-all-deprecations", *options])
    if outcome.exception:
        raise outcome.exception
    return outcome.result, warnings


def read_house(project: Path, manifest: Manifest, warnings: list[str]) -> House:
    """The project in this directory, once parsed."""
    contents = manifest.writable_manifest().to_dict(omit_none=False)
    understood = {kind: contents[kind] for kind in ("nodes", "unit_tests", "exposures", "macros")}
    understood["macros"] = {key: it for key, it in contents["macros"].items() if it["package_name"] == PACKAGE}
    return House(_files(project), understood, warnings)


def _files(project: Path) -> dict[str, str]:
    git = ["git", "-c", "safe.directory=*", "-C", str(project)]
    listing = subprocess.check_output([*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], text=True)
    contents = {path: (project / path).read_bytes() for path in listing.split("\0") if (project / path).is_file()}
    return {path: content.decode() for path, content in contents.items() if b"\0" not in content}
