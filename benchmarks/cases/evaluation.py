"""Metrics of logged predictions, against scikit-learn and SQL by hand; and nights on ever longer histories."""

import json
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import yaml

from benchmarks import peers
from benchmarks.dbt_build import PROJECT, dbt
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.markdown import markdown_table
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

ALIGN, MARTS, NIGHT = "dbt: predictions and outcomes together", "dbt: all metrics", "dbt: a night"
SKLEARN, SKLEARN_NUMBERS, BY_HAND = "scikit-learn", "scikit-learn, classes as numbers", "SQL by hand"
PEERS = Path(peers.__file__).parent / "evaluation"
WAREHOUSE, ANSWER = "warehouse.duckdb", "answer.parquet"
TOLERANCE = 1e-9

AS_OF = datetime(2025, 6, 1)
PER_DAY, MODELS, DAYS_OF_VERSION, OUTCOME_DELAY_DAYS = 100_000, 4, 30, 7
PARTIALS = (
    *("eval_hours", "eval_confusion_partials", "eval_label_partials", "eval_score_partials"),
    *("eval_periods", "eval_ordered_metrics"),
)
METRICS = ("eval_confusion_cells", "eval_class_metrics", "eval_score_metrics", "eval_calibration")
VIEWS = ("eval_class_scores", "eval_label_judgements")
STAGING = ("stg_ops__predictions", "base_ops__predictions", "stg_ops__outcomes", "base_ops__outcomes")
SEEDS = {
    "model_tasks": "model_name text, task text, positive_class text, label_delay_days integer",
    "label_aliases": "model_name text, alias text, class_name text",
}


