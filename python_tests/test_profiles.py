"""Profiles, common values, unexpected values and bins, against pandas and numpy."""

import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.history import FIRST_NIGHT, LAST_NIGHT, SECOND_NIGHT
from support.world import World

FRACTIONS = {"05": 0.05, "25": 0.25, "50": 0.5, "75": 0.75, "95": 0.95}
PROFILED = {
    "dim_customers": "entities.dim_customers",
    "fct_transactions": "entities.fct_transactions",
    "fct_support_tickets": "entities.fct_support_tickets",
    "feat_customer__rfm": "features.feat_customer__rfm",
}
# Of the largest table a few columns will do.
FEATURES = ["event_at", "recency_days", "amount_total", "amount_per_purchase_day", "log_amount_total"]
# What the columns hold, by name.
KINDS = {
    "_on$": "date",
    "_at$": "timestamp",
    "^(is|has)_": "boolean",
    "^(n_.*|quantity|amount.*|satisfaction|recency_days|log_.*|input_hash)$": "number",
}
NOT_FINITE = [math.nan, math.inf, -math.inf, 1e200]

# A table with everything that a profile can trip over; `rows` of it are left out of one of the queries.
ODD_ROWS = """
    create table profile_cases.odd as
    select
        cast(id as integer) as id,
        cast(null as float8) as missing,
        7 as constant,
        cast(0.1 as float8) as constant_float,
        id % 2 = 0 as is_even,
        cast('1996-02-28' as date) + cast(id as integer) as moved_on,
        case when id > 1 then cast('1997-01-01 00:00:00.25' as timestamp) + id * interval '1' hour end as "Moved at",
        cast(case id
            when 1 then 'NaN' when 2 then 'Infinity' when 3 then '-Infinity' when 4 then '1e200'
            when 5 then '-2.5' when 6 then '-0.0' else cast(id as text)
        end as float8) as measured,
        cast((id * 37) % 11 - 5 as numeric(18, 2)) as amount,
        case id
            when 1 then 'é' when 2 then 'e' when 3 then 'Z' when 4 then 'z'
            when 5 then '' when 6 then 'z' when 7 then 'Z'
        end as label
    from generate_series(1, 40) as series (id)
"""
QUERIES = """
    {%- set odd = adapter.get_relation(target.database, 'profile_cases', 'odd') -%}
    {%- set empty = adapter.get_relation(target.database, 'profile_cases', 'empty') -%}
    {%- set edges = adapter.get_relation(target.database, 'profile_cases', 'edges') -%}
    {%- set transactions = adapter.get_relation(target.database, 'entities', 'fct_transactions') -%}
    {{ millwright.profile_relation(odd) }}
    ;;
    {{ millwright.profile_relation(odd, columns=['amount', 'id'], rows='id <= 10') }}
    ;;
    {{ millwright.profile_relation(empty) }}
    ;;
    {{ millwright.common_values(odd) }}
    ;;
    {{ millwright.common_values(odd, columns=['amount', 'label'], rows='id <> 9', n_most_common=3, min_rows=2) }}
    ;;
    {{ millwright.common_values(empty) }}
    ;;
    {{ millwright.bin_edges(transactions, 'amount', n_bins=10, method='equal_width') }}
    ;;
    {{ millwright.bin_edges(transactions, 'amount', n_bins=10, method='quantile') }}
    ;;
    select
        amount,
        {{ millwright.bin_values('amount', edges=millwright.stored_edges(edges)) }} as label,
        {{ millwright.bin_values('amount', edges=millwright.stored_edges(edges), closes_last=true) }} as closed_label,
        {{ millwright.bin_values('amount', band_set='price') }} as price
    from {{ transactions }}
    ;;
    {{ millwright.profile_relation(api.Relation.create(target.database, 'profile_cases', 'nowhere')) }}
    ;;
    {{ millwright.common_values(api.Relation.create(target.database, 'profile_cases', 'nowhere')) }}
"""
NAMES = [
    *("odd", "odd_part", "empty", "odd_values", "odd_part_values", "empty_values"),
    *("equal_width", "quantile", "binned", "nowhere", "nowhere_values"),
]


@pytest.fixture(scope="module")
def profiles(world: World) -> pd.DataFrame:
    return world.query("select * from quality.dq_column_profiles")


@pytest.fixture(scope="module")
def edges(world: World) -> list[float]:
    """Edges that are no round numbers, the last one a value that occurs."""
    amounts = world.query("select cast(amount as float8) as amount from entities.fct_transactions")["amount"]
    return [*np.quantile(amounts, np.linspace(0, 0.95, 7))[1:], 400.005, float(amounts.max())]


