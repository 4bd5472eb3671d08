"""Labels, baselines and recipes of all tasks, on the sample world of each engine."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from support.history import History
from support.world import World

VERSION, TRAINED_AT = "1998.3.0", pd.Timestamp("1998-03-01")
KEYS = ["customer_id", "snapshot_at"]
MONTHS = [f"is_active_month_{month}" for month in (1, 2, 3)]
TIERS = {"nothing": 0.0, "low": 0.01, "medium": 30.0, "high": 75.0}
TASKS = {"repurchase": ["label"], "value_tier": ["label"], "active_months": MONTHS, "spend": ["label"]}
CHALLENGED = ("repurchase", "value_tier")
CAP, SALT = 5000, "challenger"


@pytest.fixture(scope="module")
def horizons(world: World) -> pd.DataFrame:
    """What was bought in the horizon of every customer and matured snapshot, and when all of it was known."""
    spine = world.query("select * from training.train_customer__spine where is_mature")
    lines = world.query("select * from entities.fct_transactions_by_customer")
    lines["amount"] = lines["amount"].astype(float)
    pairs = spine.merge(lines, on="customer_id")
    at = pairs["snapshot_at"]
    is_owner = (pairs["valid_from"] <= at) & ~(pairs["valid_to"] <= at)
    pairs = pairs[is_owner & (pairs["event_at"] >= at) & (pairs["event_at"] < at + pd.Timedelta(days=90))]
    month = ((pairs["event_at"] - pairs["snapshot_at"]).dt.days // 30 + 1).astype(int)
    counts = pairs.groupby([*KEYS, month.rename("month")]).size().unstack(fill_value=0)
    totals = pairs.groupby(KEYS).agg(amount=("amount", "sum"), known_at=("known_at", "max"))
    bought = spine.set_index(KEYS).join(counts).join(totals)
    return bought.fillna({1: 0, 2: 0, 3: 0, "amount": 0.0}).sort_index()


@cache
def newest(world: World, task: str) -> pd.DataFrame:
    """The labels of a task as they are known now."""
    labels = world.query(f"select * from training.train_{task}__labels").sort_values("label_revision")
    return labels.groupby(KEYS).last().sort_index()


@cache
def known_examples(world: World, task: str) -> pd.DataFrame:
    """The examples that the version was trained on, by the clocks of their labels."""
    examples = world.query(f"select * from training.train_{task}__examples where data_split in ('train', 'valid')")
    is_known = examples["label_known_at"] <= TRAINED_AT
    known = examples[is_known & ~(examples["label_superseded_at"] <= TRAINED_AT)]
    return known.sort_values(KEYS, ignore_index=True)


def test_labels_of_all_tasks_equal_pandas(world: World, horizons: pd.DataFrame):
    has_bought = horizons[[1, 2, 3]].sum(axis=1) > 0
    tiers = np.array(list(TIERS))[np.searchsorted(list(TIERS.values()), horizons["amount"].round(2), side="right") - 1]
    assert (newest(world, "repurchase")["label"] == np.where(has_bought, "repurchase", "no_repurchase")).all()
    assert (newest(world, "value_tier")["label"] == tiers).all()
    np.testing.assert_allclose(newest(world, "spend")["label"].astype(float), horizons["amount"], atol=1e-6)
    for month, label in enumerate(MONTHS, start=1):
        assert (newest(world, "active_months")[label] == (horizons[month] > 0)).all()
    assert horizons["matures_at"].max() <= pd.Timestamp("1998-07-01")
    assert set(tiers) == set(TIERS)


def test_labels_are_corrected_when_more_becomes_known(world: World, horizons: pd.DataFrame):
    spend = world.query("select * from training.train_spend__labels")
    first, last = spend.groupby(KEYS)["label_known_at"].min(), spend.groupby(KEYS)["label_known_at"].max()
    late = horizons["known_at"] > horizons["matures_at"]
    assert late.sum() > 20
    assert (first.sort_index() == horizons["matures_at"]).all()
    changed = spend[spend["label_revision"] > 1].groupby(KEYS)["label_known_at"].max()
    pd.testing.assert_series_equal(
        changed.sort_index(), horizons.loc[changed.index, "known_at"].sort_index(), check_names=False
    )
    assert (last[~late.reindex(last.index)] == first[~late.reindex(first.index)]).all()


def test_immature_horizons_have_no_label(world: World):
    counts = world.query("""
        select count(*) as n, count(labels.customer_id) as n_labelled
        from training.train_customer__spine as spine
        left join training.train_customer__labels as labels
            on spine.customer_id = labels.customer_id and spine.snapshot_at = labels.snapshot_at
        where not spine.is_mature
    """)
    assert counts["n"].item() > 1_000
    assert counts["n_labelled"].item() == 0


@cache
def features_of(world: World) -> list[str]:
    parameters = world.query("select distinct feature from predictors.pred_spend__parameters where feature is not null")
    return sorted(parameters["feature"])


@cache
def scored(world: World, task: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The scores of the version in SQL, and the features of the same rows."""
    rows = world.query(f"""
        select scores.*, {", ".join(f"examples.{name}" for name in features_of(world))}
        from predictors.pred_{task}__scores as scores
        inner join training.train_customer__examples as examples
            on scores.entity_id = examples.customer_id and scores.event_at = examples.snapshot_at
        where scores.model_version = '{VERSION}'
    """)
    assert len(rows) > 2_000
    return rows, rows[features_of(world)].to_numpy(dtype=float)