class Evaluation(Case):
    description = f"""
metrics of logged predictions, with scikit-learn and with SQL by hand

The scale is the number of predictions in millions: {PER_DAY:,} a day by {MODELS} binary models, each with a new version
every {DAYS_OF_VERSION} days, scores with all the digits of a float, outcomes {OUTCOME_DELAY_DAYS} days later. Asked for
are, by month and of all time of every version, the confusion matrix, the metrics of each class and their averages,
exact ROC AUC and average precision, log loss, Brier score and calibration.

- *{ALIGN}* takes the landing tables to `eval_predictions`: newest outcomes, first deliveries, all checks of staging.
- *{MARTS}* takes `eval_predictions` to {", ".join(f"`{name}`" for name in (*PARTIALS, *METRICS))}: counts by the hour
  and day, and from them the same metrics and many more, with intervals and zeros in the matrices.
- *{NIGHT}* is one more day of predictions, and of outcomes, on the warehouse of *{MARTS}*: everything from the landing
  tables to the metrics.
- *{BY_HAND}* (`benchmarks/peers/evaluation/by_hand.sql`) is one query over `eval_predictions` for the metrics that
  scikit-learn is asked for; it keeps nothing for the next night.
- *{SKLEARN}* (`benchmarks/peers/evaluation/scikit_learn.py`) reads `eval_predictions` a version at a time and calls the
  functions of sklearn.metrics; *{SKLEARN_NUMBERS}* has the classes turned into 0 and 1 by the query that reads them,
  as their text costs it most of its time.

DuckDB has two threads and 4 GB. dbt's seconds include its start; those of the dbt models alone are told below.
"""
    unit = "million predictions"
    contenders = (ALIGN, MARTS, NIGHT, SKLEARN, SKLEARN_NUMBERS, BY_HAND)
    ratios = ((SKLEARN, MARTS), (SKLEARN_NUMBERS, MARTS), (MARTS, BY_HAND))

    def __init__(self) -> None:
        self._marts: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        self._marts = None
        return made_once(f"evaluation_{scale}m", data, lambda duck: fill(duck, scale * 1_000_000), Path(__file__))

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1e6 from evaluation.eval_predictions").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        environment = {"PYTHONPATH": str(PROJECT)}
        if contender == BY_HAND:
            arguments = ["benchmarks.queries", str(inputs), str(PEERS / "by_hand.sql"), str(work / ANSWER)]
            return Command([sys.executable, "-m", *arguments], environment)
        if contender in (SKLEARN, SKLEARN_NUMBERS):
            arguments = ["benchmarks.peers.evaluation.scikit_learn", str(inputs), str(work / ANSWER)]
            arguments += ["--numbers"] if contender == SKLEARN_NUMBERS else []
            return Command([sys.executable, "-m", *arguments], environment)
        models, as_of = {
            ALIGN: ((*STAGING, "eval_predictions"), AS_OF),
            MARTS: ((*STAGING, *VIEWS, *PARTIALS, *METRICS), AS_OF),
            NIGHT: (("eval_predictions", *PARTIALS, *METRICS), AS_OF + timedelta(days=1)),
        }[contender]
        if contender == NIGHT:
            if not self._marts:
                return Command(
                    [sys.executable, "-c", "import sys; sys.exit('The night before did not come to its end.')"]
                )
            warehouse = self._marts
            with duckdb.connect(warehouse) as duck:
                deliver(duck, AS_OF, with_outcomes=True)
        else:
            warehouse = Path(shutil.copyfile(inputs, work / WAREHOUSE))
            if contender == ALIGN:
                with duckdb.connect(warehouse) as duck:
                    duck.execute("drop table evaluation.eval_predictions")
            else:
                self._marts = warehouse
        variables = {
            "as_of": f"{as_of:%Y-%m-%d}",
            "history_starts_on": f"{AS_OF - timedelta(days=1000):%Y-%m-%d}",
            "evaluation_grains": ["month", "all"],
        }
        return dbt("run", PROJECT, warehouse, work, variables, ["--select", *models])

    def check(self, works: Mapping[str, Path]) -> str:
        sentences = []
        for contender in works.keys() - {ALIGN, NIGHT, BY_HAND}:
            if contender == MARTS:
                # By now the night is in, too: compared is what it left alone.
                theirs, ours = works[BY_HAND] / ANSWER, works[MARTS] / WAREHOUSE
                n_rows, n_different, largest = _compare_marts(ours, theirs)
            else:
                n_rows, n_different, largest = _compare(works[contender] / ANSWER, works[BY_HAND] / ANSWER)
            if n_different or not n_rows:
                raise Disagreement(
                    f"{n_different:,} of {n_rows:,} values of *{contender}* differ from those of *{BY_HAND}*, "
                    f"the largest by {largest}."
                )
            sentences.append(
                f"*{contender}* and *{BY_HAND}* agree in {n_rows:,} values, the largest difference is {largest:.1e}."
            )
        return " ".join(sorted(sentences))

    def notes(self, runs: Mapping[str, Run]) -> str:
        seconds = {name: _seconds_by_model(runs[name]) for name in (ALIGN, MARTS, NIGHT) if name in runs}
        names = sorted({name for by_model in seconds.values() for name in by_model})
        rows = [[f"`{name}`", *(f"{by_model.get(name, 0):.2f}" for by_model in seconds.values())] for name in names]
        rows.append(["all of them", *(f"{sum(by_model.values()):.2f}" for by_model in seconds.values())])
        notes = "Seconds of the dbt models themselves (last run), added up over two threads:\n\n"
        return notes + markdown_table(["model", *seconds], rows)


def fill(duck: duckdb.DuckDBPyConnection, n_predictions: int) -> None:
    """Makes the landing tables, `eval_predictions` and the seeds, as of AS_OF."""
    duck.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
    for schema in ("ops", "evaluation", "config"):
        duck.execute(f"create schema {schema}")
    for name, columns in SEEDS.items():
        duck.execute(f"create table config.{name} ({columns})")
    duck.execute(f"""
        insert into config.model_tasks
        select 'model-' || range, 'binary', 'yes', {OUTCOME_DELAY_DAYS} from range({MODELS})
    """)
    sources = yaml.safe_load((PROJECT / "models/staging/ops/_ops__sources.yml").read_text())["sources"][0]["tables"]
    for table in sources:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in table["columns"])
        duck.execute(f"create table ops.{table['name']} ({columns})")
    n_days = n_predictions // PER_DAY
    for day in range(n_days):
        end = AS_OF - timedelta(days=n_days - day - 1)
        deliver(duck, end - timedelta(days=1), with_outcomes=day >= OUTCOME_DELAY_DAYS)
    duck.execute("""
        create table evaluation.eval_predictions as
        select
            predictions.prediction_id,
            predictions.model_name,
            predictions.model_version,
            'binary' as task,
            predictions.entity_id,
            predictions.event_at,
            predictions.known_at,
            predictions.score,
            predictions.predicted_class,
            predictions.predicted_labels,
            predictions.predicted_value,
            predictions.class_scores,
            predictions.data_split,
            predictions.segments,
            outcomes.actual_class,
            outcomes.actual_labels,
            outcomes.actual_value,
            false as is_renamed,
            outcomes.known_at as outcome_known_at,
            coalesce(outcomes.known_at, predictions.known_at) as changed_at
        from ops.predictions
        left join ops.outcomes using (model_name, prediction_id)
        order by predictions.event_at
    """)


