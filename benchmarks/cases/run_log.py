"""What it costs a night to log itself."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import yaml

from benchmarks.dbt_build import PROJECT, dbt_build
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.markdown import markdown_table
from benchmarks.measure import Command
from benchmarks.sample_data import raw_warehouse

AS_OF = "1998-07-01"
WAREHOUSE = "warehouse.duckdb"
NIGHT = "dbt build"
LOGGING = ("log_run_started", "log_run_finished", "log_run_lineage", "raise_run_alerts")


class RunLog(Case):
    description = """
what it costs a night to log itself

One night that builds the sample world from its raw tables, with all tests, on DuckDB. Its hooks write the run, every
node that it sets out to work on, how each of them ended, the edges between them with their rows, and alerts about runs:
before the first node and after the last, when nothing else works.
"""
    unit = "million purchases"
    contenders = (NIGHT,)

    def prepare(self, scale: int, data: Path) -> Path:
        return raw_warehouse(scale, data)

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1e6 from raw_shop.purchases").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        warehouse = shutil.copyfile(inputs, work / WAREHOUSE)
        return dbt_build(warehouse, work, AS_OF, ("--selector", "nightly"))

    def check(self, works: Mapping[str, Path]) -> str:
        with duckdb.connect(works[NIGHT] / WAREHOUSE, read_only=True) as duck:
            planned, ended = duck.execute("""
                select count(*), count(steps.node_id)
                from ops.run_nodes as nodes
                left join ops.run_steps as steps on nodes.run_id = steps.run_id and nodes.node_id = steps.node_id
                where nodes.resource_type in ('model', 'seed', 'test')
            """).fetchall()[0]
        if planned != ended or not planned:
            raise Disagreement(f"{planned} nodes were set out for, and {ended} have an ending in the log.")
        return f"All {planned} models, seeds and tests that the run set out for have their ending in the log."

    def notes(self, runs: Mapping[str, Run]) -> str:
        run = runs[NIGHT]
        outcome = json.loads((run.work / "target" / "run_results.json").read_text(encoding="utf-8"))
        hooks = hooks_of_project()
        seconds = {
            hooks[node["unique_id"].split("millwright-")[-1]]: node["execution_time"]
            for node in outcome["results"]
            if node["unique_id"].startswith("operation.")
        }
        logging = sum(seconds[name] for name in LOGGING)
        share = logging / run.measurement.seconds
        rows = [(f"`{name}`", f"{taken:.2f}") for name, taken in seconds.items()]
        return f"Logging took {logging:.1f} s, {share:.1%} of the last run. The hooks:\n\n" + markdown_table(
            ["hook", "seconds"], rows
        )


def hooks_of_project() -> dict[str, str]:
    """The macro that each hook of a run calls, by the end of dbt's name for the hook, e.g. `on-run-end-0`."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return {
        f"{moment}-{number}": re.search(r"millwright\.(\w+)", hook)[1]
        for moment in ("on-run-start", "on-run-end")
        for number, hook in enumerate(project[moment])
    }


CASE = RunLog()
