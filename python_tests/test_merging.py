"""The macros that merge relations, on columns read from the warehouse: against pandas, and what they refuse."""

import json
import re
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from dbt.cli.main import dbtRunnerResult
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

RELATION = "api.Relation.create(database=target.database, schema='merging', identifier='{}')"
A, B, DOUBLED, MISSING = (RELATION.format(name) for name in ("a", "b", "doubled", "missing"))
N = 500


def make_frames() -> dict[str, pd.DataFrame]:
    """Keys of two parts, some of them NULL in one; `b` has most columns of `a`, another order, and two of its own."""
    draws = np.random.default_rng(0)
    keys = [(f"k{number // 7}", number % 7) for number in range(2 * N)]
    frames = {}
    for name, payloads in {"a": ["x", "y"], "b": ["y", "z"]}.items():
        chosen = [keys[position] for position in sorted(draws.choice(len(keys), N, replace=False))]
        frame = pd.DataFrame(chosen, columns=["part", "number"]).astype({"number": "Int64"})
        frame.loc[draws.choice(N, 25, replace=False), "part"] = None
        frame.loc[draws.choice(N, 25, replace=False), "number"] = pd.NA
        for payload in payloads:
            frame[payload] = draws.integers(0, 50, N)
        frames[name] = frame
    frames["b"] = frames["b"][["z", "number", "y", "part"]]
    frames["doubled"] = frames["a"].dropna().iloc[[0, 1, 2, 2]]
    return frames


FRAMES = make_frames()


class Warehouse:
    """A world with the frames as tables, that answers expressions over the macros."""

    def __init__(self, world: World):
        self.world = world
        self.project = SmallProject(world, {}, [])
        world.execute("create schema merging")
        for name, frame in FRAMES.items():
            types = ", ".join(f"{column} {'text' if column == 'part' else 'bigint'}" for column in frame)
            world.execute(f"create table merging.{name} ({types})")
            literals = json.loads(frame.to_json(orient="values"))
            rows = ", ".join(
                "(" + ", ".join("null" if value is None else f"'{value}'" for value in row) + ")" for row in literals
            )
            world.execute(f"insert into merging.{name} values {rows}")

    def compile(self, inline: str) -> tuple[dbtRunnerResult, str]:
        return self.project.dbt("compile", "--inline", inline, as_of=datetime(1998, 7, 1))

    def compiled(self, *expressions: str) -> list[str]:
        inline = " ;; ".join(f"{{{{ millwright.{expression} }}}}" for expression in expressions)
        outcome, said = self.compile(inline)
        assert outcome.success, said
        return outcome.result.results[0].node.compiled_code.split(" ;; ")

    def answers(self, *expressions: str) -> list[pd.DataFrame]:
        return [self.world.query(query) for query in self.compiled(*expressions)]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    return Warehouse(World(request.param, tmp_path_factory.mktemp(request.param), postgres))


def assert_same_rows(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    def as_text(value: object) -> str:
        return "" if pd.isna(value) else value if isinstance(value, str) else str(int(value))

    assert list(found.columns) == list(expected.columns)
    rows = [sorted(tuple(map(as_text, row)) for row in frame.astype(object).to_numpy()) for frame in (found, expected)]
    assert rows[0] == rows[1]


def test_merges_equal_pandas(warehouse: Warehouse):
    a, b = FRAMES["a"], FRAMES["b"]
    keys = ["part", "number"]
    unioned, narrow, merged, completed, first = warehouse.answers(
        f"union_relations({{'a': {A}, 'b': {B}}}, mappings={{'b': {{'x': 'z'}}}})",
        f"union_relations({{'a': {A}, 'b': {B}}}, include=['number', 'x'], column_types={{'x': 'text'}},"
        " source_column=none, distinct=true)",
        f"merge_feature_sets({{'a': {A}, 'b': {B}}}, ['part', 'number'], columns={{'b': ['z']}})",
        f"anti_join_merge({A}, {B}, ['part', 'number'])",
        f"deduplicate({A}, partition_by=['part', 'y'], order_by=['number desc nulls last', 'x'])",
    )

    renamed = b.rename(columns={"z": "x"})
    expected = pd.concat([a.assign(source_system="a"), renamed.assign(source_system="b")])
    assert_same_rows(unioned, expected[["source_system", *a.columns]])

    expected = pd.concat([a[["number", "x"]], b[["number"]]]).drop_duplicates()
    assert_same_rows(narrow, expected)

    # pandas joins missing keys to each other; they are no keys here.
    whole_a, whole_b = a.dropna(subset=keys), b.dropna(subset=keys)
    expected = pd.concat(
        [
            whole_a.merge(whole_b[[*keys, "z"]], how="outer", on=keys),
            a[a[keys].isna().any(axis=1)],
            b[b[keys].isna().any(axis=1)][[*keys, "z"]],
        ]
    )
    assert_same_rows(merged, expected[[*keys, "x", "y", "z"]])

    known = pd.MultiIndex.from_frame(whole_a[keys])
    is_new = b[keys].isna().any(axis=1) | ~pd.MultiIndex.from_frame(b[keys]).isin(known)
    expected = pd.concat([a.assign(origin="primary"), b[is_new].assign(origin="secondary")])
    assert_same_rows(completed, expected[["origin", *a.columns, "z"]])

    ordered = a.sort_values(["number", "x"], ascending=[False, True], na_position="last")
    expected = ordered[ordered["part"].isna() | ~ordered.duplicated(["part", "y"])]
    assert_same_rows(first, expected.assign(candidate_rank=1))


def test_a_feature_set_with_two_rows_for_a_key_fails_the_query(warehouse: Warehouse):
    key = FRAMES["doubled"].iloc[-1]
    sets = f"{{'a': {A}, 'twice': {DOUBLED}}}, ['part', 'number'], columns={{'a': ['x'], 'twice': ['y']}}"
    checked, unchecked = warehouse.compiled(
        f"merge_feature_sets({sets})", f"merge_feature_sets({sets}, assume_unique=true)"
    )
    with pytest.raises(Exception, match=f"twice has several rows for the key {key['part']}, {key['number']}"):
        warehouse.world.query(checked)
    assert len(warehouse.world.query(unchecked)) == N + 1


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("union_relations({})", "must map at least one source"),
        (f"union_relations({{'a': {A}, 'm': {MISSING}}})", r"merging.*missing.* does not exist"),
        (f"union_relations({{'a': {A}, 'c': 'a_cte'}})", "a_cte cannot be read: it is a CTE"),
        (f"union_relations({{'a': {A}, 'b': {B}}}, include=['w'])", "No source has the column w"),
        (
            f"union_relations({{'a': {A}}}, mappings={{'a': {{'x': 'w'}}}})",
            "has no column w, which mappings name for x",
        ),
        (
            f"union_relations({{'a': {A}, 'b': {B}}}, mappings={{'b': {{'x': 'part'}}}})",
            r'The column x is bigint in .*"a" and (varchar|text) in .*"b"; say in column_types',
        ),
        (f"merge_feature_sets({{'a': {A}, 'b': {B}}}, ['part', 'number'])", "the column y of b is also in a"),
        (f"deduplicate({A}, ['part'], ['x'], null_keys='ignored')", "must be kept, dropped or grouped"),
    ],
)
def test_what_cannot_be_merged_is_refused_by_name(warehouse: Warehouse, expression: str, message: str):
    outcome, said = warehouse.compile(f"{{{{ millwright.{expression} }}}}")
    assert not outcome.success
    assert re.search(message, said)
