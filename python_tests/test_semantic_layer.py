"""Metrics asked of the semantic layer are those of `eval_metrics`, by whatever they are grouped."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.commands import REPOSITORY, run
from support.evaluation_world import register
from support.postgres_server import PostgresServer
from support.world import World

VARS = ("--vars", "{as_of: '1998-04-01'}")
ROWS = 300
MODELS = ("repurchase", "value_tier", "active_months", "spend")
TIERS = ["nothing", "low", "medium", "high"]
MONTHS = ["is_active_month_1", "is_active_month_2"]

OF_CLASSES = ["precision", "recall", "f1", "log_loss", "brier_score"]
METRICS = [
    *OF_CLASSES,
    *("accuracy", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error"),
    *("label_coverage", "n_predictions"),
]
MODEL = ["model_name", "model_version"]
PERIOD = "period_start_at"


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def world(request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Predictions of two versions each of four models in February and March, some of them without outcome."""
    world = World(request.param, tmp_path_factory.mktemp("semantic"), postgres, schema="dev_ann")
    world.run("dbt", "--quiet", "seed", "--select", "model_tasks", "label_aliases", *VARS)
    for table, rows in landed().items():
        names = ", ".join(rows[0])
        values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in rows)
        world.execute(f"insert into dev_ann_ops.{table} ({names}) values {values}")
    register(world, "dev_ann", {(model, f"1998.{number}.0") for model in MODELS for number in (1, 2)})
    selected = ["+base_ops__predictions", "base_ops__outcomes", "stg_ops__predictions", "stg_ops__outcomes"]
    selected += [f"+{model},path:models/evaluation" for model in ("eval_metrics", "eval_metric_sums")]
    world.run("dbt", "--quiet", "run", "--select", *selected, "eval_time_spine", *VARS)

    # MetricFlow looks for what dbt has read of the project in its folder `target`.
    project = world.directory / "project"
    project.mkdir()
    (project / "dbt_project.yml").symlink_to(REPOSITORY / "dbt_project.yml")
    (project / "target").symlink_to(world.directory / "target")
    (world.directory / "logs").mkdir(exist_ok=True)
    return world