def train_rows(world: World, task: str) -> tuple[pd.DataFrame, np.ndarray]:
    train = known_examples(world, task).query("data_split == 'train'")
    return train, train[features_of(world)].to_numpy(dtype=float)


def test_scores_of_tiers_equal_predict_proba(world: World):
    train, x = train_rows(world, "value_tier")
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-8)).fit(
        x, train["label"]
    )
    rows, x = scored(world, "value_tier")
    expected = pd.DataFrame(model.predict_proba(x), columns=model.classes_)
    for tier in TIERS:
        np.testing.assert_allclose(rows[f"{tier}_score"], expected[tier], rtol=1e-9)
    assert (rows["predicted_class"] == model.predict(x)).all()


def test_scores_of_months_equal_predict_proba(world: World):
    train, x = train_rows(world, "active_months")
    rows, of_scored = scored(world, "active_months")
    for label in MONTHS:
        model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10))
        model.fit(x, train[label].astype(bool))
        np.testing.assert_allclose(rows[f"{label}_score"], model.predict_proba(of_scored)[:, 1], rtol=1e-9)
        assert 0 < rows[label].mean() < 0.5


def tweedie(penalty: float, train: pd.DataFrame, x: np.ndarray) -> Pipeline:
    limit = FunctionTransformer(np.clip, kw_args={"a_min": -3, "a_max": 3})
    model = TweedieRegressor(power=1.5, link="log", alpha=penalty, solver="newton-cholesky", tol=1e-9)
    return make_pipeline(StandardScaler(), limit, model).fit(x, train["label"].astype(float))


def test_expected_spend_equals_a_tweedie_regression(world: World):
    train, x = train_rows(world, "spend")
    penalty = world.query(f"""
        select value from predictors.pred_spend__parameters
        where model_version = '{VERSION}' and parameter = 'penalty'
    """)["value"].item()
    rows, of_scored = scored(world, "spend")
    np.testing.assert_allclose(rows["expected_amount"], tweedie(penalty, train, x).predict(of_scored), rtol=1e-9)


