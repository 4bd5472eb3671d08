"""Training sets of several experiments are merged as a loop merges them; what cannot be merged is refused by name.

A small dbt project has the macros of this one and made-up sets with near-equal numbers, odd texts, ties in time and
missing keys.
"""

import hashlib
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from support.made_up_groups import ODD_TEXTS
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

SCHEMA = "experiments"
AS_OF = datetime(1998, 7, 15)
NAN = math.nan

Row = dict[str, Any]

# Types differ between the sets, and so do the order of columns and what else there is.
COLUMNS = {
    "base": {
        "customer_id": "text",
        "seen_at": "timestamp",
        "amount": "float8",
        "days": "integer",
        "state": "text",
        "label": "varchar(20)",
        "spend": "float8",
        "score": "float8",
    },
    "wide": {
        "score": "numeric(10, 4)",
        "state": "varchar(200)",
        "notes": "text",
        "label": "text",
        "spend": "numeric(18, 2)",
        "days": "bigint",
        "amount": "numeric(18, 8)",
        "seen_at": "timestamp",
        "customer_id": "text",
    },
}
COLUMNS["it's odd"] = COLUMNS["nobody"] = COLUMNS["base"]
TABLES = {"base": "base", "wide": "wide", "it's odd": "odd", "nobody": "nobody"}


def make_rows(experiment: str, n: int) -> list[Row]:
    """Few different customers, moments and features, so that many rows are near-duplicates."""
    draw = random.Random(experiment)
    is_exact = experiment == "wide"
    rows = []
    for _ in range(n):
        amount = draw.choice([None, 0.0, 9.99, 10.0, 1234567.25, -3.5, *([] if is_exact else [NAN, math.inf, 2e300])])
        if amount and abs(amount) < 100:
            amount = round(amount + draw.choice([0, 0, 1, -1, 40, -60]) * 1e-8, 8)
        rows.append(
            {
                "customer_id": draw.choice([None, *[f"c{number}" for number in range(12)] * 2, *ODD_TEXTS[:3]]),
                "seen_at": draw.choice([None, *[datetime(1998, 1, 1) + timedelta(days=day) for day in range(4)] * 3]),
                "amount": amount,
                "days": draw.choice([None, 1, 2]),
                "state": draw.choice([None, "", "a|", "a"]),
                "label": draw.choice([None, *["yes", "no", "no"] * 3]),
                "spend": draw.choice([None, 1.5, 1.25]),
                "score": draw.choice([None, *([] if is_exact else [NAN]), 0.0, 0.7999, *[0.8, 0.8001, 1.0] * 4]),
                "notes": "only here",
            }
        )
    return rows


ROWS = {"base": make_rows("base", 500), "wide": make_rows("wide", 400), "it's odd": make_rows("odd", 300), "nobody": []}


