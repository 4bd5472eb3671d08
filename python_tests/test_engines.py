"""One answer on every engine."""

import pandas as pd
import pytest
from support.history import DIGESTED, History

# What ran when on this very warehouse, and which indexes that has.
PRIVATE_TO_A_WAREHOUSE = {
    *(
        "mon_runs",
        "mon_run_stages",
        "mon_run_steps",
        "mon_pipeline_status",
        "mon_lineage",
        "mon_query_performance",
        "mon_performance_alerts",
    ),
    *("mon_health_metrics", "mon_alerts", "mon_alert_history", "mon_indexes"),
}
EMPTY_WHERE_NOTHING_LEAKS = {"eval_training_leaks", "eval_split_leaks"}
# In these nights nobody calls a procedure of the lifecycle; python_tests/test_lifecycle.py and test_model_health.py do.
EMPTY_WITHOUT_PROJECTS = {
    *("life_projects", "life_experiments", "life_deployments", "life_traffic", "life_incidents", "life_history"),
    *("life_gate_decisions", "life_deployment_gates", "life_model_health"),
    *("life_retraining_triggers", "life_retraining_jobs"),
    *("life_executive_dashboard", "life_lifecycle_status", "life_project_costs"),
}
# Nor do they log errors or begin experiments; test_prediction_log.py and test_experiments.py do.
EMPTY_WITHOUT_APPLICATIONS = {
    *("mon_prediction_errors", "mon_prediction_error_history"),
    *("mon_experiments", "mon_experiment_results", "mon_experiment_decisions"),
}
MAY_BE_EMPTY = EMPTY_WHERE_NOTHING_LEAKS | EMPTY_WITHOUT_PROJECTS | EMPTY_WITHOUT_APPLICATIONS
# Hashes of floats, whose last digits may differ; which run it was, and how long it took.
PRIVATE_COLUMNS = ["example_hash", "run_id", "evaluation_seconds"]
# Zero but for the last digits of sums where nothing differs.
ABOUT_ZERO = "wasserstein_distance"
# Millions of rows.
THRESHOLD = [
    *("model_name", "model_version", "grain", "period_start_at", "segment", "class_name", "threshold"),
    *("tp", "fp", "fn", "tn", "n", "n_unlabelled", "f1", "youden_index", "total_cost"),
]
# Which threshold is best may hang on the last digit.
DIGESTED_HERE = {"evaluation.eval_predictions": ("*",), "evaluation.eval_thresholds": THRESHOLD}
TABLES = [
    *(
        f"features.feat_customer__{theme}"
        for theme in ("rfm", "windows", "rhythm", "trends", "monthly", "spending_periods", "support", "scores")
    ),
    "entities.fct_customer_days",
    "feature_store.fs_features",
    "training.train_customer__examples",
    "training.train_customer__horizons",
    "training.train_customer__splits",
    "training.train_lifetime_value__summaries",
    "predictors.pred_repurchase__parameters",
    "predictors.pred_repurchase__challenger_parameters",
    "predictors.pred_repurchase__challenger_probabilities",
    "predictors.pred_value_tier__challenger_parameters",
    "predictors.pred_value_tier__challenger_probabilities",
    "predictors.pred_lifetime_value__parameters",
    "predictors.pred_lifetime_value__customers",
]

# Schema, relation, column or nothing, comment.
COMMENTS = {
    "duckdb": """
        select schema_name, table_name, '', comment from duckdb_tables()
        union all
        select schema_name, view_name, '', comment from duckdb_views()
        union all
        select schema_name, table_name, column_name, comment from duckdb_columns()
    """,
    "postgres": """
        select relnamespace::regnamespace::text, relname, coalesce(attname, ''), description
        from pg_description
        inner join pg_class on pg_class.oid = objoid
        left join pg_attribute on attrelid = objoid and attnum = objsubid
        where classoid = 'pg_class'::regclass
    """,
}


def public_marts(manifest: dict) -> list[dict]:
    """But for those that are asked for one prediction; python_tests/test_prediction_chain.py does so."""
    marts = [node for node in manifest["nodes"].values() if node.get("access") == "public"]
    return [node for node in marts if node["config"]["meta"].get("is_published", True)]


def test_every_public_mart_is_equal_on_both_engines(histories: dict[str, History], manifest: dict):
    marts = [node for node in public_marts(manifest) if node["name"] not in PRIVATE_TO_A_WAREHOUSE]
    assert len(marts) >= 9
    for node in marts:
        assert_equal_on_both(histories, f"{node['schema']}.{node['alias']}", node["name"] in MAY_BE_EMPTY)


@pytest.mark.parametrize("relation", TABLES)
def test_what_the_marts_come_from_is_equal_on_both_engines(histories: dict[str, History], relation: str):
    assert_equal_on_both(histories, relation)


def test_mon_runs_tells_of_the_same_runs_on_both_engines(histories: dict[str, History]):
    columns = "command, as_of, status, n_steps, n_failed_steps, n_warned_steps, n_skipped_steps"
    duckdb, postgres = (
        histories[engine].world.query(f"select {columns} from monitoring.mon_runs order by started_at")
        for engine in ("duckdb", "postgres")
    )
    pd.testing.assert_frame_equal(duckdb, postgres)


def test_what_is_described_is_described_in_the_warehouse(history: History, manifest: dict):
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    described = {
        (model["schema"], model["alias"], column): description
        for model in models
        if model["config"]["materialized"] != "ephemeral"
        for column, description in [
            ("", model["description"]),
            *((column["name"], column["description"]) for column in model["columns"].values()),
        ]
    }
    comments = history.world.query(COMMENTS[history.world.target.engine])
    found = {tuple(place): comment for *place, comment in comments.itertuples(index=False)}
    assert {place: found.get(place) for place in described} == described


def assert_equal_on_both(histories: dict[str, History], relation: str, may_be_empty: bool = False) -> None:
    """Row by row, or by digests: exact for integers, decimals, text and times; floats to 1e-9 relative."""
    duckdb, postgres = (
        (
            histories[engine]
            .world.digest(relation, DIGESTED_HERE[relation], by=DIGESTED[relation])
            .astype({"hash": "float64"})
            if relation in DIGESTED_HERE
            else without_noise(
                histories[engine].world.relation(relation).drop(columns=PRIVATE_COLUMNS, errors="ignore")
            )
        )
        for engine in ("duckdb", "postgres")
    )
    assert may_be_empty or len(duckdb) > 0, relation
    pd.testing.assert_frame_equal(duckdb, postgres, check_exact=False, rtol=1e-9, atol=0, obj=relation)


def without_noise(frame: pd.DataFrame) -> pd.DataFrame:
    if ABOUT_ZERO not in frame:
        return frame
    return frame.assign(**{ABOUT_ZERO: frame[ABOUT_ZERO].mask(frame[ABOUT_ZERO] < 1e-12, 0)})
