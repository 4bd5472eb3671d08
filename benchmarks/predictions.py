"""Predictions that programs logged and what came true, as input of any case: and what the project makes of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import yaml

from benchmarks import peers
from benchmarks.dbt_build import PROJECT, dbt
from benchmarks.frame import Disagreement
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

PEERS = Path(peers.__file__).parent / "evaluation"
ANSWER = "answer.parquet"
TOLERANCE = 1e-9

AS_OF = datetime(2025, 6, 1)
PER_DAY, MODELS, DAYS_OF_VERSION, OUTCOME_DELAY_DAYS = 100_000, 4, 30, 7
# Every history from ten million predictions on is longer.
OUTCOME_WINDOW_DAYS = 60
PARTIALS = (
    *("eval_hours", "eval_confusion_partials", "eval_label_partials", "eval_score_partials"),
    *("eval_periods", "eval_ordered_metrics"),
)
METRICS = ("eval_confusion_cells", "eval_class_metrics", "eval_score_metrics", "eval_calibration")
VIEWS = ("eval_class_scores", "eval_label_judgements")
STAGING = (
    *("stg_ops__predictions", "base_ops__predictions", "stg_ops__outcomes", "base_ops__outcomes"),
    *("stg_ops__model_versions", "base_ops__model_versions", "stg_ops__model_features"),
)
SEEDS = {
    "model_tasks": "model_name text, task text, positive_class text, label_delay_days integer",
    "label_aliases": "model_name text, alias text, class_name text",
}
# What is in `eval_predictions` and not in the landing table, or in that of outcomes, too.
DERIVED = {
    "task": "'binary'",
    "event_at": "predictions.event_at",
    "known_at": "predictions.known_at",
    "feature_hash": "null::text",
    "validation_status": "null::text",
    "is_renamed": "false",
    "outcome_known_at": "outcomes.known_at",
    "changed_at": "coalesce(outcomes.known_at, predictions.known_at)",
}


def predictions(scale: int, data: Path) -> Path:
    """A DuckDB file in the directory `data` with so many million predictions."""
    return made_once(f"evaluation_{scale}m", data, lambda duck: fill(duck, scale * 1_000_000), Path(__file__))


def fill(duck: duckdb.DuckDBPyConnection, n_predictions: int) -> None:
    """Makes the landing tables, `eval_predictions` and the seeds, as of AS_OF."""
    duck.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
    create_landing_tables(duck)
    duck.execute("create schema evaluation; create schema config")
    for name, columns in SEEDS.items():
        duck.execute(f"create table config.{name} ({columns})")
    duck.execute(f"""
        insert into config.model_tasks
        select 'model-' || range, 'binary', 'yes', {OUTCOME_DELAY_DAYS} from range({MODELS})
    """)
    n_days = n_predictions // PER_DAY
    for day in range(n_days):
        end = AS_OF - timedelta(days=n_days - day - 1)
        deliver(duck, end - timedelta(days=1), with_outcomes=day >= OUTCOME_DELAY_DAYS)
    columns = ", ".join(f"{DERIVED.get(name, name)} as {name}" for name in columns_of_eval_predictions())
    duck.execute(f"""
        create table evaluation.eval_predictions as
        select {columns}
        from ops.predictions
        left join ops.outcomes using (model_name, prediction_id)
        order by predictions.event_at
    """)


def columns_of_eval_predictions() -> list[str]:
    """As the project declares them."""
    models = yaml.safe_load((PROJECT / "models/evaluation/_evaluation__models.yml").read_text())["models"]
    (columns,) = [model["columns"] for model in models if model["name"] == "eval_predictions"]
    return [column["name"] for column in columns]


def create_landing_tables(duck: duckdb.DuckDBPyConnection) -> None:
    """Makes the landing tables, empty."""
    duck.execute("create schema ops")
    sources = yaml.safe_load((PROJECT / "models/staging/ops/_ops__sources.yml").read_text())["sources"][0]["tables"]
    for table in sources:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in table["columns"])
        duck.execute(f"create table ops.{table['name']} ({columns})")


def deliver(duck: duckdb.DuckDBPyConnection, after: datetime, with_outcomes: bool) -> None:
    """Appends the predictions of the day from `after` on, by approved versions, and the outcomes known since then."""
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
    duck.execute(f"""
        insert into ops.model_versions by name
        select
            'model-' || range as model_name,
            'v{day // DAYS_OF_VERSION:03}' as model_version,
            timestamp '{after}' as event_at,
            timestamp '{after}' as known_at
        from range({MODELS})
    """)
    duck.execute("""
        insert into ops.model_version_revisions by name
        select model_name, model_version, 1 as revision, 'approved' as status, event_at, known_at
        from ops.model_versions
        anti join ops.model_version_revisions using (model_name, model_version)
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


def run_models(models: tuple[str, ...], warehouse: Path, work: Path, as_of: datetime = AS_OF) -> Command:
    """Builds dbt models in a warehouse, a file or a cluster."""
    variables = {
        "as_of": f"{as_of:%Y-%m-%d}",
        "history_starts_on": f"{AS_OF - timedelta(days=1000):%Y-%m-%d}",
        "evaluation_grains": ["month", "all"],
        "outcome_window_days": OUTCOME_WINDOW_DAYS,
    }
    return dbt("run", PROJECT, warehouse, work, variables, ["--select", *models])


def agreement(works: Mapping[str, Path], contenders: Iterable[str], peer: str) -> str:
    """Says what agrees in the answers that these contenders and the peer wrote; raises Disagreement."""
    sentences = []
    for contender in contenders:
        n_rows, n_different, largest = differences(works[contender] / ANSWER, works[peer] / ANSWER)
        if n_different or not n_rows:
            raise Disagreement(
                f"{n_different:,} of {n_rows:,} values of *{contender}* differ from those of *{peer}*, "
                f"the largest by {largest}."
            )
        sentences.append(
            f"*{contender}* and *{peer}* agree in {n_rows:,} values, the largest difference is {largest:.1e}."
        )
    return " ".join(sentences)


def answer_of_marts(duck: duckdb.DuckDBPyConnection, answer: Path) -> None:
    """Writes what the marts say of what the peers are asked for, in their form: to be done before the next night."""
    duck.execute(f"""
        copy (
            select
                model_name,
                model_version,
                grain,
                if(grain = 'all', null, period_start_at) as month_starts_at,
                class_name,
                metric,
                value
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
        ) to '{answer}' (format parquet)
    """)


def differences(answer: Path, reference: Path) -> tuple[int, int, float]:
    """Values that both Parquet files could have, how many differ, and the largest difference."""
    with duckdb.connect() as duck:
        return duck.execute(f"""
            select
                count(*),
                count(*) filter (
                    abs(ours.value - theirs.value) > {TOLERANCE} or (ours.value is null) <> (theirs.value is null)
                ),
                max(abs(ours.value - theirs.value))
            from read_parquet('{answer}') as ours
            inner join read_parquet('{reference}') as theirs
                on ours.model_name = theirs.model_name
                and ours.model_version = theirs.model_version
                and ours.grain = theirs.grain
                and ours.month_starts_at::timestamp is not distinct from theirs.month_starts_at::timestamp
                and ours.class_name = theirs.class_name
                and ours.metric = theirs.metric
        """).fetchall()[0]
