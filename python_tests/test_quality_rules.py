"""What rules count is what pandas counts; a rule that cannot be evaluated says why; one that blocks stops what follows.

A small dbt project has the macros and generic tests of this one, made-up tables and one rule of every kind and verdict.
"""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

from millwright.expectations import validate
from millwright.warehouse import open_warehouse

ENGINES = ("duckdb", "postgres")
SCHEMA = "quality_rules"
AS_OF = datetime(1998, 7, 1)
DEFAULT_ERROR_RATE = 0.05
RULES = """
    rule_id text, relation_name text, column_name text, rule_type text, min_value text, max_value text,
    accepted_values text, pattern text, referenced_column text, denominator text, warn_rate float8, error_rate float8,
    min_rows bigint, severity text, action text, is_active boolean, description text
"""
COLUMNS = """
    id integer, amount numeric(18, 2), measured float8, label text, moved_on date, moved_at timestamp,
    is_even boolean, parent_id integer
"""
LABELS = ["low", "LOW", "it's", "Zoë", "a|b", "", "x@example.org", "l\no\nw", "no 1", None]
RELATIONS = ("cases", "few", "empty", "parents")

# The pattern, and whether all engines read it alike.
PATTERNS = {
    "^[a-z]+$": True,
    "^(low|LOW)$": True,
    "^it's$": True,
    r"^[^@]+@[a-z0-9.-]+\.[a-z]{2,3}$": True,
    "o{1,2}": True,
    "(?:l(o(w)))": True,
    r"\d|\||[.]": True,
    "^l.*w$": True,
    "^[^A-Z]{3,}$": True,
    r"^\w+$": False,
    "[[:upper:]]": False,
    "[a-z": False,
    "(low": False,
    "low)": False,
    "*low": False,
    "lo**": False,
    "lo{2,1}": False,
    "lo{1,999}": False,
    "[z-a]": False,
    "(?=low)": False,
    r"(l)\1": False,
    "(?i)low": False,
}


