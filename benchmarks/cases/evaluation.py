"""Metrics of logged predictions, against scikit-learn and SQL by hand; and nights on ever longer histories."""

import shutil
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, has_succeeded, seconds_of_models
from benchmarks.frame import Case, Run
from benchmarks.measure import Command
from benchmarks.predictions import (
    ANSWER,
    AS_OF,
    DAYS_OF_VERSION,
    METRICS,
    MODELS,
    OUTCOME_DELAY_DAYS,
    OUTCOME_WINDOW_DAYS,
    PARTIALS,
    PEERS,
    PER_DAY,
    STAGING,
    VIEWS,
    agreement,
    answer_of_marts,
    deliver,
    predictions,
    run_models,
)

ALIGN, MARTS, NIGHT = "dbt: predictions and outcomes together", "dbt: all metrics", "dbt: a night"
SKLEARN, SKLEARN_NUMBERS, BY_HAND = "scikit-learn", "scikit-learn, classes as numbers", "SQL by hand"
SORTS = "DuckDB: the sorts alone"
QUERIES = {BY_HAND: "by_hand.sql", SORTS: "sorts.sql"}
ANSWERING = (MARTS, SKLEARN, SKLEARN_NUMBERS)
WAREHOUSE = "warehouse.duckdb"


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
  tables to the metrics. It looks for the predictions of new outcomes {OUTCOME_WINDOW_DAYS} days back (the var
  `outcome_window_days`), which from ten million on is less than there are.
- *{BY_HAND}* (`benchmarks/peers/evaluation/by_hand.sql`) is one query over `eval_predictions` for the metrics that
  scikit-learn is asked for; it keeps nothing for the next night.
- *{SKLEARN}* (`benchmarks/peers/evaluation/scikit_learn.py`) reads `eval_predictions` a version at a time and calls the
  functions of sklearn.metrics; *{SKLEARN_NUMBERS}* has the classes turned into 0 and 1 by the query that reads them,
  as their text costs it most of its time.
- *{SORTS}* (`benchmarks/peers/evaluation/sorts.sql`) puts every score in its place, by month and of all time, and does
  nothing else: exact ROC AUC takes no less.

DuckDB has two threads and 4 GB. dbt's seconds include its start; those of the dbt models alone are told below.
"""
    unit = "million predictions"
    contenders = (ALIGN, MARTS, NIGHT, SKLEARN, SKLEARN_NUMBERS, SORTS, BY_HAND)
    ratios = ((SKLEARN, MARTS), (SKLEARN_NUMBERS, MARTS), (SKLEARN_NUMBERS, SORTS), (MARTS, BY_HAND))

    def __init__(self) -> None:
        self._marts: Path | None = None

    def prepare(self, scale: int, data: Path) -> Path:
        self._marts = None
        return predictions(scale, data)

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1e6 from evaluation.eval_predictions").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        environment = {"PYTHONPATH": str(PROJECT)}
        if contender in QUERIES:
            arguments = ["benchmarks.queries", str(inputs), str(PEERS / QUERIES[contender]), str(work / ANSWER)]
            return Command([sys.executable, "-m", *arguments], environment)
        if contender in (SKLEARN, SKLEARN_NUMBERS):
            arguments = ["benchmarks.peers.evaluation.scikit_learn", str(inputs), str(work / ANSWER)]
            arguments += ["--numbers"] if contender == SKLEARN_NUMBERS else []
            return Command([sys.executable, "-m", *arguments], environment)
        if contender == NIGHT:
            if not self._marts or not has_succeeded(self._marts.parent):
                return Command(
                    [sys.executable, "-c", "import sys; sys.exit('The night before did not come to its end.')"]
                )
            with duckdb.connect(self._marts) as duck:
                answer_of_marts(duck, self._marts.with_name(ANSWER))
                deliver(duck, AS_OF, with_outcomes=True)
            return run_models(
                (*STAGING, "eval_predictions", *VIEWS, *PARTIALS, *METRICS),
                self._marts,
                work,
                AS_OF + timedelta(days=1),
            )
        warehouse = Path(shutil.copyfile(inputs, work / WAREHOUSE))
        if contender == MARTS:
            self._marts = warehouse
            return run_models((*VIEWS, *PARTIALS, *METRICS), warehouse, work)
        with duckdb.connect(warehouse) as duck:
            duck.execute("drop table evaluation.eval_predictions")
        return run_models((*STAGING, "eval_predictions"), warehouse, work)

    def check(self, works: Mapping[str, Path]) -> str:
        return agreement(works, [name for name in ANSWERING if name in works], BY_HAND)

    def notes(self, runs: Mapping[str, Run]) -> str:
        return seconds_of_models({name: runs[name] for name in (ALIGN, MARTS, NIGHT) if name in runs})


CASE = Evaluation()