def landed() -> dict[str, list[dict]]:
    """Rows for the landing tables."""
    luck = np.random.default_rng(19980201)
    predictions, outcomes = [], []
    for model_name in MODELS:
        for number in range(ROWS):
            moment = pd.Timestamp("1998-02-01") + pd.Timedelta(hours=int(luck.integers(0, 59 * 24)))
            predicted, actual = prediction_and_outcome(model_name, luck)
            common = {"prediction_id": f"{model_name}-{number}", "model_name": model_name}
            version = {"model_version": f"1998.{1 + number % 2}.0", "entity_id": f"shop-{number}"}
            split = {"data_split": [None, "train", "test"][number % 3]}
            segments = {"segments": [None, '{"region": "north"}'][number // 3 % 2]}
            clocks = {"event_at": moment, "known_at": moment}
            predictions.append(common | version | clocks | split | segments | predicted)
            if luck.random() < 0.8:
                outcomes.append({"outcome_id": f"{model_name}-{number}"} | common | clocks | actual)
    return {"predictions": predictions, "outcomes": outcomes}


def prediction_and_outcome(model_name: str, luck: np.random.Generator) -> tuple[dict, dict]:
    """What a model says and what came true, as columns of the landing tables."""
    predicted = dict.fromkeys(["score", "predicted_class", "predicted_labels", "predicted_value", "class_scores"])
    actual = dict.fromkeys(["actual_class", "actual_labels", "actual_value"])
    if model_name == "repurchase":
        classes = ["no_repurchase", "repurchase"]
        score = float(luck.beta(1, 3))
        predicted |= {"score": score, "predicted_class": classes[score >= 0.3]}
        actual |= {"actual_class": classes[luck.random() < score]}
    elif model_name == "value_tier":
        scores = luck.dirichlet([4, 2, 1, 1])
        predicted |= {
            "predicted_class": TIERS[scores.argmax()],
            "class_scores": json.dumps(dict(zip(TIERS, map(float, scores), strict=True))),
        }
        # Now and then a class comes true that the model does not know.
        actual |= {"actual_class": str(luck.choice(TIERS, p=scores)) if luck.random() < 0.95 else "very high"}
    elif model_name == "active_months":
        scores = dict(zip(MONTHS, map(float, luck.beta(1, 2, size=2)), strict=True))
        predicted |= {
            "predicted_labels": json.dumps([label for label, score in scores.items() if score >= 0.4]),
            "class_scores": json.dumps(scores),
        }
        actual |= {"actual_labels": json.dumps([label for label in MONTHS if luck.random() < scores[label]])}
    else:
        predicted |= {"predicted_value": float(luck.gamma(2, 20))}
        actual |= {"actual_value": float(luck.gamma(2, 20))}
    return predicted, actual


def literal(value: object) -> str:
    return "null" if value is None else f"'{value}'"


@pytest.mark.parametrize(
    ("grain", "metrics", "by"),
    [
        ("day", METRICS, [*MODEL, "data_split"]),
        ("week", METRICS, MODEL),
        ("month", OF_CLASSES, [*MODEL, "class_name"]),
    ],
)
def test_metrics_asked_for_are_those_of_eval_metrics(
    world: World, grain: str, metrics: list[str], by: list[str], tmp_path: Path
):
    asked, expected = ask(world, grain, metrics, by, tmp_path), of_eval_metrics(world, grain, metrics, by)
    assert set(expected.index.get_level_values("metric")) == set(metrics)
    assert set(expected.index.get_level_values("model_version")) == {"1998.1.0", "1998.2.0"}
    both = pd.concat({"asked": asked, "expected": expected}, axis=1)
    different = both[~np.isclose(both["asked"], both["expected"], rtol=1e-9, atol=0)]
    assert different.empty, f"{len(different)} of {len(both)}:\n{different.head(20).to_string()}"


def ask(world: World, grain: str, metrics: list[str], by: list[str], directory: Path) -> pd.Series:
    """The metrics by MetricFlow, where they are defined."""
    groups = [f"evaluation__{name}" for name in by] + [f"metric_time__{grain}"]
    command = ["mf", "query", "--quiet", "--metrics", ",".join(metrics), "--group-by", ",".join(groups)]
    places = {"DBT_PROJECT_DIR": str(world.directory / "project"), "DBT_PROFILES_DIR": str(REPOSITORY)}
    exit_code, output = run((*command, "--csv", f"{directory}/asked.csv"), world.variables | places)
    assert exit_code == 0, output[-8000:]
    rows = pd.read_csv(directory / "asked.csv").rename(columns=dict(zip(groups, [*by, PERIOD], strict=True)))
    return by_key(rows.melt([*by, PERIOD], metrics, "metric"), by)


def of_eval_metrics(world: World, grain: str, metrics: list[str], by: list[str]) -> pd.Series:
    """The same by the mart."""
    if "class_name" in by:
        chosen = "segment = 'all' and average = 'class' and (task <> 'binary' or is_positive_class)"
        # Of several classes, the mart has the losses of each against all others.
        chosen += " and not (task = 'multiclass' and metric in ('log_loss', 'brier_score'))"
    else:
        chosen = "(is_positive_class or average = 'all' or (average = 'micro' and task <> 'binary'))"
        chosen += f" and segment {'like' if 'data_split' in by else '='} '{'split=%' if 'data_split' in by else 'all'}'"
    rows = world.query(f"""
        select *, replace(segment, 'split=', '') as data_split
        from dev_ann_evaluation.eval_metrics
        where grain = '{grain}' and {chosen}
    """)
    rows["metric"] = rows["metric"].replace("subset_accuracy", "accuracy")
    counts = rows[rows["metric"] == "label_coverage"].assign(metric="n_predictions", value=lambda row: row["n"])
    rows = pd.concat([rows, counts])
    return by_key(rows[rows["metric"].isin(metrics)], by)


def by_key(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    """Values that are defined, by what they are of; of labels together, the mart has no loss."""
    if "class_name" not in by:
        is_loss = rows["metric"].isin(["log_loss", "brier_score"])
        rows = rows[~((rows["model_name"] == "active_months") & is_loss)]
    rows = rows.dropna(subset=["value", *by]).assign(**{PERIOD: lambda rows: pd.to_datetime(rows[PERIOD])})
    return rows.set_index([*by, PERIOD, "metric"])["value"].astype(float).sort_index()