def test_the_penalty_of_spend_is_the_best_on_the_valid_split(world: World):
    train, x = train_rows(world, "spend")
    valid = known_examples(world, "spend").query("data_split == 'valid'")
    deviances = {}
    for penalty in (0.01, 0.1):
        predicted = tweedie(penalty, train, x).predict(valid[features_of(world)].to_numpy(dtype=float))
        deviances[penalty] = metrics.mean_tweedie_deviance(valid["label"].astype(float), predicted, power=1.5)
    chosen = world.query(f"""
        select parameter, value from predictors.pred_spend__parameters
        where model_version = '{VERSION}' and parameter in ('penalty', 'valid_deviance')
    """).set_index("parameter")["value"]
    assert chosen["penalty"] == min(deviances, key=deviances.get)
    assert chosen["valid_deviance"] == pytest.approx(min(deviances.values()), rel=1e-9)


def test_every_model_beats_a_constant_and_recency_alone_on_customers_never_seen(whole_world: World):
    margins = whole_world.query("select * from evaluation.eval_baselines")
    assert set(zip(margins["model_name"], margins["reference"], strict=True)) == {
        (model, reference)
        for model in [*TASKS, "repurchase_challenger", "value_tier_challenger"]
        for reference in ("constant", "recency", *["baseline"] * model.endswith("challenger"))
    }
    assert (margins["n_customers"] > 3000).all()
    assert (margins.loc[margins["reference"] != "baseline", "margin_low"] > 0).all()