def deliver(duck: duckdb.DuckDBPyConnection, after: datetime, with_outcomes: bool) -> None:
    """Appends the predictions of the day from `after` on, and the outcomes that became known in it."""
    day = (after - datetime(2000, 1, 1)).days
    said = f"""
        select
            number,
            'model-' || number % {MODELS} as model_name,
            timestamp '{{start}}' + to_microseconds(number * {86_400_000_000 // PER_DAY}) as event_at,
            hash({{day}}, number) / 18446744073709551616.0 as draw,
            hash({{day}}, number, 'actual') / 18446744073709551616.0 as luck
        from (select range as number from range({PER_DAY}))
    """
    duck.execute(f"""
        insert into ops.predictions by name
        select
            '{day}-' || number as prediction_id,
            model_name,
            'v{day // DAYS_OF_VERSION:03}' as model_version,
            'entity-' || number as entity_id,
            event_at,
            event_at as known_at,
            draw * draw as score,
            case when draw * draw >= 0.5 then 'yes' else 'no' end as predicted_class
        from ({said.format(start=after, day=day)})
    """)
    if not with_outcomes:
        return
    earlier = day - OUTCOME_DELAY_DAYS
    duck.execute(f"""
        insert into ops.outcomes by name
        select
            '{earlier}-' || number as outcome_id,
            '{earlier}-' || number as prediction_id,
            model_name,
            event_at,
            event_at as known_at,
            case when luck < draw * draw then 'yes' else 'no' end as actual_class
        from ({said.format(start=after, day=earlier)})
    """)


def _compare(answer: Path, reference: Path) -> tuple[int, int, float]:
    with duckdb.connect() as duck:
        return _differences(duck, f"read_parquet('{answer}')", reference)


def _compare_marts(warehouse: Path, reference: Path) -> tuple[int, int, float]:
    with duckdb.connect(warehouse, read_only=True) as duck:
        return _differences(
            duck,
            f"""(
                select model_name, model_version, grain, if(grain = 'all', null, period_start_at) as month_starts_at,
                    class_name, metric, value
                from (
                    select * from evaluation.eval_class_metrics where average = 'class'
                    union all by name
                    select * exclude (name) replace (name as class_name)
                    from evaluation.eval_class_metrics
                    cross join (values ('yes'), ('no')) as names (name)
                    where average = 'all'
                    union all by name
                    select * from evaluation.eval_score_metrics
                ) as metrics
                where known_at < '{AS_OF}'
            )""",
            reference,
        )


def _differences(duck: duckdb.DuckDBPyConnection, ours: str, reference: Path) -> tuple[int, int, float]:
    """Values that both sides could have, how many differ, and the largest difference."""
    return duck.execute(f"""
        select
            count(*),
            count(*) filter (
                abs(ours.value - theirs.value) > {TOLERANCE} or (ours.value is null) <> (theirs.value is null)
            ),
            max(abs(ours.value - theirs.value))
        from {ours} as ours
        inner join read_parquet('{reference}') as theirs
            on ours.model_name = theirs.model_name
            and ours.model_version = theirs.model_version
            and ours.grain = theirs.grain
            and cast(ours.month_starts_at as timestamp) is not distinct from cast(theirs.month_starts_at as timestamp)
            and ours.class_name = theirs.class_name
            and ours.metric = theirs.metric
    """).fetchall()[0]


def _seconds_by_model(run: Run) -> dict[str, float]:
    outcome = json.loads((run.work / "target" / "run_results.json").read_text(encoding="utf-8"))
    return {node["unique_id"].split(".")[-1]: node["execution_time"] for node in outcome["results"]}


CASE = Evaluation()
