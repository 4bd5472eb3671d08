"""A small project for the nightly command: this one's macros, hooks and landing tables about runs, a test's models."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from millwright.project import Project
from millwright.warehouse import load_target, open_warehouse
from support.command_line import clear_environment
from support.world import REPOSITORY

LANDING_TABLES = ("runs", "run_steps", "run_stages", "run_nodes", "run_edges", "alert_events", "source_watermarks")
SEED = "seeds/config/pipelines.csv"
HEADER = (REPOSITORY / SEED).read_text().splitlines()[0]


def write_nightly_project(
    directory: Path,
    models: Mapping[str, str],
    pipelines: Sequence[str],
    unselected: Sequence[str] = (),
    public: Sequence[str] = (),
) -> None:
    """Writes the project: SQL by model, and lines of the seed of pipelines; with dbt's cache of it.

    The selector `nightly` has all but the `unselected` models; the `public` ones are published.
    Its raw tables are `shop.purchases`, with the column loaded_at and a freshness of a day and two, and `shop.refunds`.
    """
    for name, sql in models.items():
        _write(directory / "models" / "staging" / f"{name}.sql", sql)
    freshness = {"warn_after": {"count": 1, "period": "day"}, "error_after": {"count": 2, "period": "day"}}
    purchases = {"name": "purchases", "config": {"loaded_at_field": "loaded_at", "freshness": freshness}}
    shop = {"name": "shop", "schema": "raw_shop", "tables": [purchases, {"name": "refunds"}]}
    ops = _declared("models/staging/ops/_ops__sources.yml", "sources", "ops")
    ops["tables"] = [table for table in ops["tables"] if table["name"] in LANDING_TABLES]
    access = [{"name": name, "config": {"access": "public"}} for name in public]
    selector = {"union": [{"method": "fqn", "value": "*"}, {"exclude": list(unselected)}]}
    hooks = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    project = {
        "name": "millwright",
        "profile": "millwright",
        "flags": {"send_anonymous_usage_stats": False},
        "vars": {"plain_schema": "prod"},
        "models": {"+materialized": "table"},
        "on-run-start": hooks["on-run-start"],
        "on-run-end": hooks["on-run-end"],
    }
    for file, content in {
        "models/staging/_sources.yml": {"sources": [shop, ops], "models": access},
        "seeds/config/_seeds.yml": {"seeds": [_declared("seeds/config/_config__seeds.yml", "seeds", "pipelines")]},
        "selectors.yml": {"selectors": [{"name": "nightly", "definition": selector}]},
        "dbt_project.yml": project,
    }.items():
        _write(directory / file, yaml.safe_dump(content))
    _write(directory / SEED, "\n".join((HEADER, *pipelines, "")))
    for number, file in enumerate((REPOSITORY / "models").rglob("*_docs.md")):
        shutil.copy(file, directory / "models" / f"docs_{number}.md")
    shutil.copy(REPOSITORY / "profiles.yml", directory)
    (directory / "macros").symlink_to(REPOSITORY / "macros")
    # So that not every test waits for a full parse.
    with pytest.MonkeyPatch.context() as patch:
        clear_environment(patch)
        Project(directory, load_target(directory)).parse()


def copy_nightly_project(written: Path, directory: Path, patch: pytest.MonkeyPatch) -> None:
    """Makes the directory, with a copy of a written project, the current one, and a DuckDB file in it the warehouse."""
    clear_environment(patch)
    shutil.copytree(written, directory, dirs_exist_ok=True, symlinks=True)
    patch.chdir(directory)
    patch.setenv("MILLWRIGHT_SCHEMA", "prod")


def execute(project: Path, sql: str) -> None:
    """Executes a statement in the warehouse that the environment and the project point to."""
    with open_warehouse(load_target(project)) as warehouse:
        warehouse.execute(sql)


def query(project: Path, sql: str) -> list[tuple]:
    """The rows of a query of that warehouse."""
    with open_warehouse(load_target(project), read_only=True) as warehouse:
        return [tuple(row.values()) for row in warehouse.query(sql)]


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def _declared(file: str, kind: str, name: str) -> dict[str, Any]:
    entries = yaml.safe_load((REPOSITORY / file).read_text())[kind]
    return next(entry for entry in entries if entry["name"] == name)