def text_of(value: object) -> str:
    """A value with its length before it, as the warehouse writes it; a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        if math.isfinite(value) and abs(value) < 1e16 and value == math.floor(value):
            value = int(value)
        elif not math.isfinite(value):
            value = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return f"{len(str(value))}:{value}"


def hash_of(values: Sequence[object]) -> str:
    return hashlib.md5("".join(map(text_of, values)).encode()).hexdigest()


def rounded(value: Any, step: float | None) -> Any:
    if value is None or step is None or isinstance(value, (str, bool)):
        return value
    value = float(value)
    return math.floor(value / step + 0.5) * step if abs(value) < 1e15 * step else value


def merged(
    sources: Sequence[str],
    steps: Mapping[str, float | None],
    labels: Mapping[str, float | None],
    quality: Callable[[Row], float | None],
    min_quality: float = 0.8,
) -> list[Row]:
    """The definition, as a loop: `steps` and `labels` map columns to what they are rounded to."""
    found, groups = [], defaultdict(list)
    names = ["customer_id", "seen_at", *steps, *labels]
    for order, experiment in enumerate(sources):
        for row in ROWS[experiment]:
            score = quality(row)
            reasons = {
                "customer_id is missing": row["customer_id"] is None,
                "seen_at is missing": row["seen_at"] is None,
                "no label is known": all(row[label] is None for label in labels),
                "quality is missing": score is None or math.isnan(score),
                f"quality is below {min_quality}": score is not None and score < min_quality,
            }
            kept = {
                "experiment": experiment,
                **{name: row[name] for name in names},
                "quality": score,
                "feature_hash": hash_of([rounded(row[name], step) for name, step in steps.items()]),
                "is_kept": False,
                "reason": "; ".join(reason for reason, holds in reasons.items() if holds) or None,
                "n_near_duplicates": None,
                "has_other_labels": None,
                "n_experiments": None,
                "experiments": None,
            }
            found.append(kept)
            if kept["reason"] is None:
                label_hash = hash_of([rounded(row[label], step) for label, step in labels.items()])
                exact = hash_of(
                    [float(row[name]) if name in NUMBERS and row[name] is not None else row[name] for name in names]
                )
                place = (-row["seen_at"].timestamp(), -score, order, exact)
                groups[row["customer_id"], kept["feature_hash"]].append((place, label_hash, kept))
    for group in groups.values():
        group.sort(key=lambda member: member[0])
        experiments = [
            experiment for experiment in sources if any(row["experiment"] == experiment for *_, row in group)
        ]
        for number, (_, label_hash, row) in enumerate(group):
            duplicate = "near-duplicate" + (" with other labels" if label_hash != group[0][1] else "")
            row["is_kept"] = number == 0
            row["reason"] = None if number == 0 else duplicate
            row["n_near_duplicates"] = len(group)
            row["has_other_labels"] = len({label_hash for _, label_hash, _ in group}) > 1
            row["n_experiments"] = len(experiments)
            row["experiments"] = ", ".join(experiments)
    return found


# Where a set with other types takes part, these are compared as floats.
NUMBERS = {"amount", "spend"}
FINE = 0.000001
STEPS = {"amount": FINE, "days": None, "state": None}
FILLED = {"amount": 0.5, "days": 2, "state": None}


def score_of(row: Row) -> float | None:
    return row["score"]


def filled_rate(row: Row) -> float:
    return sum(row[name] is not None for name in FILLED) / 3


MERGES: dict[str, tuple[list[str], dict[str, float | None], dict[str, float | None], Callable, float, str]] = {
    "all_sets": (list(TABLES), STEPS, {"label": None}, score_of, 0.8, "quality='score'"),
    "other_order": (list(TABLES)[::-1], STEPS, {"label": None}, score_of, 0.8, "quality='score'"),
    "by_steps": (["base", "wide"], FILLED, {"label": None}, filled_rate, 0.66, "min_quality=0.66"),
    "two_labels": (["wide", "base"], STEPS, {"label": None, "spend": FINE}, score_of, 0, "'score', 0"),
    "computed": (
        ["base"],
        {"days": None},
        {"label": None},
        lambda row: None if row["days"] is None else 1.25 / row["days"],
        0.8,
        "quality='1.25 / days'",
    ),
    "only_empty": (["nobody"], STEPS, {"label": None}, score_of, 0.8, "quality='score'"),
}


def relation(table: str) -> str:
    return f"api.Relation.create(database=target.database, schema='{SCHEMA}', identifier='{table}')"


def sources_of(names: Sequence[str], shuffled: str = "") -> str:
    return "{" + ", ".join(f'"{name}": {relation(TABLES[name] + shuffled)}' for name in names) + "}"


def call_of(merge: str, shuffled: str = "") -> str:
    names, steps, labels, *_, arguments = MERGES[merge]
    features = steps if merge == "by_steps" else list(steps)
    text = f"merge_training_sets({sources_of(names, shuffled)}, 'customer_id', 'seen_at', {features}, {list(labels)}"
    return f"{{{{ millwright.{text}, {arguments}) }}}}".replace("None", "none")


ONE = sources_of(["base"])
KEYS = "'customer_id', 'seen_at'"
REFUSED = {
    "no_sources": (f"{{}}, {KEYS}, ['days'], ['label']", "sources must map at least one experiment to its relation"),
    "listed_sources": (f"['base'], {KEYS}, ['days'], ['label']", "sources must map at least one experiment"),
    "no_features": (
        f"{ONE}, {KEYS}, [], ['label']",
        'features must be a list with at least one column; given is "\[\]"',
    ),
    "one_label": (f"{ONE}, {KEYS}, ['days'], 'label'", 'labels must be a list .*; given is "label"'),
    "no_step": (
        f"{ONE}, {KEYS}, {{'days': 0}}, ['label']",
        'days is to be rounded to "0"; it must be a number above 0',
    ),
    "rounded_text": (f"{ONE}, {KEYS}, {{'state': 0.5}}, ['label']", "state is no number to be rounded to 0.5"),
    "too_good": (
        f"{ONE}, {KEYS}, ['days'], ['label'], none, 80",
        'min_quality is "80"; it must be a number from 0 to 1',
    ),
    "twice": (f"{ONE}, {KEYS}, ['days'], ['days']", "two columns of the result would be called days"),
    "reserved": (f"{ONE}, {KEYS}, ['quality'], ['label']", "two columns of the result would be called quality"),
    "no_column": (
        f"{sources_of(['wide', 'base'])}, {KEYS}, ['days', 'notes'], ['label']",
        r"merge_training_sets: base \(.*base.*\) has no column notes; it has customer_id, seen_at, amount",
    ),
    "no_quality": (f"{ONE}, {KEYS}, ['days'], ['label'], 'grade'", r"base \(.*\) has no column grade"),
    "no_table": (f"{{'x': {relation('nowhere')}}}, {KEYS}, ['days'], ['label']", "nowhere.* does not exist yet"),
    "a_cte": (f"{{'x': 'some_cte'}}, {KEYS}, ['days'], ['label']", "some_cte cannot be read: it is a CTE"),
    "other_types": (
        f"{{'x': {relation('base')}, 'y': {relation('typed')}}}, {KEYS}, ['state'], ['label']",
        "the column state is (text|varchar) in x and bigint in y; cast one of them first",
    ),
}


class Answers:
    """What dbt answers on a warehouse with the sets."""

    def __init__(self, world: World):
        models = {merge: call_of(merge) for merge in MERGES}
        models["shuffled"] = call_of("all_sets", "_shuffled")
        models["in_a_cte"] = f"with merged as ({call_of('all_sets')}) select * from merged where is_kept"
        for name, (arguments, _) in REFUSED.items():
            call = f"{{{{ millwright.merge_training_sets({arguments}) }}}}"
            models[f"refused_{name}"] = f"{{% if execute %}}{call}{{% endif %}}"
        self.project = SmallProject(world, models, [])
        for experiment, table in TABLES.items():
            columns = COLUMNS[experiment]
            rows = [tuple(row[name] for name in columns) for row in ROWS[experiment]]
            for name, loaded in ((table, rows), (f"{table}_shuffled", random.Random(0).sample(rows, len(rows)))):
                self.project.load(name, ", ".join(f"{column} {of}" for column, of in columns.items()), loaded)
        self.project.load("typed", "customer_id text, seen_at timestamp, state bigint, label text", [])
        self.results = self.project.run(AS_OF)

    def of(self, question: str) -> list[Row]:
        assert self.results[question].status == "success", self.results[question].message
        return self.project.rows(f"select * from {SCHEMA}.{question}")


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def answers(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return Answers(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


def comparable(rows: Sequence[Row]) -> Counter:
    """Rows as they can be counted: numbers as floats, NaN as text."""

    def value_of(value: Any) -> Any:
        if value is None or isinstance(value, (str, bool, datetime)):
            return value
        return "NaN" if math.isnan(value) else float(value)

    return Counter(tuple((name, value_of(value)) for name, value in row.items()) for row in rows)


@pytest.mark.parametrize("merge", MERGES)
def test_sets_are_merged_as_a_loop_merges_them(answers: Answers, merge: str):
    sources, steps, labels, quality, min_quality, _ = MERGES[merge]
    assert comparable(answers.of(merge)) == comparable(merged(sources, steps, labels, quality, min_quality))


def test_the_sets_have_what_is_asked_about():
    rows = merged(list(TABLES), STEPS, {"label": None}, score_of)
    reasons = Counter(row["reason"] for row in rows)
    assert min(reasons[reason] for reason in (None, "near-duplicate", "near-duplicate with other labels")) > 50
    assert min(reasons[f"{name} is missing"] for name in ("customer_id", "seen_at", "quality")) > 3
    assert min(reasons["no label is known"], reasons["quality is below 0.8"]) > 3
    assert reasons["customer_id is missing; quality is below 0.8"] > 0
    assert {row["n_experiments"] for row in rows} == {None, 1, 2, 3}
    # Ties in time within a set and between sets.
    accepted = [row for row in rows if row["n_experiments"]]
    tied = Counter((row["customer_id"], row["feature_hash"], row["seen_at"], row["quality"]) for row in accepted)
    assert max(tied.values()) > 1


def test_near_numbers_are_the_same_and_texts_are_not(answers: Answers):
    kept = [row for row in answers.of("all_sets") if row["is_kept"]]
    finite = pd.DataFrame(row for row in kept if row["amount"] is not None and abs(row["amount"]) < 100)
    keys = ["customer_id", "days", "state", finite["amount"].astype(float).round(6)]
    assert not finite.groupby(keys, dropna=False).size().gt(1).any()
    assert {row["state"] for row in kept} == {None, "", "a|", "a"}


def test_a_merge_depends_on_nothing_but_the_rows(answers: Answers):
    assert comparable(answers.of("shuffled")) == comparable(answers.of("all_sets"))
    assert comparable(answers.of("in_a_cte")) == comparable(row for row in answers.of("all_sets") if row["is_kept"])


def test_nothing_is_lost(answers: Answers):
    found = answers.of("all_sets")
    assert Counter(row["experiment"] for row in found) == {name: len(rows) for name, rows in ROWS.items() if rows}
    assert all((row["reason"] is None) == row["is_kept"] for row in found)
    assert answers.of("only_empty") == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_merged_is_refused_by_name(answers: Answers, name: str):
    result = answers.results[f"refused_{name}"]
    assert result.status == "error"
    assert re.search(REFUSED[name][1], result.message), result.message