def make_cases(n: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    days = [date(1998, 1, 1) + timedelta(days=int(day)) for day in draw.integers(0, 180, n)]
    frame = pd.DataFrame(
        {
            "id": [None if number % 29 == 28 else int(number // 1.1) for number in range(n)],
            "amount": [None if draw.random() < 0.1 else round(float(value), 2) for value in draw.normal(50, 30, n)],
            "measured": [None if draw.random() < 0.1 else float(value) for value in draw.normal(0, 1, n)],
            "label": draw.choice(np.array(LABELS, dtype=object), n),
            "moved_on": days,
            "moved_at": [datetime.combine(day, datetime.min.time()) + timedelta(hours=3) for day in days],
            "is_even": [bool(number % 2) for number in range(n)],
            "parent_id": [None if number % 7 == 0 else int(number % 50) for number in range(n)],
        },
        dtype=object,
    )
    if n:
        frame.loc[0, "measured"] = float("inf")
    return frame


TABLES = {
    "cases": make_cases(400, 1),
    "few": make_cases(5, 2),
    "empty": make_cases(0, 3),
    # Everybody is there twice, and a parent without an id, too: a relationship must not multiply rows.
    "parents": pd.DataFrame({"id": [*range(45), *range(45), None]}, dtype=object),
}


def rule(rule_id: str, relation: str, column: str | None, rule_type: str, **others: Any) -> dict[str, Any]:
    defaults = {"denominator": "rows", "severity": "medium", "action": "log", "is_active": True}
    return defaults | others | {
        "rule_id": rule_id, "relation_name": relation, "column_name": column, "rule_type": rule_type
    }  # fmt: skip


def good_rules() -> list[dict[str, Any]]:
    """Each kind of rule, on every table, with limits that lead to each verdict."""
    kinds = [
        ("not_null", "amount", {}),
        ("range", "amount", {"min_value": "10", "max_value": "90.5"}),
        ("range", "measured", {"max_value": "1.5", "denominator": "values"}),
        ("range", "moved_on", {"min_value": "1998-02-01"}),
        ("range", "moved_at", {"min_value": "1998-02-01 03:00:00", "max_value": "1998-05-31T12:00:00"}),
        ("accepted_values", "label", {"accepted_values": "low|LOW|it's|Zoë"}),
        ("accepted_values", "id", {"accepted_values": "|".join(map(str, range(300)))}),
        ("accepted_values", "amount", {"accepted_values": "50|-1.50|8.1"}),
        ("accepted_values", "is_even", {"accepted_values": "true", "denominator": "values"}),
        ("uniqueness", "id", {}),
        ("uniqueness", "id", {"denominator": "values"}),
        ("uniqueness", "label|moved_on", {}),
        ("relationship", "parent_id", {"referenced_column": "parents.id"}),
        ("relationship", "id", {"referenced_column": "parents.id", "denominator": "values"}),
        ("freshness", "moved_at", {"max_value": "100"}),
        ("freshness", "moved_on", {"max_value": "2"}),
        ("row_count", None, {"min_value": "5"}),
        ("row_count", None, {"min_value": "1", "max_value": "399"}),
        *(("format", "label", {"pattern": pattern}) for pattern, is_read in PATTERNS.items() if is_read),
    ]
    limits = [{}, {"warn_rate": 0.0, "error_rate": 1.0}, {"warn_rate": 1.0, "error_rate": 1.0, "min_rows": 6}]
    return [
        rule(f"{table}-{number}-{position}", table, column, rule_type, **parameters, **limit)
        for table in ("cases", "few", "empty")
        for number, (rule_type, column, parameters) in enumerate(kinds)
        for position, limit in enumerate(limits)
    ]


# By what the result must say.
BAD_RULES = {
    'unknown rule_type "unique"; known are not_null, range': rule("b1", "cases", "id", "unique"),
    'the var ruled_relations does not list "elsewhere"; it has cases, few, empty': rule(
        "b2", "elsewhere", "id", "not_null"
    ),
    "missing is not built": rule("b3", "missing", "id", "not_null"),
    'cases has no column "nothing"; it has id, amount': rule("b4", "cases", "nothing", "not_null"),
    'cases has no column "x\'); drop table cases; --"': rule("b5", "cases", "x'); drop table cases; --", "not_null"),
    "not_null needs a column_name": rule("b6", "cases", None, "not_null"),
    'row_count takes no column, but column_name is "id"': rule("b7", "cases", "id", "row_count", min_value="1"),
    'not_null takes one column, but column_name is "id|label"': rule("b8", "cases", "id|label", "not_null"),
    "range needs a column of kind number, date, timestamp; label is of kind text": rule(
        "b9", "cases", "label", "range", min_value="1"
    ),
    "range needs min_value or max_value": rule("b10", "cases", "amount", "range"),
    'min_value has "ten", which is no number': rule("b11", "cases", "amount", "range", min_value="ten"),
    'max_value has "1998-02-30", which is no timestamp in ISO form, e.g. 1998-07-01': rule(
        "b12", "cases", "moved_at", "range", max_value="1998-02-30"
    ),
    "freshness needs max_value": rule("b13", "cases", "moved_at", "freshness"),
    'max_value has "1e3", which is no number': rule("b14", "cases", "moved_at", "freshness", max_value="1e3"),
    'accepted_values has "2?", which is no number': rule(
        "b27", "cases", "id", "accepted_values", accepted_values="1|2?"
    ),
    'accepted_values has "yes", which is no boolean': rule(
        "b28", "cases", "is_even", "accepted_values", accepted_values="true|yes"
    ),
    "accepted_values needs a column of kind number, text, boolean; moved_on is of kind date": rule(
        "b29", "cases", "moved_on", "accepted_values", accepted_values="1998-01-01"
    ),
    "accepted_values needs accepted_values": rule("b15", "cases", "label", "accepted_values"),
    "format needs a column of kind text; amount is of kind number": rule(
        "b16", "cases", "amount", "format", pattern="1"
    ),
    "format needs a pattern": rule("b17", "cases", "label", "format"),
    'relationship needs referenced_column as relation.column, not "parents"': rule(
        "b18", "cases", "parent_id", "relationship", referenced_column="parents"
    ),
    "referenced_column parents.name is not a column": rule(
        "b19", "cases", "parent_id", "relationship", referenced_column="parents.name"
    ),
    "referenced_column parents.id is of kind number, label of kind text": rule(
        "b20", "cases", "label", "relationship", referenced_column="parents.id"
    ),
    'denominator is "all"; known are rows, values': rule("b21", "cases", "id", "not_null", denominator="all"),
    'severity is "None"; known are low': rule("b22", "cases", "id", "not_null", severity=None),
    'action is "stop"; known are log, block': rule("b23", "cases", "id", "not_null", action="stop"),
    "error_rate is 5.0, not a share of 0 to 1": rule("b24", "cases", "id", "not_null", error_rate=5.0),
    "warn_rate 0.5 is larger than error_rate 0.1": rule(
        "b25", "cases", "id", "not_null", warn_rate=0.5, error_rate=0.1
    ),
    "min_rows is -1, less than 0": rule("b26", "cases", "id", "not_null", min_rows=-1),
    **{
        f'pattern "{pattern}" is not a regular expression': rule(f"p{n}", "cases", "label", "format", pattern=pattern)
        for n, (pattern, is_read) in enumerate(PATTERNS.items())
        if not is_read
    },
}

MODELS = {
    "dq_rule_results": """
        {%- set rules = millwright.active_rules(ref('data_quality_rules')) -%}
        select
            rated.*,
            {{ millwright.as_of() }} as evaluated_at
        from (
            {{ millwright.rated_rules(ref('data_quality_rules'), rules, millwright.ruled_relations()) }}
        ) as rated
    """,
    "no_results": "{{ millwright.rated_rules(ref('data_quality_rules'), [], {'cases': ref('cases')}) }}",
    "samples": """
        {%- set relations = millwright.ruled_relations() -%}
        {%- for rule in millwright.active_rules(ref('data_quality_rules')) if rule['rule_id'] in var('sampled') %}
        {{ millwright.failing_rows(rule, relations, 3) }}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select 1 as nothing
        {%- endfor %}
    """,
    "guarded": "-- depends_on: {{ ref('data_quality_rules') }} {{ ref('parents') }}\nselect * from {{ ref('cases') }}",
    "behind_it": "select * from {{ ref('guarded') }}",
    "watched": "-- depends_on: {{ ref('data_quality_rules') }} {{ ref('parents') }}\nselect * from {{ ref('cases') }}",
    "unordered": "select * from {{ ref('cases') }}",
    "behind_that": "select * from {{ ref('watched') }}",
}
GUARDS = [
    rule("guarded-fails", "guarded", "amount", "not_null", error_rate=0.0, action="block"),
    rule(
        "guarded-refers",
        "guarded",
        "parent_id",
        "relationship",
        referenced_column="parents.id",
        error_rate=1.0,
        action="block",
    ),
    rule("watched-fails", "watched", "amount", "not_null", error_rate=0.0, action="log"),
]
# The first rule of a kind, by kind.
SAMPLED = {
    each["rule_type"]: each["rule_id"]
    for each in reversed(good_rules())
    if each["rule_type"] in ("not_null", "accepted_values", "uniqueness", "relationship")
    and each["relation_name"] == "cases"
}


class Quality:
    """The answers of one engine."""

    def __init__(self, world: World):
        declared = [{"name": name} for name in ("data_quality_rules", "missing")] + [
            {"name": name, "columns": [{"name": "label", "config": {"meta": {"is_personal": True}}}]}
            for name in RELATIONS
        ]
        guards = [
            {"name": name, "data_tests": [{"blocking_rules_hold": {"arguments": {"referenced": ["parents"]}}}]}
            for name in ("guarded", "watched", "unordered")
        ]
        variables = {
            "ruled_relations": [*RELATIONS, "missing"],
            "quality_error_rate": DEFAULT_ERROR_RATE,
            "sampled": [*SAMPLED.values()],
        }
        self.project = SmallProject(world, MODELS, declared + guards, variables)
        for name, frame in TABLES.items():
            columns = COLUMNS if "label" in frame else "id integer"
            self.project.load(name, columns, list(frame.itertuples(index=False)))
        names = [column.split()[0] for column in RULES.split(",")]
        rules = [*good_rules(), *BAD_RULES.values(), *GUARDS, rule("idle", "cases", "id", "nonsense", is_active=False)]
        self.project.load("data_quality_rules", RULES, [[each.get(name) for name in names] for each in rules])
        self.build = {
            result.node.name: (result.status, result.message)
            for result in self.project.dbt("build", "--select", "path:models/built", as_of=AS_OF)[0].result
        }

    def rows(self, model: str) -> list[dict[str, Any]]:
        return self.project.rows(f"select * from {SCHEMA}.{model}")


@pytest.fixture(scope="module")
def answers(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Quality]:
    return {engine: Quality(World(engine, tmp_path_factory.mktemp(engine), postgres, SCHEMA)) for engine in ENGINES}


@pytest.fixture(params=ENGINES)
def quality(request: pytest.FixtureRequest, answers: dict[str, Quality]) -> Quality:
    """The answers of each engine in turn."""
    return answers[request.param]


def expected_counts(each: dict[str, Any]) -> tuple[int, int]:
    """Rows and failing rows of a rule, by pandas."""
    frame = TABLES[each["relation_name"]]
    if each["rule_type"] == "row_count":
        is_within = len(frame) >= float(each.get("min_value", 0)) and len(frame) <= float(each.get("max_value", "inf"))
        return len(frame), int(not is_within)
    names = each["column_name"].split("|")
    column = frame[names[0]]
    has_values = frame[names].notna().all(axis="columns")
    match each["rule_type"]:
        case "not_null":
            failing = ~has_values
        case "range":
            values = column[has_values]
            is_time = names[0].startswith("moved")
            values = pd.to_datetime(values) if is_time else values.astype(float)
            read = pd.Timestamp if is_time else float
            outside = pd.Series(False, index=values.index)
            if "min_value" in each:
                outside |= values < read(each["min_value"])
            if "max_value" in each:
                outside |= values > read(each["max_value"])
            failing = outside.reindex(frame.index, fill_value=False)
        case "format":
            matches = column[has_values].map(lambda text: bool(re.search(each["pattern"], text, re.DOTALL)))
            failing = ~matches.astype(bool).reindex(frame.index, fill_value=True)
        case "accepted_values":
            accepted = each["accepted_values"].split("|")
            if column.name != "label":
                accepted = [json.loads(value) for value in accepted]
            failing = has_values & ~column.isin(accepted)
        case "uniqueness":
            failing = has_values & frame[has_values].duplicated(names, keep=False).reindex(
                frame.index, fill_value=False
            )
        case "relationship":
            failing = has_values & ~column.isin(TABLES["parents"]["id"].dropna())
        case "freshness":
            newest = pd.to_datetime(column).max()
            return len(frame), int(not AS_OF - newest <= timedelta(hours=float(each["max_value"])))
    return int(has_values.sum() if each["denominator"] == "values" else len(frame)), int(failing.sum())


def test_rules_count_what_pandas_counts(quality: Quality):
    results = {row["rule_id"]: row for row in quality.rows("dq_rule_results")}
    seen = set()
    for each in good_rules():
        row = results[each["rule_id"]]
        n_rows, n_failed = expected_counts(each)
        assert (row["problem"], row["n_rows"], row["n_failed"]) == (None, n_rows, n_failed), each
        is_about_relation = each["rule_type"] in ("freshness", "row_count")
        rate = n_failed if is_about_relation else n_failed / n_rows if n_rows else None
        assert row["failed_rate"] == pytest.approx(rate), each
        if not is_about_relation and n_rows < each.get("min_rows", 1):
            verdict = "insufficient"
        elif rate > each.get("error_rate", DEFAULT_ERROR_RATE):
            verdict = "fail"
        else:
            verdict = "warn" if rate > each.get("warn_rate", 0) else "pass"
        assert row["verdict"] == verdict, each
        seen.add((each["rule_type"], verdict))
    rowwise = {"not_null", "range", "format", "accepted_values", "uniqueness", "relationship"}
    assert seen >= {(kind, verdict) for kind in rowwise for verdict in ("pass", "warn", "fail", "insufficient")}
    assert seen >= {(kind, verdict) for kind in ("freshness", "row_count") for verdict in ("pass", "warn", "fail")}


def test_rules_about_a_relation_say_what_they_saw(quality: Quality):
    observed = {
        (row["rule_type"], row["column_name"], row["relation_name"]): row["observed_value"]
        for row in quality.rows("dq_rule_results")
        if row["is_about_relation"] and row["problem"] is None
    }
    for table in ("cases", "few", "empty"):
        frame = TABLES[table]
        assert observed["row_count", None, table] == len(frame)
        for column in ("moved_at", "moved_on"):
            hours = (AS_OF - pd.to_datetime(frame[column]).max()) / timedelta(hours=1) if len(frame) else None
            assert observed["freshness", column, table] == hours


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_says_why(quality: Quality):
    results = {row["rule_id"]: row for row in quality.rows("dq_rule_results")}
    for problem, each in BAD_RULES.items():
        row = results[each["rule_id"]]
        assert (row["verdict"], row["n_rows"], row["n_failed"]) == ("error", None, None)
        assert row["problem"].startswith(problem)
    assert "idle" not in results
    assert quality.rows("no_results") == []


def test_failing_rows_are_shown_with_personal_data_masked(quality: Quality):
    samples = quality.rows("samples")
    shown = {
        kind: [json.loads(row["failing_row"]) for row in samples if row["rule_id"] == rule_id]
        for kind, rule_id in SAMPLED.items()
    }
    assert {kind: len(rows) for kind, rows in shown.items()} == dict.fromkeys(SAMPLED, 3)
    masked = {re.sub("[^ -@\\[-`{-~]", "x", re.sub("[0-9]", "9", label)) for label in LABELS if label is not None}
    assert all(row["label"] in masked for rows in shown.values() for row in rows if row["label"] is not None)
    assert all(row["amount"] is None for row in shown["not_null"])
    assert {row["label"] for row in shown["accepted_values"]} <= {"x|x", "", "x@xxxxxxx.xxx", "xxxxx", "xx 9"}
    ids = TABLES["cases"]["id"]
    assert {int(row["id"]) for row in shown["uniqueness"]} <= set(ids[ids.notna() & ids.duplicated(keep=False)])
    assert all(int(row["parent_id"]) >= 45 for row in shown["relationship"])
    assert [row["sample_number"] for row in samples if row["rule_id"] == SAMPLED["not_null"]] == [1, 2, 3]


def test_a_blocking_rule_stops_what_stands_on_the_relation(quality: Quality):
    statuses = {name: status for name, (status, _) in quality.build.items()}
    tests = {
        next(model for model in MODELS if f"_{model}_" in name): name
        for name in statuses
        if name.startswith("blocking")
    }
    assert {model: statuses[name] for model, name in tests.items()} == {
        "guarded": "fail",
        "watched": "pass",
        "unordered": "error",
    }
    assert statuses["guarded"] == statuses["watched"] == "success"
    assert statuses["behind_it"] == "skipped"
    assert statuses["behind_that"] == "success"
    problem = "unordered is not built from data_quality_rules, so dbt would not wait for a test that reads both"
    assert problem in quality.build[tests["unordered"]][1]


def test_great_expectations_counts_the_same(quality: Quality, tmp_path: Path):
    with open_warehouse(quality.project.world.target, read_only=True) as warehouse:
        found = {each.rule_id: each for each in validate(warehouse, quality.project.manifest, tmp_path)}
    assert {each["rule_id"] for each in good_rules()} < set(found)
    for rule_id, each in found.items():
        assert each.agrees, each
        assert (each.n_failed is None) == (each.verdict == "error") == (each.problem is not None), rule_id
    assert "cases" in (tmp_path / "index.html").read_text()
    assert not any("x@example.org" in page.read_text() for page in tmp_path.rglob("*.html"))


def test_both_engines_count_and_show_the_same(answers: dict[str, Quality]):
    for model, key in (("dq_rule_results", ["rule_id"]), ("samples", ["rule_id", "sample_number"])):
        duckdb, postgres = (
            pd.DataFrame(answers[engine].rows(model)).sort_values(key, ignore_index=True) for engine in ENGINES
        )
        pd.testing.assert_frame_equal(duckdb, postgres, check_dtype=False)