@pytest.fixture(scope="module")
def answers(world: World, edges: list[float], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """What the queries above return, by name. dbt compiles them all in one go."""
    directory = tmp_path_factory.mktemp("profiles")
    rows = ", ".join(f"({number}, cast({edge!r} as float8))" for number, edge in enumerate(map(float, edges)))
    world.execute("drop schema if exists profile_cases cascade")
    world.execute("create schema profile_cases")
    world.execute(ODD_ROWS)
    world.execute("create table profile_cases.empty as select * from profile_cases.odd where id < 0")
    world.execute(f"create table profile_cases.edges as select * from (values {rows}) as listed (edge_number, edge)")
    world.run("dbt", "compile", "--target-path", str(directory), "--inline", QUERIES)
    try:
        yield {name: world.query(query) for name, query in zip(NAMES, compiled(directory).split(";;"), strict=True)}
    finally:
        world.execute("drop schema profile_cases cascade")


def compiled(directory: Path) -> str:
    (result,) = json.loads((directory / "run_results.json").read_text())["results"]
    return result["compiled_code"]


def shape(value: object) -> str:
    """What profiles show of a value about a person."""
    return "".join("9" if c in "0123456789" else c if c.isascii() and not c.isalpha() else "x" for c in text(value))


def text(value: object) -> str:
    """A value as profiles write it."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        case float():
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))
        case pd.Timestamp():
            return str(value).rstrip("0").rstrip(".") if value.microsecond else str(value)
        case _:
            return str(value)


def sorted_by_bytes(values: list) -> list:
    return sorted(values, key=lambda value: value.encode() if isinstance(value, str) else value)


def assert_profile(profile: pd.Series, column: pd.Series, kind: str, shown: Callable[[object], str] = text) -> None:
    """The row of a profile says what pandas says of the column."""
    where = profile["column_name"]
    values = column.dropna() if kind != "number" else column[[value is not None for value in column]]
    distinct = {text(value) for value in values}
    assert profile["column_kind"] == kind, where
    assert profile["n_rows"] == len(column), where
    assert profile["n_nulls"] == len(column) - len(values), where
    assert profile["n_distinct"] == len(distinct), where
    if kind == "number":
        exact = list(values)
        numbers = pd.Series([float(value) for value in values], dtype="float64")
        is_finite = numbers.abs() < 1e150
        assert profile["n_not_finite"] == (~is_finite).sum(), where
        values = [value for value, keep in zip(exact, is_finite, strict=True) if keep]
        numbers = numbers[is_finite]
        expected = {f"percentile_{name}": numbers.quantile(fraction) for name, fraction in FRACTIONS.items()}
        expected |= {"mean": numbers.mean(), "standard_deviation": numbers.std()}
    else:
        expected = {"mean": values.astype(float).mean()} if kind == "boolean" else {}
    for figure in ("mean", "standard_deviation", *(f"percentile_{name}" for name in FRACTIONS)):
        value = expected.get(figure)
        if value is None or math.isnan(value):
            assert pd.isna(profile[figure]), (where, figure)
        else:
            assert profile[figure] == pytest.approx(value, rel=1e-9, abs=1e-12), (where, figure)
    for name, fraction in FRACTIONS.items():
        if kind in ("date", "timestamp") and len(values):
            moments = np.sort(pd.to_datetime(values).to_numpy())
            found = pd.Timestamp(profile[f"percentile_{name}_at"])
            assert found == np.quantile(moments.astype("int64"), fraction, method="inverted_cdf").view(moments.dtype)
        else:
            assert pd.isna(profile[f"percentile_{name}_at"]), (where, name)
    ordered = sorted_by_bytes([text(value) if kind in ("text", "boolean") else value for value in values])
    for figure, place in (("min_value", 0), ("max_value", -1)):
        found = None if pd.isna(profile[figure]) else profile[figure]
        assert found == (shown(ordered[place]) if ordered else None), (where, figure)


@pytest.mark.parametrize("relation", PROFILED)
def test_profiles_equal_pandas_on_every_column(world: World, profiles: pd.DataFrame, manifest: dict, relation: str):
    columns_by_name = manifest["nodes"][f"model.millwright.{relation}"]["columns"]
    columns = ", ".join(FEATURES) if relation == "feat_customer__rfm" else "*"
    held = world.query(f"select {columns} from {PROFILED[relation]}").astype(object)
    of_relation = profiles[
        (profiles["relation_name"] == relation) & (profiles["profiled_at"] == pd.Timestamp(LAST_NIGHT))
    ].set_index("column_name", drop=False)
    for name in held.columns:
        kind = next((kind for pattern, kind in KINDS.items() if re.search(pattern, name)), "text")
        values = [None if pd.isna(value) else value for value in held[name]]
        is_personal = columns_by_name[name]["config"]["meta"].get("is_personal")
        assert_profile(of_relation.loc[name], pd.Series(values, dtype=object), kind, shape if is_personal else text)
    assert relation == "feat_customer__rfm" or set(of_relation.index) == set(held.columns)


def test_every_night_is_kept_once_whatever_is_built_anew(profiles: pd.DataFrame):
    nights = [pd.Timestamp(night) for night in (FIRST_NIGHT, SECOND_NIGHT, LAST_NIGHT)]
    assert sorted(profiles["profiled_at"].unique()) == nights
    assert not profiles.duplicated(["profiled_at", "relation_name", "column_name"]).any()
    of_key = profiles[profiles["column_name"] == "transaction_id"].sort_values("profiled_at")
    assert of_key["n_rows"].is_monotonic_increasing
    assert of_key["n_rows"].nunique() == len(nights)


def test_changes_are_the_differences_to_the_run_before(world: World, profiles: pd.DataFrame):
    changes = world.query("select * from quality.dq_profile_changes")
    keys = ["relation_name", "column_name"]
    expected = profiles.sort_values("profiled_at")
    figures = ["n_rows", "null_rate", "n_distinct", "mean", "standard_deviation", "percentile_50"]
    for figure in figures:
        expected[f"{figure}_change"] = expected[figure].astype(float) - expected.groupby(keys)[figure].shift().astype(
            float
        )
    expected["previous_profiled_at"] = expected.groupby(keys)["profiled_at"].shift()
    expected = expected.dropna(subset="previous_profiled_at")
    columns = [*keys, "profiled_at", "previous_profiled_at", *(f"{figure}_change" for figure in figures)]
    assert (changes["column_change"] == "kept").all()
    pd.testing.assert_frame_equal(
        changes[columns].astype(expected[columns].dtypes).sort_values(columns[:3], ignore_index=True),
        expected[columns].sort_values(columns[:3], ignore_index=True),
        check_exact=False,
        rtol=1e-9,
        atol=1e-12,
    )


def test_common_values_equal_value_counts(world: World):
    common = world.query(f"""
        select * from quality.dq_common_values
        where profiled_at = '{LAST_NIGHT}' and relation_name = 'fct_transactions'
    """)
    held = world.query("select * from entities.fct_transactions")
    for name in held.columns:
        counts = held[name].map(text if name != "amount" else str).value_counts()
        expected = sorted(counts[counts > 1].items(), key=lambda pair: (-pair[1], pair[0].encode()))[:10]
        found = common[common["column_name"] == name].sort_values("value_rank")
        assert list(zip(found["value"], found["n_rows"], strict=True)) == expected, name
        np.testing.assert_allclose(found["value_rate"], found["n_rows"] / len(held), rtol=1e-12)


def test_odd_columns_are_profiled_as_pandas_would(world: World, answers: dict):
    held = world.query("select * from profile_cases.odd")
    kinds = {"is_even": "boolean", "moved_on": "date", "Moved at": "timestamp", "label": "text"}
    profile = answers["odd"].set_index("column_name", drop=False)
    assert list(profile.index) == list(held.columns)
    for name in held.columns:
        held_values = held[name].astype(object)
        if name != "measured":  # Only here NaN is a value.
            held_values = held_values.where(held_values.notna(), None)
        assert_profile(profile.loc[name], held_values, kinds.get(name, "number"))
    assert profile.loc["measured", "n_not_finite"] == len(NOT_FINITE)
    assert profile.loc["constant_float", "standard_deviation"] == 0
    assert profile.loc["label", ["min_value", "max_value"]].tolist() == ["", "é"]


def test_columns_and_rows_are_chosen(world: World, answers: dict):
    profile = answers["odd_part"].set_index("column_name", drop=False)
    held = world.query("select id, amount from profile_cases.odd where id <= 10").astype(object)
    assert sorted(profile.index) == ["amount", "id"]
    for name in profile.index:
        assert_profile(profile.loc[name], held[name], "number")


def test_an_empty_table_has_a_profile_and_no_common_values(answers: dict):
    assert list(answers["empty"]["column_name"]) == list(answers["odd"]["column_name"])
    assert (answers["empty"][["n_rows", "n_nulls", "n_distinct"]] == 0).all(axis=None)
    assert answers["empty"].loc[:, "min_value":].isna().all(axis=None)
    assert answers["empty_values"].empty


def test_a_table_that_is_not_there_has_no_profile(answers: dict):
    assert answers["nowhere"].empty
    assert answers["nowhere_values"].empty
    assert list(answers["nowhere"].columns) == list(answers["odd"].columns)
    assert list(answers["nowhere_values"].columns) == list(answers["odd_values"].columns)


def test_common_values_of_odd_columns_break_ties_by_bytes(answers: dict):
    common = answers["odd_values"].sort_values("value_rank").groupby("column_name")["value"].agg(list)
    assert common["label"] == ["Z", "z", "", "e", "é"]
    assert common["is_even"] == ["false", "true"]
    assert common["measured"] == ["-2.5", "-Infinity", "0", "10", "11", "12", "13", "14", "15", "16"]
    assert "missing" not in common.index
    part = answers["odd_part_values"].sort_values("value_rank").groupby("column_name")[["value", "n_rows"]].agg(list)
    assert part.loc["label"].tolist() == [["Z", "z"], [2, 2]]
    amounts = pd.Series([f"{(number * 37) % 11 - 5}.00" for number in range(1, 41) if number != 9]).value_counts()
    expected = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    assert list(zip(*part.loc["amount"], strict=True)) == expected


def test_edges_equal_pandas(world: World, answers: dict):
    amounts = world.query("select cast(amount as float8) as amount from entities.fct_transactions")["amount"]
    np.testing.assert_allclose(answers["equal_width"]["edge"], np.linspace(amounts.min(), amounts.max(), 11))
    expected = pd.qcut(amounts, 10, retbins=True, duplicates="drop")[1]
    assert len(expected) == 11
    np.testing.assert_allclose(answers["quantile"]["edge"], expected, rtol=1e-12)
    assert list(answers["quantile"]["edge_number"]) == list(range(11))


def test_bins_equal_numpy_and_pandas(answers: dict, edges: list[float]):
    binned = answers["binned"]
    amounts = binned["amount"].astype(float)
    written = [text(edge) for edge in map(float, edges)]
    labels = [f"[{lower}, {upper})" for lower, upper in pairwise(written)]
    expected = np.array(["(below)", *labels, "(above)"])[np.digitize(amounts, edges)]
    assert (binned["label"] == expected).all()
    assert set(binned["label"]) == {"(below)", *labels, "(above)"}

    closed = [*labels[:-1], labels[-1].replace(")", "]")]
    counts, _ = np.histogram(amounts, edges)
    assert binned["closed_label"].value_counts().reindex(closed).tolist() == counts.tolist()

    bands = pd.read_csv(Path(__file__).parents[1] / "seeds" / "config" / "value_bands.csv").query("band_set == 'price'")
    bounds = [*bands["lower_bound"], math.inf]
    assert (binned["price"] == pd.cut(amounts, bounds, right=False, labels=bands["label"]).astype(str)).all()


def test_unexpected_values_are_those_that_the_rule_does_not_accept(world: World):
    rules = world.query("select * from config.data_quality_rules where rule_type = 'accepted_values' and is_active")
    found = world.query("select * from quality.dq_unexpected_values")
    results = world.query("select rule_id, n_failed from quality.dq_rule_results").set_index("rule_id")["n_failed"]
    assert len(found) > 0
    for rule in rules.itertuples():
        times = {"dim_customers": "first_known_at"}.get(rule.relation_name, "event_at")
        held = world.query(
            f"select {rule.column_name} as value, {times} as seen_at from {PROFILED[rule.relation_name]}"
        )
        odd = held[held["value"].notna() & ~held["value"].isin(rule.accepted_values.split("|"))]
        expected = odd.groupby("value")["seen_at"].agg(["size", "min", "max"])
        of_rule = found[found["rule_id"] == rule.rule_id].set_index("value").sort_index()
        assert list(of_rule.index) == list(expected.index)
        assert of_rule["n_rows"].tolist() == expected["size"].tolist()
        assert of_rule["n_rows"].sum() == results[rule.rule_id]
        assert of_rule["first_seen_at"].tolist() == expected["min"].tolist()
        assert of_rule["last_seen_at"].tolist() == expected["max"].tolist()
        np.testing.assert_allclose(of_rule["value_rate"].astype(float), expected["size"] / len(held))
