"""What warehouses live through in the test suite, and what they held after each run.

Five runs over one customer in ten of the sample world, on each engine; and on DuckDB, over all of it, what only all of
it can show.
"""

from dataclasses import dataclass

import pandas as pd

from support.bad_rows import BAD_LANDED_ROWS, BAD_RAW_ROWS
from support.world import World

# The second lies within a month, whose snapshot was due before it.
FIRST_NIGHT, SECOND_NIGHT, LAST_NIGHT = "1997-12-01", "1998-01-17", "1998-07-01"

# What a night adds to, or lands; everything else is made of that alone.
THAT_GROW = (
    *(f"config.materialized:{name}" for name in ("incremental", "feature_group", "python_incremental")),
    "path:models/predictors",
    # On PostgreSQL they have the materialization of the Python models that grow.
    *("int_customer_links_decided", "mon_experiment_tests"),
)
OF_EVERYBODY = ("eval_baselines", "eval_customer_matching", "feat_customer__monthly", "dq_rule_results")
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")

# What the nights are compared by: all that they build and keep, but for the log of runs.
BUILT = (
    "entities.dim_customers",
    "entities.customer_match_review",
    "entities.fct_transactions",
    "entities.fct_support_tickets",
    "entities.fct_customer_days",
    "features.feat_customer__rfm",
    "features.feat_customer__spending_periods",
    "features.feat_customer__windows",
    "features.feat_customer__rhythm",
    "features.feat_customer__trends",
    "features.feat_customer__monthly",
    "features.feat_customer__support",
    "features.feat_customer__scores",
    "training.train_customer__horizons",
    "training.train_customer__examples",
    "training.train_customer__splits",
    "training.train_customer__schedule",
    "training.train_customer__test_labels",
    "training.train_customer__sampled_examples",
    "training.train_customer__recipes",
    "training.train_repurchase__encodings",
    "predictors.pred_repurchase__parameters",
    "predictors.pred_repurchase__scores",
    "predictors.pred_repurchase__challenger_parameters",
    "predictors.pred_repurchase__challenger_probabilities",
    "predictors.pred_value_tier__parameters",
    "predictors.pred_value_tier__scores",
    "predictors.pred_value_tier__challenger_parameters",
    "predictors.pred_value_tier__challenger_probabilities",
    "predictors.pred_active_months__parameters",
    "predictors.pred_active_months__scores",
    "predictors.pred_spend__parameters",
    "predictors.pred_spend__scores",
    "training.train_lifetime_value__summaries",
    "training.train_lifetime_value__outcomes",
    "predictors.pred_lifetime_value__parameters",
    "predictors.pred_lifetime_value__expectations",
    "predictors.pred_lifetime_value__customers",
    "predictors.pred_references__rates",
    "predictors.pred_customer__predictions",
    "predictors.pred_customer__outcomes",
    "evaluation.eval_baselines",
    "evaluation.eval_calibration",
    "evaluation.eval_class_metrics",
    "evaluation.eval_comparisons",
    "evaluation.eval_confusion_cells",
    "evaluation.eval_customer_matching",
    "evaluation.eval_information_value",
    "evaluation.eval_label_alignment",
    "evaluation.eval_lifetime_value",
    "evaluation.eval_lift",
    "evaluation.eval_mcnemar_tests",
    "evaluation.eval_ordered_metrics",
    "evaluation.eval_periods",
    "evaluation.eval_predictions",
    "evaluation.eval_regression_metrics",
    "evaluation.eval_score_metrics",
    "evaluation.eval_thresholds",
    "lifecycle.life_model_versions",
)
# Landing tables with the columns that say what happened, not which run wrote it.
LANDED = {
    "ops.model_versions": ["model_name", "model_version", "event_at", "known_at"],
    "ops.predictions": [
        *("prediction_id", "model_version", "entity_id", "event_at", "known_at", "score", "predicted_class"),
    ],
    "ops.outcomes": ["outcome_id", "prediction_id", "event_at", "known_at", "actual_class"],
}
# Of the largest, and where only floats tell rows apart, a digest for each of these moments will do.
DIGESTED = {
    "features.feat_customer__rfm": ["event_at"],
    "features.feat_customer__spending_periods": ["event_at"],
    "features.feat_customer__windows": ["event_at"],
    "features.feat_customer__rhythm": ["event_at"],
    "features.feat_customer__trends": ["event_at"],
    "features.feat_customer__monthly": ["event_at", "known_at"],
    "features.feat_customer__support": ["event_at"],
    "features.feat_customer__scores": ["event_at"],
    "entities.fct_customer_days": ["event_on"],
    "training.train_customer__examples": ["snapshot_at"],
    "training.train_customer__test_labels": ["snapshot_at"],
    "training.train_customer__horizons": ["snapshot_at", "known_at"],
    "training.train_customer__sampled_examples": ["model_name", "trained_at"],
    "training.train_repurchase__encodings": ["fitted_at", "feature", "encoding"],
    "predictors.pred_repurchase__scores": ["event_at", "known_at"],
    "predictors.pred_customer__predictions": ["model_name", "event_at", "known_at"],
    "predictors.pred_customer__outcomes": ["model_name", "known_at"],
    "evaluation.eval_predictions": ["model_name", "event_at"],
    "evaluation.eval_ordered_metrics": ["model_name", "grain", "metric"],
    "evaluation.eval_class_metrics": ["model_name", "grain", "metric"],
    "evaluation.eval_thresholds": ["model_name", "grain"],
    "evaluation.eval_lift": ["model_name", "grain"],
    "predictors.pred_repurchase__challenger_probabilities": ["snapshot_at"],
    "predictors.pred_value_tier__scores": ["event_at"],
    "predictors.pred_value_tier__challenger_probabilities": ["snapshot_at"],
    "predictors.pred_active_months__scores": ["event_at"],
    "predictors.pred_spend__scores": ["event_at"],
    "training.train_lifetime_value__summaries": ["snapshot_at"],
    "training.train_lifetime_value__outcomes": ["snapshot_at", "known_at"],
    "predictors.pred_lifetime_value__expectations": ["snapshot_at"],
    "predictors.pred_lifetime_value__customers": ["snapshot_at"],
    "ops.predictions": ["event_at", "known_at"],
    "ops.outcomes": ["known_at"],
}