def losses_of_spend(world: World) -> pd.DataFrame:
    """By row of the test split: the squared errors of the model, of a constant and of the mean of the recency band."""
    examples = world.query("select * from training.train_spend__examples").sort_values("label_revision")
    examples["amount"] = examples["label"].astype(float)
    examples["band"] = (examples["recency_days"] // 30).clip(upper=12)
    scores = world.query("select * from predictors.pred_spend__scores where data_split = 'test'")
    scores = scores.rename(columns={"entity_id": "customer_id", "event_at": "snapshot_at"}).set_index(KEYS)
    rows = scores.join(examples.groupby(KEYS)[["amount", "band"]].last(), how="inner")
    train = examples[examples["data_split"] == "train"]
    trained_at = world.query("select * from training.train_customer__schedule where model_name = 'spend'")
    for version in trained_at.itertuples():
        is_superseded = train["label_superseded_at"] <= version.trained_at
        known = train[(train["label_known_at"] <= version.trained_at) & ~is_superseded]
        mean, bands = known["amount"].mean(), known.groupby("band")["amount"].agg(["sum", "count"])
        of_version = rows["model_version"] == version.model_version
        of_bands = (bands["sum"] + mean) / (bands["count"] + 1)
        rows.loc[of_version, "constant"] = mean
        rows.loc[of_version, "recency"] = rows.loc[of_version, "band"].map(of_bands).fillna(mean)
    return rows[["expected_amount", "constant", "recency"]].sub(rows["amount"], axis=0).pow(2)


def test_margins_of_baselines_equal_pandas_and_a_bootstrap_over_customers(world: World):
    losses = losses_of_spend(world)
    margins = world.query("select * from evaluation.eval_baselines where model_name = 'spend'").set_index("reference")
    for reference, found in margins.iterrows():
        assert found["n_labels"] == len(losses)
        assert found["model_loss"] == pytest.approx(losses["expected_amount"].mean(), rel=1e-9)
        assert found["reference_loss"] == pytest.approx(losses[reference].mean(), rel=1e-9)
        margin = losses[reference] - losses["expected_amount"]
        assert found["margin"] == pytest.approx(margin.mean(), rel=1e-9)
        assert found["margin_rate"] == pytest.approx(margin.mean() / losses[reference].mean(), rel=1e-9)
        sums = margin.groupby("customer_id").agg(["sum", "count"]).to_numpy()
        draws = np.random.default_rng(0).integers(0, len(sums), (2000, len(sums)))
        means = sums[draws].sum(axis=1)
        width = 2 * 1.96 * (means[:, 0] / means[:, 1]).std()
        assert found["margin_high"] - found["margin_low"] == pytest.approx(width, rel=0.1)


def recipe_of(world: World, model_name: str) -> pd.Series:
    return world.query(f"""
        select * from ops.training_recipes where model_name = '{model_name}' and model_version = '{VERSION}'
    """).iloc[0]


def sample_by_pandas(world: World, task: str) -> pd.DataFrame:
    """The known examples with the smallest salted hashes of each class and split, with how many they stand for."""
    known = known_examples(world, task)
    keys = [
        "".join(f"{len(part)}:{part}" for part in (row.customer_id, str(row.snapshot_at))) for row in known.itertuples()
    ]
    known["place"] = [hashlib.md5(f"{SALT}:{key}".encode()).hexdigest()[:8] + key for key in keys]
    strata = known.sort_values("place").groupby(["data_split", "label"])
    sampled = strata.head(CAP).assign(n_in_stratum=strata["place"].transform("size"))
    sampled["n_sampled"] = sampled["n_in_stratum"].clip(upper=CAP)
    sampled["sample_weight"] = sampled["n_in_stratum"] / sampled["n_sampled"]
    return sampled.drop(columns="place").sort_values(KEYS, ignore_index=True)


def rebuild(world: World, recipe_hash: str) -> str:
    arguments = json.dumps({"recipe_hash": recipe_hash, "into": "rebuilt_set"})
    return world.run("dbt", "run-operation", "rebuild_training_set", "--args", arguments)


@pytest.mark.parametrize("task", ["active_months", "spend"])
def test_a_set_is_rebuilt_after_later_nights_corrections_and_a_full_refresh(world: World, task: str):
    expected = known_examples(world, task)
    recipe = recipe_of(world, task)
    assert recipe["n_rows"] == len(expected)
    rebuild(world, recipe["recipe_hash"][:12])
    rebuilt = world.query("select * from training.rebuilt_set").sort_values(KEYS, ignore_index=True)
    columns = [*KEYS, "data_split", *TASKS[task], *features_of(world)]
    pd.testing.assert_frame_equal(rebuilt[columns], expected[columns], check_dtype=False)


@pytest.mark.parametrize("task", CHALLENGED)
def test_the_sample_of_a_challenger_is_drawn_by_hash_and_rebuilt(world: World, task: str):
    expected, recipe = sample_by_pandas(world, task), recipe_of(world, f"{task}_challenger")
    assert json.loads(json.loads(recipe["recipe"])["sample"]) == {"rows_per_class": CAP, "salt": SALT}
    assert recipe["n_rows"] == len(expected)
    drawn = world.query(f"""
        select * from training.train_customer__sampled_examples
        where model_name = '{task}_challenger' and model_version = '{VERSION}'
    """)
    rebuild(world, recipe["recipe_hash"])
    rebuilt = world.query("select * from training.rebuilt_set")
    columns = [*KEYS, "data_split", "label", "n_in_stratum", "n_sampled", "sample_weight", *features_of(world)]
    for rows in (drawn, rebuilt):
        rows = rows.sort_values(KEYS, ignore_index=True)
        pd.testing.assert_frame_equal(rows[columns], expected[columns], check_dtype=False)


@contextmanager
def another_recipe(world: World, recipe: pd.Series, old: str, new: str) -> Iterator[str]:
    """The hash of a recipe whose text has something else in the place of `old`, with the rows of the first one."""
    assert old in recipe["recipe"]
    text = recipe["recipe"].replace(old, new).replace("'", "''")
    world.execute(f"""
        insert into ops.training_recipes (recipe_hash, recipe, n_rows, rows_hash, known_at, run_id)
        select 'another one', '{text}', n_rows, rows_hash, known_at, 'test'
        from ops.training_recipes where recipe_hash = '{recipe["recipe_hash"]}'
    """)
    try:
        yield "another one"
    finally:
        world.execute("delete from ops.training_recipes where run_id = 'test'")


def test_baselines_have_no_sample_and_recipes_of_before_there_were_any_are_rebuilt(world: World):
    recipe = recipe_of(world, "spend")
    assert json.loads(recipe["recipe"])["sample"] is None
    with another_recipe(world, recipe, ',"sample":null', "") as recipe_hash:
        assert f"| {recipe['n_rows']:>6} |" in rebuild(world, recipe_hash)


def test_a_sample_of_another_size_is_not_the_set_of_the_recipe(world: World):
    recipe = recipe_of(world, "repurchase_challenger")
    with (
        another_recipe(world, recipe, f": {CAP},", f": {CAP - 1},") as recipe_hash,
        pytest.raises(AssertionError, match="the rows are not those of the recipe"),
    ):
        rebuild(world, recipe_hash)


def test_every_version_has_a_recipe_with_the_rows_that_it_was_fitted_on(world: World):
    parameters = {task: f"pred_{task}__parameters" for task in TASKS}
    parameters |= {f"{task}_challenger": f"pred_{task}__challenger_parameters" for task in CHALLENGED}
    for model_name, relation in parameters.items():
        counts = world.query(f"""
            select recipes.model_version, recipes.n_rows, sum(parameters.value) as n_fitted
            from ops.training_recipes as recipes
            inner join predictors.{relation} as parameters
                on recipes.model_version = parameters.model_version
            where recipes.model_name = '{model_name}' and parameters.parameter in ('n_train_rows', 'n_valid_rows')
            group by 1, 2
        """)
        assert len(counts) == 12
        assert (counts["n_rows"] == counts["n_fitted"]).all()


def test_a_set_of_an_older_feature_version_comes_from_the_values_that_were_kept(history: History):
    """Another version of a group begins; what the set is made of then lies in `ops.feature_values`."""
    world, recipe = history.world, recipe_of(history.world, "repurchase")
    columns = "feature_group, feature_version, entity_id, feature_values, event_at, known_at, run_id"
    world.execute(f"""
        insert into ops.feature_values ({columns})
        select feature_group, feature_version, entity_id, feature_values, event_at, known_at, 'test'
        from feature_store.fs_values where feature_group = 'customer__windows'
    """)
    world.execute("""
        insert into ops.feature_versions (feature_group, feature_version, logic_hash, run_id)
        select feature_group, max(feature_version) + 1, 'another', 'test'
        from ops.feature_versions where feature_group = 'customer__windows'
        group by feature_group
    """)
    try:
        assert f"| {recipe['n_rows']:>6} |" in rebuild(world, recipe["recipe_hash"])
        world.execute("""
            update ops.feature_values set feature_values = replace(feature_values, '"amount_90d":', '"amount_90d":1')
            where run_id = 'test' and event_at = '1997-06-01'
        """)
        with pytest.raises(AssertionError, match="the rows are not those of the recipe"):
            rebuild(world, recipe["recipe_hash"])
    finally:
        for table in ("feature_values", "feature_versions"):
            world.execute(f"delete from ops.{table} where run_id = 'test'")


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ("{recipe_hash: nothing}", 'there is no recipe "nothing"; ops.training_recipes has'),
        ("{recipe_hash: ''}", "there are several recipes that begin with"),
        ("{recipe_hash: RECIPE, into: 'a b; drop table x'}", "cannot be the name of a table"),
        ("{recipe_hash: RECIPE, into: train_customer__splits}", "train_customer__splits is a dbt model"),
    ],
)
def test_what_cannot_be_rebuilt_is_refused_by_name(histories: dict[str, History], arguments: str, refusal: str):
    world = histories["duckdb"].world
    arguments = arguments.replace("RECIPE", recipe_of(world, "spend")["recipe_hash"])
    with pytest.raises(AssertionError, match=refusal):
        world.run("dbt", "run-operation", "rebuild_training_set", "--args", arguments)
