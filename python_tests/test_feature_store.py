"""The feature store over a few nights: versions, batches that fail, values served as they were known."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pandas as pd
import pytest
from support.empty_world import create_raw_tables, deliver
from support.postgres_server import PostgresServer, another_database
from support.world import World

# One as_of for all commands, since dbt reads the whole project anew for other vars.
VARS = ("--vars", "{as_of: '1997-04-01 12:00:00'}")
SNAPSHOTS = list(pd.to_datetime(["1997-01-01", "1997-02-01", "1997-03-01", "1997-04-01"]))
PURCHASES = (
    ("1", "A", "1997-01-10", "1997-01-11", "10.00"),
    ("2", "A", "1997-01-10", "1997-01-11", "30.00"),
    ("3", "A", "1997-01-20", "1997-03-15", "5.00"),
    ("4", "B", "1997-02-14", "1997-02-15", "7.00"),
    ("5", "B", "1997-03-03", "1997-03-04", "9.00"),
    ("6", "B", "1997-03-03", "1997-03-04", "1.00"),
    ("7", "O''Brien", "1997-03-05", "1997-03-06", "2.00"),
)


class Store:
    """What a test needs of a world in which the store is built."""

    def __init__(self, world: World):
        self.world = world
        create_raw_tables(world)
        deliver(world, (_purchase(*purchase) for purchase in PURCHASES))
        self.build("--select", "+path:models/features", "path:models/feature_store", "+path:models/staging/ops")

    def build(self, *arguments: str) -> None:
        self.world.run("dbt", "build", "--exclude-resource-types", "test", "unit_test", *arguments, *VARS)

    def batches(self) -> pd.DataFrame:
        """Every batch by now, in the order in which they began."""
        return self.world.query("select * from feature_store.fs_batches order by started_at")

    def call(self, procedure: str, **arguments: object) -> dict[tuple[str, ...], list[str]]:
        """Runs a procedure; the rows that it prints, by the columns that are before `status`."""
        printed = self.world.run("dbt", "run-operation", procedure, "--args", json.dumps(arguments), *VARS)
        rows = [[cell.strip() for cell in line.split(" | ")] for line in printed.splitlines() if line.startswith("| ")]
        header, values = rows[0], rows[2:]
        n_keys = len([column for column in header if column.lstrip("| ") in ("entity_id", "feature_group")])
        cells = [[cell.removeprefix("| ").removesuffix(" |").strip("| ") for cell in row] for row in values]
        return {tuple(row[:n_keys]): row[n_keys:] for row in cells}


def _purchase(line: str, account: str, bought_on: str, loaded_on: str, amount: str) -> tuple[str, dict[str, str]]:
    row = {"line_number": line, "account_number": account, "purchased_on": bought_on, "quantity": "1"}
    return "raw_shop.purchases", row | {"amount": amount, "loaded_at": f"{loaded_on} 06:00:00"}


@pytest.fixture(scope="module")
def stores(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Store]]]:
    """A store on each engine, built side by side."""
    with another_database(postgres, f"{postgres.database}_store") as server, ThreadPoolExecutor() as pool:
        worlds = {
            name: World(name, tmp_path_factory.mktemp(f"{name}_store"), server) for name in ("duckdb", "postgres")
        }
        yield {name: pool.submit(Store, world) for name, world in worlds.items()}


@pytest.fixture(params=["duckdb", "postgres"])
def store(request: pytest.FixtureRequest, stores: dict[str, Future[Store]]) -> Store:
    return stores[request.param].result()


def test_groups_and_features_come_from_the_yaml(store: Store):
    groups = store.world.query("select * from feature_store.fs_groups").set_index("feature_group")
    assert groups.loc["customer__rfm", ["entity", "entity_key", "time_to_live_days", "n_rows"]].to_list() == [
        "customer",
        "customer_id",
        45,
        6,
    ]
    assert (groups["feature_version"] == 1).all()
    assert not groups.loc["customer__rfm", "has_late_rows"]
    assert groups.loc["customer__monthly", "has_late_rows"]
    features = store.world.query("select * from feature_store.fs_features")
    assert features.groupby("feature_group").size().to_dict() == groups["n_features"].to_dict()
    assert features["description"].str.len().min() > 3
    assert set(features["kind"]) == {"number", "date"}
    assert set(features.loc[features["feature"] == "recency_days", "depends_on"]) == {"fct_customer_days_by_snapshot"}


def test_steps_are_in_an_order_that_works(store: Store):
    steps = store.world.query("select * from feature_store.fs_feature_engineering_steps").set_index("built_model")
    assert {"stg_shop__purchases", "fct_customer_days", "feat_customer__scores"} <= set(steps.index)
    for name, step in steps.iterrows():
        read = [source for source in step["sources"].split("|") if source in steps.index]
        assert (steps.loc[read, "step_order"] < step["step_order"]).all(), name
    assert steps.loc["feat_customer__scores", "step_type"] == "derived"
    assert set(steps["last_status"]) == {"success"}
    lineage = store.world.query("select * from feature_store.fs_lineage")
    of_rfm = lineage[lineage["target_name"] == "feat_customer__rfm"]
    assert set(of_rfm["source_name"]) == {"fct_customer_days_by_snapshot"}
    assert of_rfm["n_rows"].max() == 6


def test_values_hold_every_group_as_json(store: Store):
    values = store.world.query("""
        select * from feature_store.fs_values
        where feature_group = 'customer__rfm' and entity_id = 'shop-A'
        order by event_at
    """)
    assert list(values["event_at"]) == SNAPSHOTS[1:]
    recency = [json.loads(text)["recency_days"] for text in values["feature_values"]]
    assert recency == [22, 50, 71]
    assert json.loads(values["feature_values"].iloc[-1])["amount_total"] == 45.0


def test_every_snapshot_is_one_batch_and_the_next_run_builds_none(store: Store):
    before = store.batches()
    of_group = before.groupby("feature_group")["first_snapshot_at"].agg(list)
    assert (of_group.map(lambda moments: moments == SNAPSHOTS)).all()
    assert set(before["status"]) == {"completed"}
    assert (before["seconds"] > 0).all()
    assert before[before["feature_group"] == "customer__rfm"]["n_rows"].to_list() == [0, 1, 2, 3]
    store.build("--select", "path:models/features")
    assert len(store.batches()) == len(before)


def test_a_failed_batch_is_retried_alone(store: Store):
    """The dollars of a day become more than a sum can hold, for the one snapshot that sees it."""
    day = "entities.fct_customer_days set amount_sum = {} where customer_id = 'shop-B' and event_on = '1997-03-03'"
    store.world.execute(f"update {day.format('9999999999999999.99')}")
    with pytest.raises(AssertionError, match="Error in model feat_customer__rfm"):
        store.build("--select", "feat_customer__rfm", "--full-refresh")
    failed = store.batches().tail(4)
    assert failed["status"].to_list() == ["completed", "completed", "completed", "failed"]
    assert "feat_customer__rfm" in failed["message"].iloc[-1]
    assert store.world.query("select count(*) as n from features.feat_customer__rfm")["n"].to_list() == [3]
    store.world.execute(f"update {day.format(10)}")
    store.build("--select", "feat_customer__rfm", "fs_values")
    retried = store.batches()
    retried = retried[retried["run_id"] == retried["run_id"].iloc[-1]]
    assert retried["first_snapshot_at"].to_list() == SNAPSHOTS[-1:]
    assert retried["status"].to_list() == ["completed"]
    assert store.world.query("select count(*) as n from features.feat_customer__rfm")["n"].to_list() == [6]


def test_another_logic_is_another_version_and_the_old_one_stays_readable(store: Store):
    scores = "select entity_id, event_at, feature_version, feature_values from feature_store.fs_values "
    scores += "where feature_group = 'customer__scores' order by feature_version, entity_id, event_at"
    first = store.world.query(scores)
    limit = "update config.score_limits set score = {} where score_name = 'engagement' and limit_order = 3"
    store.world.execute(limit.format(0.3))
    store.build("--select", "feat_customer__scores", "fs_versions", "fs_values")
    both = store.world.query(scores)
    old, new = (both[both["feature_version"] == version].reset_index(drop=True) for version in (1, 2))
    pd.testing.assert_frame_equal(old, first)
    pd.testing.assert_frame_equal(old[["entity_id", "event_at"]], new[["entity_id", "event_at"]])
    changed = [text.replace('"engagement_score":0.2', '"engagement_score":0.3') for text in old["feature_values"]]
    assert changed == new["feature_values"].to_list() != old["feature_values"].to_list()
    versions = store.world.query("""
        select * from feature_store.fs_versions where feature_group = 'customer__scores' order by feature_version
    """)
    assert versions["is_active"].to_list() == [False, True]
    assert "then 0.2" in versions["logic"].iloc[0]
    assert "then 0.3" in versions["logic"].iloc[1]


def test_a_moment_sees_what_was_known_then(store: Store):
    """The line of 20 January that arrived on 15 March is not in January's aggregates before 1 April."""
    groups = ["customer__monthly", "customer__support"]
    found = {
        moment: store.call(
            "get_features_for_inference", entity_ids=["shop-A", None, "nobody"], feature_groups=groups, moment=moment
        )
        for moment in ("1997-02-28 23:59:59", "1997-04-01")
    }
    then, now = found.values()
    assert json.loads(then["shop-A", "customer__monthly"][1])["amount_of_month"] == 40.0
    # By 1 April January is older than the 31 days that months live.
    assert now["shop-A", "customer__monthly"][0] == "missing"
    assert then["shop-A", "customer__support"][0] == "missing"
    assert then["nobody", "customer__monthly"][0] == "missing"
    assert then["", "customer__monthly"][0] == "no id"


