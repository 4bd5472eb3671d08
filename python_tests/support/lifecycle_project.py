"""The lifecycle's procedures and marts in a small project, called many times a second: one dbt session, many calls."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Any

import pytest
import yaml
from dbt.adapters.factory import get_adapter
from dbt.task.run_operation import RunOperationTask

from support.small_project import SmallProject
from support.world import REPOSITORY, World

AS_OF = datetime(2024, 1, 1)
SEEDS = ("lifecycle_transitions", "quality_gates", "model_health_limits", "retraining_policies", "model_tasks")
GATES = """\
gate_id,environment,model_name,metric,average,segment,limit_kind,limit_value,compared_with,min_n,is_active,description
auc,production,*,roc_auc,positive,split=test,min,0.7,limit,500,true,
loss,production,churn,log_loss,positive,split=test,max,0.02,incumbent,500,true,
latency,staging,*,latency_mean_ms,all,all,max,100,limit,10,true,
off,production,churn,f1,positive,split=test,min,0.99,limit,0,false,
"""
TASKS = """\
model_name,task,positive_class,label_delay_days
churn,binary,true,30
revenue,regression,,0
"""
# What the layers before would have built.
LOADED = {
    "eval_metrics": "model_name text, model_version text, metric text, average text, is_positive_class boolean, "
    "segment text, grain text, value float8, n bigint",
    "mon_prediction_metrics": "model_name text, model_version text, grain text, latency_mean_ms float8, "
    "latency_max_ms float8, n_latencies bigint",
    "mon_prediction_hours": "model_name text, model_version text, hour_starts_at timestamp, n_predictions bigint, "
    "n_latencies bigint, total_latency_ms float8, n_judged bigint, n_right bigint, n_validation_failures bigint, "
    "n_logged_errors bigint, last_event_at timestamp",
    "eval_regression_partials": "model_name text, model_version text, hour_starts_at timestamp, n bigint, "
    "sum_absolute_error float8, sum_absolute_actual float8",
    "mon_drift": "model_name text, model_version text, reference_version text, grain text, period_start_at timestamp, "
    "psi float8, verdict text",
    "eval_holdout_metrics": "model_name text, model_version text, metric text, value float8, n bigint",
    "eval_predictions": "model_name text, model_version text, environment text, entity_id text, event_at timestamp, "
    "known_at timestamp",
    "life_model_versions": "model_name text, model_version text, trained_at timestamp, n_train_rows bigint, "
    "n_outcomes bigint, roc_auc float8, f1 float8",
}


class Refused(Exception):
    """What a procedure said when it would not do it."""


class Procedures:
    """Calls macros on one connection, as `dbt run-operation` would with a process for each."""

    def __init__(self, adapter: Any, manifest: Any):
        self._adapter, self._manifest = adapter, manifest

    def __call__(self, procedure: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._adapter.execute_macro(procedure, macro_resolver=self._manifest, kwargs=arguments)
        except Exception as error:
            self._end_transaction()
            message = str(error).partition("\n\n")[0].split("\n  > in macro")[0]
            raise Refused(" ".join(message.split())) from error

    def rows(self, query: str) -> list[tuple]:
        rows = [tuple(row) for row in self._adapter.execute(query, fetch=True)[1].rows]
        self._end_transaction()
        return rows

    def execute(self, statement: str) -> None:
        self._adapter.execute(f"begin; {statement}; commit")

    def at_once(self, *works: Callable[["Procedures"], Any]) -> list[Any]:
        """What each work returns, or how it was refused; each has a thread and a connection of its own."""

        def run(number: int) -> Any:
            with self._adapter.connection_named(f"caller {number}"):
                try:
                    return works[number](self)
                except Refused as refusal:
                    return refusal

        contexts = [copy_context() for _ in works]
        with ThreadPoolExecutor(len(works)) as pool:
            futures = [pool.submit(context.run, run, number) for number, context in enumerate(contexts)]
            return [future.result() for future in futures]

    def _end_transaction(self) -> None:
        # PostgreSQL begins one with every query; on DuckDB there may be none to end.
        try:
            self._adapter.execute("rollback")
        except Exception as error:
            if "no transaction is active" not in str(error):
                raise


class LifecycleProject(SmallProject):
    """The staging models of the lifecycle's landing tables and its marts but for the chain, with seeds of the test."""

    def __init__(self, world: World):
        marts = sorted((REPOSITORY / "models" / "lifecycle").glob("*.sql"))
        staged = [f"stg_ops__{name}" for name in _landing_tables() if name != "lifecycle_calls"]
        models = {path.stem: path.read_text() for path in marts if not path.stem.startswith("life_prediction_")}
        models = {name: sql for name, sql in models.items() if name not in LOADED}
        models |= {name: (REPOSITORY / "models" / "staging" / "ops" / f"{name}.sql").read_text() for name in staged}
        shares = REPOSITORY / "models" / "intermediate" / "deployments" / "int_deployed_shares.sql"
        models[shares.stem] = shares.read_text()
        declared = yaml.safe_load((REPOSITORY / "models" / "lifecycle" / "_lifecycle__models.yml").read_text())[
            "models"
        ]
        declared = [model for model in declared if model["name"] in models] + [{"name": name} for name in LOADED]
        super().__init__(world, models, declared, _variables())
        for name, columns in LOADED.items():
            self.load(name, columns, [])
        for command in ("seed", "run"):
            result, said = self.dbt(
                command, *(["--select", "path:models/built"] if command == "run" else []), as_of=AS_OF
            )
            assert result.success, said

    def session(self, work: Callable[[Procedures], Any], as_of: datetime = AS_OF) -> Any:
        """What `work` returns, given the procedures at this moment."""
        outcome = []

        def run(task: RunOperationTask, *_: Any) -> None:
            adapter = get_adapter(task.config)
            with adapter.connection_named("procedures"):
                try:
                    outcome.append((work(Procedures(adapter, task.manifest)), None))
                except BaseException as error:
                    outcome.append((None, error))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RunOperationTask, "_run_unsafe", run)
            self.dbt("run-operation", "run_id", as_of=as_of)
        ((answer, error),) = outcome
        if error:
            raise error
        return answer

    def _write(self, models: dict[str, str], declared: list[dict[str, Any]], variables: dict[str, Any]) -> None:
        super()._write(models, declared, variables)
        ops = yaml.safe_load((REPOSITORY / "models" / "staging" / "ops" / "_ops__sources.yml").read_text())
        kept = {*_landing_tables(), "model_versions"}
        ops["sources"][0]["tables"] = [table for table in ops["sources"][0]["tables"] if table["name"] in kept]
        seeds = yaml.safe_load((REPOSITORY / "seeds" / "config" / "_config__seeds.yml").read_text())["seeds"]
        project = yaml.safe_load((self.directory / "dbt_project.yml").read_text())
        project["models"] = {"+materialized": "view"}
        project["on-run-start"] = ["{{ millwright.create_landing_tables() }}"]
        (self.directory / "seeds").mkdir()
        for file, content in {
            "dbt_project.yml": project,
            "models/_sources.yml": ops,
            "seeds/_seeds.yml": {"seeds": [seed for seed in seeds if seed["name"] in SEEDS]},
        }.items():
            (self.directory / file).write_text(yaml.safe_dump(content))
        (self.directory / "seeds" / "quality_gates.csv").write_text(GATES)
        (self.directory / "seeds" / "model_tasks.csv").write_text(TASKS)
        for name in ("lifecycle_transitions", "model_health_limits", "retraining_policies"):
            shutil.copy(REPOSITORY / "seeds" / "config" / f"{name}.csv", self.directory / "seeds")
        for name in ("_docs.md", "_groups.yml"):
            shutil.copy(REPOSITORY / "models" / name, self.directory / "models")


def _variables() -> dict[str, Any]:
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    of_health = {name: value for name, value in project["vars"].items() if name.startswith(("health_", "retraining_"))}
    return {"late_load_days": 3, "history_starts_on": "2023-11-01", "plain_schema": "prod"} | of_health


def _landing_tables() -> list[str]:
    """Landing tables whose rows say which call of a procedure wrote them."""
    sources = yaml.safe_load((REPOSITORY / "models" / "staging" / "ops" / "_ops__sources.yml").read_text())["sources"]
    return [
        table["name"]
        for table in sources[0]["tables"]
        if {"request_id", "recorded_at"} <= {column["name"] for column in table["columns"]}
    ]
