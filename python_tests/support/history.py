"""What a warehouse lives through in the test suite: five runs over the sample world, and what it held after each."""

from dataclasses import dataclass

import pandas as pd

from support.bad_rows import BAD_LANDED_ROWS, BAD_RAW_ROWS
from support.world import World

FIRST_NIGHT, SECOND_NIGHT, MIDDLE_OF_A_MONTH, LAST_NIGHT = "1997-12-01", "1998-01-01", "1998-02-17", "1998-07-01"

# What the nights are compared by: all that they build and keep, but for the log of runs. The widest tables are compared
# by their sums of every snapshot.
BUILT = {
    name: name
    for name in (
        "entities.dim_customers",
        "entities.customer_match_review",
        "entities.fct_transactions",
        "entities.fct_support_tickets",
        "training.train_repurchase__labels",
        "training.train_repurchase__splits",
        "predictors.pred_repurchase__parameters",
        "predictors.pred_repurchase__scores",
        "predictors.pred_repurchase__outcomes",
        "evaluation.eval_confusion_cells",
        "evaluation.eval_customer_matching",
        "evaluation.eval_metrics",
        "lifecycle.life_model_versions",
    )
} | {
    "features.feat_customer__rfm": """(
        select
            event_at,
            count(*) as n_rows,
            max(known_at) as known_at,
            sum(recency_days) as recency_days,
            sum(tenure_days) as tenure_days,
            sum(n_purchases) as n_purchases,
            sum(n_purchase_days) as n_purchase_days,
            sum(n_purchase_days_90d) as n_purchase_days_90d,
            sum(amount_total) as amount_total,
            sum(amount_90d) as amount_90d,
            sum(cast(log_amount_total as numeric(18, 6))) as log_amount_total
        from features.feat_customer__rfm
        group by event_at
    ) as sums""",
    "features.feat_customer__spending_periods": """(
        select
            event_at,
            count(*) as n_rows,
            max(known_at) as known_at,
            sum(n_months + n_quarters + n_years) as n_periods,
            sum(cast(monthly_amount_mean as numeric(18, 4))) as monthly_amount_mean,
            sum(cast(quarterly_amount_volatility as numeric(18, 4))) as quarterly_amount_volatility
        from features.feat_customer__spending_periods
        group by event_at
    ) as sums""",
}
# Landing tables with the columns that say what happened, not which run wrote it.
LANDED = {
    "ops.model_versions": ["model_name", "model_version", "event_at", "known_at"],
    "ops.predictions": [
        *("prediction_id", "model_version", "entity_id", "event_at", "known_at", "score", "predicted_class"),
    ],
    "ops.outcomes": ["outcome_id", "prediction_id", "event_at", "known_at", "actual_class"],
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


def live_through(world: World) -> History:
    """The sample world with bad rows; a night, the same again, later ones up to the last, then everything anew."""
    _load(world)
    # dbt alone, on an empty warehouse, unit tests and weekly audits included.
    world.run("dbt", "build", "--vars", f"{{as_of: '{FIRST_NIGHT}'}}")
    first = contents(world)
    world.run("millwright", "nightly", "--as-of", FIRST_NIGHT)
    repeated = contents(world)
    world.run("dbt", "run", "--vars", f"{{as_of: '{SECOND_NIGHT}'}}")
    second = contents(world)
    world.run("dbt", "run", "--vars", f"{{as_of: '{MIDDLE_OF_A_MONTH}'}}")
    for statement in BAD_LANDED_ROWS:
        world.execute(statement)
    world.run("millwright", "nightly", "--as-of", LAST_NIGHT)
    last = contents(world)
    world.run("dbt", "test", "--select", "tag:weekly")
    world.run("millwright", "nightly", "--as-of", LAST_NIGHT, "--full-refresh")
    return History(world, first, repeated, second, last, contents(world))


def live_once(world: World) -> dict[str, pd.DataFrame]:
    """The same world with one night only, the last."""
    _load(world)
    world.run("millwright", "nightly", "--as-of", LAST_NIGHT)
    return contents(world)


def _load(world: World) -> None:
    world.run("millwright", "sample")
    for statement in BAD_RAW_ROWS:
        world.execute(statement)


def contents(world: World) -> dict[str, pd.DataFrame]:
    """What the warehouse holds, by relation; of the landing tables the rows of the project's own model."""
    return {name: world.relation(relation) for name, relation in BUILT.items()} | {
        name: world.relation(f"{name} where model_name = 'repurchase'", columns) for name, columns in LANDED.items()
    }