def test_serving_says_hit_refreshed_or_missing(store: Store):
    """A model of another program, which appends its version and its feature schema."""
    store.world.execute("""
        insert into ops.model_versions (model_name, model_version, event_at, known_at)
        values ('elsewhere', '1', '1997-02-01', '1997-02-01'), ('elsewhere', '2', '1997-03-01', '1997-03-01');
        insert into ops.model_features (model_name, model_version, feature_order, feature_group, feature, known_at)
        values
            ('elsewhere', '2', 1, 'customer__windows', 'amount_90d', '1997-03-01'),
            ('elsewhere', '2', 2, 'customer__rfm', 'recency_days', '1997-03-01');
    """)
    ids = ["shop-A", "shop-O'Brien", None, "x' or 'a' = 'a"]
    served = {
        moment: store.call("get_features_for_prediction", model_name="elsewhere", entity_ids=ids, moment=moment)
        for moment in ("1997-04-01 10:00:00", "1997-04-01 10:59:59", "1997-04-01 11:00:00")
    }
    statuses = [[row[0] for row in rows.values()] for rows in served.values()]
    assert statuses == [
        ["refreshed", "refreshed", "missing", "no id"],
        ["hit", "hit", "missing", "no id"],
        ["refreshed", "refreshed", "missing", "no id"],
    ]
    assert served["1997-04-01 10:59:59"]["shop-A",][1] == '{"amount_90d":45.00,"recency_days":71}'
    store.world.run(
        *("dbt", "run-operation", "refresh_feature_cache", "--args", "{model_name: elsewhere}"),
        *VARS,
    )
    vectors = store.world.query("select computed_at, count(*) as n from ops.feature_vectors group by 1 order by 1")
    assert vectors["n"].to_list() == [2, 2, 3]


REFUSED = {
    ("get_features_for_prediction", "{model_name: nothing, entity_ids: [a]}"): 'there is no model "nothing"',
    ("get_features_for_prediction", "{model_name: elsewhere, entity_ids: [a], model_version: '1'}"): "is not active",
    ("get_features_for_prediction", "{model_name: elsewhere, entity_ids: [a, b, a]}"): "the entity a is there 2 times",
    ("get_features_for_inference", "{entity_ids: [a], feature_groups: [nothing]}"): 'no feature group "nothing"',
    (
        "get_features_for_inference",
        "{entity_ids: [a], feature_groups: [customer__rfm], moment: 1997-04-02}",
    ): "lies after as_of",
    (
        "get_features_for_inference",
        "{entity_ids: [], feature_groups: [customer__rfm]}",
    ): "entity_ids is empty",
}


@pytest.mark.parametrize(("procedure", "arguments"), REFUSED)
def test_what_cannot_be_served_is_refused_by_name(stores: dict[str, Future[Store]], procedure: str, arguments: str):
    store = stores["duckdb"].result()
    with pytest.raises(AssertionError, match=re.escape(REFUSED[procedure, arguments])):
        store.world.run("dbt", "run-operation", procedure, "--args", arguments, *VARS)
