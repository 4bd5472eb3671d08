"""From a prediction to what it came from, on both engines: recomputed by pandas, and looked up without reading all."""

import json
from contextlib import suppress

import pandas as pd
import pytest
from support.history import History
from support.world import World

from millwright.warehouse import open_warehouse

VIEWS = ("chain", "features", "quality", "identities")
GROUPS = ("customer__rfm", "customer__windows")
N_PREDICTIONS = 12


@pytest.fixture(scope="module")
def predictions(world: World) -> pd.DataFrame:
    """Some predictions of all months and versions, the same on both engines."""
    return world.query(f"""
        select prediction_id, model_name, model_version, entity_id, event_at, known_at
        from evaluation.eval_predictions
        where model_name in ('repurchase', 'spend')
        order by md5(prediction_id || model_version || cast(event_at as text))
        limit {N_PREDICTIONS}
    """)


def looked_up(world: World, view: str, predictions: pd.DataFrame) -> pd.DataFrame:
    ids = ", ".join(f"'{prediction_id}'" for prediction_id in predictions["prediction_id"])
    return world.query(f"select * from lifecycle.life_prediction_{view} where prediction_id in ({ids})")


def test_a_prediction_has_one_chain(world: World):
    (counts,) = world.query("""
        select
            (select count(*) from evaluation.eval_predictions) as n_predictions,
            (select count(*) from lifecycle.life_prediction_chain) as n_chains,
            (select count(*) from lifecycle.life_prediction_chain where recipe_hash is not null) as n_with_recipe
    """).itertuples(index=False)
    assert counts.n_predictions == counts.n_chains
    assert counts.n_with_recipe > 1000


def test_the_training_set_is_that_of_the_version(world: World, predictions: pd.DataFrame):
    recipes = world.query("select model_name, model_version, recipe_hash, n_rows from ops.training_recipes")
    found = looked_up(world, "chain", predictions).merge(recipes, on=["model_name", "model_version"])
    assert len(found) >= len(predictions)
    assert (found["recipe_hash_x"] == found["recipe_hash_y"]).all()
    assert (found["n_training_rows"] == found["n_rows"]).all()
    assert (found["project_name"].isna() & found["deployment_id"].isna()).all()


def test_features_are_those_that_were_true_and_known_by_then(world: World, predictions: pd.DataFrame):
    schema = world.query("select model_name, model_version, feature_group, feature from ops.model_features")
    found = looked_up(world, "features", predictions)
    assert set(found["feature_group"]) == set(GROUPS)
    expected = []
    for group in GROUPS:
        customers = ", ".join(f"'{entity}'" for entity in predictions["entity_id"])
        held = world.query(f"select * from features.feat_{group} where customer_id in ({customers})")
        pairs = predictions.merge(held, left_on="entity_id", right_on="customer_id", suffixes=("", "_held"))
        pairs = pairs[(pairs["event_at_held"] <= pairs["event_at"]) & (pairs["known_at_held"] <= pairs["known_at"])]
        newest = pairs.sort_values("event_at_held").groupby(["prediction_id", "model_version", "event_at"]).tail(1)
        needed = schema[schema["feature_group"] == group]
        values = newest.melt(
            ["prediction_id", "model_name", "model_version", "event_at", "event_at_held"],
            [*needed["feature"].unique()],
            "feature",
            "value",
        )
        expected.append(values.merge(needed, on=["model_name", "model_version", "feature"]))
    keys = ["prediction_id", "model_version", "event_at", "feature"]
    both = pd.concat(expected).merge(found, on=keys, how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    assert (both["event_at_held"] == both["computed_at"]).all()
    pd.testing.assert_series_equal(
        both["stored_value"].astype(float), both["value"].astype(float), check_names=False, rtol=1e-12
    )
    assert found["logged_value"].isna().all()


def test_logged_features_stand_beside_the_stored_ones(world: World, predictions: pd.DataFrame):
    one = predictions[predictions["model_name"] == "repurchase"].iloc[0]
    version = f"model_name = 'repurchase' and model_version = '{one.model_version}'"
    needed = world.query(f"select feature from ops.model_features where {version}")["feature"]
    logged = {**dict.fromkeys(needed, 17), "mood": "not needed"}
    with suppress(_UndoneError), open_warehouse(world.target) as warehouse:
        for _ in range(2):
            warehouse.execute(f"""
                insert into ops.predictions (
                    prediction_id, model_name, model_version, entity_id, event_at, known_at, predicted_class,
                    input_features
                )
                values (
                    'told', 'repurchase', '{one.model_version}', '{one.entity_id}', '{one.event_at}', '{one.known_at}',
                    'repurchase', '{json.dumps(logged)}'
                )
            """)
        warehouse.execute("""
            insert into evaluation.eval_predictions (
                prediction_id, model_name, model_version, entity_id, event_at, known_at, feature_hash
            )
            select distinct prediction_id, model_name, model_version, entity_id, event_at, accepted_at, feature_hash
            from staging.base_ops__predictions
            where prediction_id = 'told'
        """)
        rows = warehouse.query("select * from lifecycle.life_prediction_features where prediction_id = 'told'")
        raise _UndoneError
    features = {row["feature"]: row for row in rows}
    assert len(features) == len(rows)
    assert {name: row["logged_value"] for name, row in features.items()} == dict.fromkeys(needed, "17")
    stored = looked_up(world, "features", predictions.loc[[one.name]])
    stored = stored[stored["model_version"] == one.model_version].set_index("feature")["stored_value"]
    assert features["recency_days"]["stored_value"] == stored["recency_days"]
    assert len(features) == len(stored)


class _UndoneError(Exception):
    """Takes the test's rows back."""


@pytest.mark.parametrize("view", VIEWS)
def test_one_prediction_is_looked_up(histories: dict[str, History], view: str):
    world = histories["postgres"].world
    (prediction_id,) = world.query("select min(prediction_id) from evaluation.eval_predictions").iloc[0]
    query = f"select * from lifecycle.life_prediction_{view} where prediction_id = '{prediction_id}'"
    plan = "\n".join(world.query(f"explain {query}").iloc[:, 0])
    assert "Index Scan using" in plan
    assert "Seq Scan on eval_predictions" not in plan