@dataclass(frozen=True)
class History:
    """What a warehouse held after each of its runs, by relation; `world` is as the last of them left it."""

    world: World
    first: dict[str, pd.DataFrame]
    repeated: dict[str, pd.DataFrame]
    second: dict[str, pd.DataFrame]
    last: dict[str, pd.DataFrame]
    refreshed: dict[str, pd.DataFrame]


def live_with_everybody(world: World) -> World:
    """The whole sample world as of its last night, up to what is asked of it."""
    world.run("millwright", "sample")
    asked = [f"+{name}" for name in OF_EVERYBODY]
    world.run("dbt", "build", *NO_TESTS, "--vars", f"{{as_of: '{LAST_NIGHT}'}}", "--select", *asked)
    return world


def live_through(world: World) -> History:
    """A tenth of the sample world with bad rows; a night, the same again, two later ones, then everything anew."""
    _load(world)
    # dbt alone, on an empty warehouse, unit tests included; the last night runs the data tests.
    world.run("dbt", "build", "--exclude-resource-type", "test", "--vars", f"{{as_of: '{FIRST_NIGHT}'}}")
    first = contents(world)
    world.run("dbt", "run", "--vars", f"{{as_of: '{FIRST_NIGHT}'}}", "--select", *THAT_GROW)
    repeated = contents(world)
    # What it leaves out, the last night makes good; on PostgreSQL that is also the views on what is replaced.
    asked = [f"+{relation.partition('.')[2]}" for relation in (*BUILT, "quality.dq_column_profiles")]
    world.run("dbt", "run", "--vars", f"{{as_of: '{SECOND_NIGHT}'}}", "--select", *asked)
    second = contents(world)
    for statement in BAD_LANDED_ROWS:
        world.execute(statement)
    world.run("millwright", "nightly", "--as-of", LAST_NIGHT)
    last = contents(world)
    world.run("dbt", "test", "--select", "tag:weekly")
    world.run("dbt", "run", "--vars", f"{{as_of: '{LAST_NIGHT}'}}", "--full-refresh")
    return History(world, first, repeated, second, last, contents(world))


def _load(world: World) -> None:
    world.run("millwright", "sample", "--tenth")
    for statement in BAD_RAW_ROWS:
        world.execute(statement)


def contents(world: World) -> dict[str, pd.DataFrame]:
    """What the warehouse holds, by relation; of the landing tables the rows of the project's own model."""
    relations = {name: (name, ("*",)) for name in BUILT}
    relations |= {name: (f"{name} where model_name = 'repurchase'", columns) for name, columns in LANDED.items()}
    return {
        name: world.digest(*relation, by=DIGESTED[name]) if name in DIGESTED else world.relation(*relation)
        for name, relation in relations.items()
    }
