"""Runs of dbt on a warehouse, a DuckDB file or a PostgreSQL cluster: the command, and where its time went."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.frame import Run
from benchmarks.markdown import markdown_table
from benchmarks.measure import Command
from benchmarks.postgres import on_postgres

PROJECT = Path(__file__).parents[1]
STEP = ("started_at", "completed_at")
# The command `dbt`, which looks for garbage as seldom as a night of `millwright` has it do.
DBT = """
import gc

from dbt.cli.main import cli

from millwright.cli import COLLECTED_AFTER

gc.set_threshold(COLLECTED_AFTER)
cli()
"""


def dbt_build(warehouse: Path, work: Path, as_of: str, selection: Sequence[str], **variables: str) -> Command:
    """Builds in the file `warehouse`; dbt's own files go to `work`, from where it reads the project anew."""
    return dbt("build", PROJECT, warehouse, work, {"as_of": as_of, **variables}, selection)


def dbt(
    subcommand: str, project: Path, warehouse: Path, work: Path, variables: Mapping[str, str], selection: Sequence[str]
) -> Command:
    """A command of dbt for a project in `warehouse`, a file or a cluster; dbt's own files go to `work`."""
    is_cluster = warehouse.is_dir()
    arguments = ["--project-dir", str(project), "--profiles-dir", str(PROJECT)]
    arguments += ["--target", "postgres" if is_cluster else "duckdb", "--vars", json.dumps(variables), *selection]
    command = Command(
        [sys.executable, "-c", DBT, subcommand, *arguments],
        {
            "MILLWRIGHT_SCHEMA": "prod",
            "DBT_TARGET_PATH": str(work / "target"),
            "DBT_LOG_PATH": str(work / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
            "DO_NOT_TRACK": "1",
        },
    )
    if is_cluster:
        return on_postgres(command, warehouse)
    return replace(command, environment={**command.environment, "MILLWRIGHT_DUCKDB_PATH": str(warehouse)})


def compiled_queries(
    warehouse: Path, models: Mapping[str, str], declared: Sequence[Mapping[str, object]] = (), **variables: str
) -> dict[str, str]:
    """The SQL of dbt models by their names, as dbt compiles them with the macros of the project and no other dbt model.

    `declared` is the YAML of tables in the file `warehouse` that they refer to.
    """
    with tempfile.TemporaryDirectory() as directory:
        project, work = Path(directory, "project"), Path(directory, "work")
        (project / "models").mkdir(parents=True)
        (project / "macros").symlink_to(PROJECT / "macros")
        (project / "dbt_project.yml").write_text("{name: millwright, profile: millwright}")
        (project / "models" / "_models.yml").write_text(json.dumps({"models": list(declared)}))
        loaded = {table["name"]: "select 'loaded by the case' as nothing" for table in declared}
        for name, sql in (loaded | dict(models)).items():
            (project / "models" / f"{name}.sql").write_text(sql)
        command = dbt("compile", project, warehouse, work, variables, ["--select", *models])
        subprocess.run(
            command.arguments, env={**os.environ, **command.environment}, check=True, stdout=subprocess.DEVNULL
        )
        compiled = work / "target" / "compiled" / "millwright" / "models"
        return {name: (compiled / f"{name}.sql").read_text(encoding="utf-8") for name in models}


def has_succeeded(work: Path) -> bool:
    """Whether the run of dbt whose own files are in `work` came to its end without an error."""
    results = work / "target" / "run_results.json"
    if not results.exists():
        return False
    outcome = json.loads(results.read_text(encoding="utf-8"))
    return all(node["status"] == "success" for node in outcome["results"])


def _models(run: Run) -> list[dict[str, Any]]:
    """What dbt says of every dbt model that the run built."""
    outcome = json.loads((run.work / "target" / "run_results.json").read_text(encoding="utf-8"))
    return [node for node in outcome["results"] if node["unique_id"].startswith("model.")]


def _from_first_to_last(models: Sequence[Mapping[str, Any]]) -> float:
    """Seconds from the beginning of the first dbt model to the end of the last one."""
    moments = [datetime.fromisoformat(step[at]) for model in models for step in model["timing"] for at in STEP]
    return (max(moments) - min(moments)).total_seconds()


def _in_statements(run: Run) -> float:
    """Seconds that the warehouse took for the statements of dbt models, those of both threads added up."""
    log = (run.work / "logs" / "dbt.log").read_text(encoding="utf-8")
    return sum(map(float, re.findall(r"\[Thread-.*SQL status: .* in ([0-9.]+) seconds", log)))


def seconds_of_models(runs: Mapping[str, Run]) -> str:
    """Markdown: what each dbt model took in each of the runs, and all of them by the clock and in the warehouse."""
    models = {contender: _models(run) for contender, run in runs.items()}
    seconds = {
        contender: {model["unique_id"].split(".")[-1]: model["execution_time"] for model in built}
        for contender, built in models.items()
    }
    names = sorted({name for by_model in seconds.values() for name in by_model})
    rows = [[f"`{name}`", *(f"{by_model.get(name, 0):.2f}" for by_model in seconds.values())] for name in names]
    rows.append(["all of them, added up", *(f"{sum(by_model.values()):.2f}" for by_model in seconds.values())])
    rows.append(["all of them, by the clock", *(f"{_from_first_to_last(built):.2f}" for built in models.values())])
    rows.append(["their statements, added up", *(f"{_in_statements(run):.2f}" for run in runs.values())])
    notes = "Seconds of the dbt models themselves (last run), of which two are under way at a time:\n\n"
    return notes + markdown_table(["model", *seconds], rows)


def where_time_went(build: str, run: Run) -> str:
    """Markdown: what a run of `dbt build` spent its time on, and its slowest models."""
    outcome = json.loads((run.work / "target" / "run_results.json").read_text(encoding="utf-8"))
    nodes = [(node["execution_time"], *node["unique_id"].split(".")[::2]) for node in outcome["results"]]
    seconds, count = Counter(), Counter()
    for taken, kind, _ in nodes:
        seconds[kind] += taken
        count[kind] += 1
    work = ", ".join(f"{count[kind]} {kind}s {taken:.1f} s" for kind, taken in seconds.most_common() if taken >= 0.05)
    starting = run.measurement.seconds - outcome["elapsed_time"]
    slowest = sorted((node for node in nodes if node[1] == "model"), reverse=True)[:5]
    return (
        f"Where the time of *{build}* went (last run): {starting:.1f} s to start dbt and read the project; then, "
        f"added up over two threads, {work}. The slowest models:\n\n"
        + markdown_table(["model", "seconds"], [(f"`{name}`", f"{taken:.1f}") for taken, _, name in slowest])
    )
