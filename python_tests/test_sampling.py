"""Samples and splits are what a loop with hashlib's md5 comes to; what cannot be drawn is refused by name.

A small dbt project has the macros of this one and made-up examples. Every sample is a dbt model of its own, so that one
run draws them all.
"""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.made_up_groups import ODD_TEXTS, TICK
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

SCHEMA = "sampling"
AS_OF = datetime(1998, 7, 15)
N_MANY = 100_000
SALT = 'it\'s; {a} "salt"'


class Example(NamedTuple):
    """A row to sample from; `number` tells the rows apart."""

    number: int
    example_id: str | None
    customer_id: str | None
    label: str | None
    region: int | None
    happened_at: datetime | None


def make_examples() -> list[Example]:
    """Classes and keys with odd names, or none; classes as large as the cap, smaller, and without any key."""
    draw = random.Random("examples")
    sizes = {"exactly": 50, "one more": 51, "rare": 7, "keyless": 5, "a": 900, **dict.fromkeys([None, *ODD_TEXTS], 60)}
    labels = [label for label, size in sizes.items() for _ in range(size)]
    draw.shuffle(labels)
    first_day = datetime(1996, 1, 1)
    examples = []
    for number, label in enumerate(labels):
        is_keyless = label == "keyless" or (label in ("a", None) and draw.random() < 0.05)
        examples.append(
            Example(
                number,
                None if is_keyless else f"{draw.choice(ODD_TEXTS)}{number}",
                draw.choice([None, *(f"{text}{name}" for text in ODD_TEXTS for name in ("x", "Y"))]),
                label,
                draw.choice([None, 1, 2]),
                draw.choice([None, first_day + timedelta(seconds=draw.randrange(940 * 86400))]),
            )
        )
    edges = [datetime(1998, 7, 1), datetime(1998, 5, 11), datetime(1998, 4, 1), datetime(1998, 1, 1)]
    moments = [moment for edge in edges for moment in (edge - TICK, edge)]
    return examples + [
        Example(len(labels) + number, f"edge {number}", "edge", "edge", None, moment)
        for number, moment in enumerate(moments)
    ]


def make_ties() -> list[Example]:
    """Pairs of keys whose hashes agree in all digits that count, each pair a class; the larger key comes first."""
    keys = defaultdict(list)
    for number in range(300_000):
        key = f"{('a', 'B', 'ä', '_')[number % 4]}{number}"
        keys[hash_of(key, "sample")].append(key)
    pairs = [sorted(pair, key=str.encode, reverse=True) for pair in keys.values() if len(pair) == 2]
    return [
        Example(2 * pair + position, key, None, f"pair {pair}", None, None)
        for pair, both in enumerate(pairs)
        for position, key in enumerate(both)
    ]


def hash_of(text: str, salt: str) -> str:
    return hashlib.md5(f"{salt}:{text}".encode()).hexdigest()[:8]


def place_of(key: Sequence[object], salt: str) -> tuple[str, bytes] | None:
    """Where a key comes in the order of sampling; None if a part of it is missing."""
    texts = [str(value) for value in key if value is not None]
    if len(texts) < len(key):
        return None
    text = texts[0] if len(texts) == 1 else "".join(f"{len(part)}:{part}" for part in texts)
    return hash_of(text, salt), text.encode()


def fraction_of(key: Sequence[object], salt: str) -> Fraction | None:
    place = place_of(key, salt)
    return place and Fraction(int(place[0], 16), 16**8)


class Period(NamedTuple):
    """The period that a row belongs to."""

    number: int
    period_start_on: date


class Sampled(NamedTuple):
    """What must be sampled of a stratum."""

    n_in_stratum: int
    numbers: set[int]


def sampled(
    examples: Sequence[Any], strata: Sequence[str], key: Sequence[str], cap: int, salt: str = "sample"
) -> dict[tuple, Sampled]:
    """By stratum: its definition, as a loop."""
    rows_by_stratum = defaultdict(list)
    for example in examples:
        rows_by_stratum[tuple(getattr(example, column) for column in strata)].append(example)
    found = {}
    for stratum, rows in rows_by_stratum.items():
        places = {row.number: place_of([getattr(row, column) for column in key], salt) for row in rows}
        numbers = set()
        ordered = sorted((number for number, place in places.items() if place), key=places.get)
        for _, together in groupby(ordered, key=places.get):
            together = set(together)
            if len(numbers) + len(together) > cap:
                break
            numbers |= together
        found[stratum] = Sampled(len(rows), numbers)
    return found


EXAMPLES, TIES = make_examples(), make_ties()
# By model: where it samples from, and how.
SAMPLES: dict[str, tuple[str, list[str], list[str], int]] = {
    "by_label": ("examples", ["label"], ["example_id"], 50),
    "by_number": ("examples", ["label"], ["number"], 50),
    "by_two": ("examples", ["label", "region"], ["customer_id", "example_id"], 17),
    "by_customer": ("examples", ["region"], ["customer_id"], 150),
    "of_one": ("examples", ["region"], ["number"], 1),
    "of_all": ("examples", ["label"], ["number"], 10**9),
    "of_shuffled": ("shuffled", ["label"], ["example_id"], 50),
    "of_fewer": ("fewer", ["label"], ["example_id"], 50),
    "of_ties": ("ties", ["label"], ["example_id"], 1),
    "of_none": ("nothing_yet", ["label"], ["example_id"], 50),
}
ROWS = {"examples": EXAMPLES, "shuffled": EXAMPLES, "fewer": EXAMPLES[::2], "ties": TIES, "nothing_yet": []}
PERIODS = {
    "months": ("", 24, "M", AS_OF),
    "days": (", last={'day': 40}, until='1998-05-11'", 40, "D", datetime(1998, 5, 11)),
    "weeks": (", last={'week': 7}, until='1998-05-13 11:12:13'", 7, "W-SUN", datetime(1998, 5, 13)),
    "quarters": (", last={'quarter': 3}, until='1998-05-13'", 3, "Q", datetime(1998, 5, 13)),
    "years": (", last={'year': 2}", 2, "Y", AS_OF),
}
SHARES = {"train": 0.6, "it's valid": 0.1, "nobody": 0, "test": 0.3}
SPLITS = {
    "split_by_example": ["example_id"],
    "split_by_customer": ["customer_id"],
    "split_by_two": ["label", "customer_id"],
}
TABLE = f"'{SCHEMA}.examples'"
REFUSED = {
    "no_strata": (f"stratified_sample({TABLE}, [], 'number')", 'stratified_sample: strata is "[]"; it must be'),
    "no_key": (f"stratified_sample({TABLE}, 'label', '')", 'stratified_sample: key is ""; it must be'),
    "no_names": (f"stratified_sample({TABLE}, ['label', 1], 'number')", "stratified_sample: strata is"),
    "no_list": (f"stratified_sample({TABLE}, {{'label': 1}}, 'number')", "stratified_sample: strata is"),
    "no_cap": (
        f"stratified_sample({TABLE}, 'label', 'number', 0)",
        'stratified_sample: cap is "0"; it must be a whole',
    ),
    "half_a_cap": (f"stratified_sample({TABLE}, 'label', 'number', 0.5)", 'stratified_sample: cap is "0.5"'),
    "cap_as_text": (f"stratified_sample({TABLE}, 'label', 'number', '50')", 'stratified_sample: cap is "50"'),
    "true_cap": (f"stratified_sample({TABLE}, 'label', 'number', true)", 'stratified_sample: cap is "True"'),
    "no_label": (f"sample_per_class({TABLE}, [], 'number', 5)", 'sample_per_class: label is "[]"'),
    "no_n": (f"sample_per_class({TABLE}, 'label', 'number', -1)", 'sample_per_class: n is "-1"'),
    "no_n_of_periods": (f"sample_per_period({TABLE}, 'happened_at', 'number', 0)", 'sample_per_period: n is "0"'),
    "no_period": (
        f"sample_per_period({TABLE}, 'happened_at', 'number', last={{'fortnight': 2}})",
        "it must map one of day, week, month, quarter, year to a number of periods",
    ),
    "no_periods": (
        f"sample_per_period({TABLE}, 'happened_at', 'number', last={{'day': 0}})",
        'recent_periods: last is "0"; it must be a whole number',
    ),
    "no_moment": (f"recent_periods({TABLE}, 'happened_at', until='May')", 'recent_periods: until is "May"'),
    "no_shares": (f"train_test_split({TABLE}, 'number', {{}})", 'split_by_hash: shares is "{}"'),
    "listed_shares": (f"train_test_split({TABLE}, 'number', [0.5, 0.5])", "it must map the name of each split"),
    "negative_share": (
        f"train_test_split({TABLE}, 'number', {{'train': 1.5, 'test': -0.5}})",
        'split_by_hash: the share of test in shares is "-0.5"; it must be a number from 0 to 1',
    ),
    "share_as_text": (f"train_test_split({TABLE}, 'number', {{'train': '1'}})", 'the share of train in shares is "1"'),
    "true_share": (f"train_test_split({TABLE}, 'number', {{'train': true}})", 'the share of train in shares is "True"'),
    "too_much": (
        f"train_test_split({TABLE}, 'number', {{'train': 0.7, 'test': 0.2}})",
        "split_by_hash: shares add up to 0.9; they must add up to 1",
    ),
    "no_key_to_split": (f"train_test_split({TABLE}, none, {{'train': 1}})", 'train_test_split: key is "None"'),
    "no_cap_to_report": (f"sample_report({TABLE}, {TABLE}, 'label', 'number', none)", 'sample_report: cap is "None"'),
    "sampled_twice": ("stratified_sample(ref('by_label'), 'label', 'number')", "has a column n_in_stratum, which"),
    "split_twice": ("train_test_split(ref('split_by_two'), 'number', {'all': 1})", "has a column data_split, which"),
}


def questions() -> dict[str, str]:
    """All dbt models that ask."""
    ids = f"(select 'id-' || number as id, number, number % 2 as parity from {SCHEMA}.many)"
    fractions = ", ".join(
        f"{{{{ millwright.hash_fraction('id', salt='{salt}') }}}} as {salt}" for salt in ("one", "two")
    )
    cte = f"with spine as (select * from {SCHEMA}.examples), drawn as ("
    period = "'happened_at', 'number', 10"
    after = "-- depends_on: {{ ref('by_label') }} {{ ref('split_by_two') }}\n"
    return {
        **{
            name: f"{{{{ millwright.stratified_sample('{SCHEMA}.{table}', {strata}, {key}, {cap}) }}}}"
            for name, (table, strata, key, cap) in SAMPLES.items()
        },
        "of_a_cte": cte + "{{ millwright.stratified_sample('spine', 'label', 'example_id', 50) }}) select * from drawn",
        "salted": f"{{{{ millwright.stratified_sample({TABLE}, 'label', 'example_id', 50, salt={SALT!r}) }}}}",
        "of_many": f"{{{{ millwright.stratified_sample({ids!r}, 'parity', 'id', 777) }}}}",
        "per_class": f"{{{{ millwright.sample_per_class({TABLE}, 'label', 'example_id', 50) }}}}",
        **{
            f"per_{name}": f"{{{{ millwright.sample_per_period({TABLE}, {period}{arguments}) }}}}"
            for name, (arguments, *_) in PERIODS.items()
        },
        **{name: f"{{{{ millwright.train_test_split({TABLE}, {key}, {SHARES}) }}}}" for name, key in SPLITS.items()},
        "report": f"{{{{ millwright.sample_report({TABLE}, ref('by_label'), ['label'], 'example_id', 50) }}}}",
        "report_of_two": f"{{{{ millwright.sample_report({TABLE}, ref('by_two'), ['label', 'region'], "
        "['customer_id', 'example_id'], 17) }}",
        "report_of_none": f"{{{{ millwright.sample_report('{SCHEMA}.nothing_yet', ref('of_none'), "
        "'label', 'number', 50) }}",
        "report_of_months": "{% set months = millwright.recent_periods("
        f"{TABLE}, 'happened_at') %}}{{{{ millwright.sample_report('(' ~ months ~ ')', ref('per_months'), "
        "'period_start_on', 'number', 10) }}",
        "fractions": f"select number, {fractions} from {ids} as ids",
        **{
            f"refused_{name}": f"{after}{{% if execute %}}{{{{ millwright.{call} }}}}{{% endif %}}"
            for name, (call, _) in REFUSED.items()
        },
    }


class Answers:
    """What dbt answers on a warehouse with the made-up examples."""

    def __init__(self, world: World):
        self.project = SmallProject(world, questions(), [])
        columns = "number bigint, example_id text, customer_id text, label text, region integer, happened_at timestamp"
        for table, rows in ROWS.items():
            shuffled = random.Random(table).sample(rows, len(rows)) if table == "shuffled" else rows
            self.project.load(table, columns, shuffled)
        series = f"select n as number from generate_series(1, {N_MANY}) as series (n)"
        world.execute(f"create table {SCHEMA}.many as {series}")
        self.results = self.project.run(AS_OF)

    def of(self, question: str) -> list[dict[str, Any]]:
        assert self.results[question].status == "success", self.results[question].message
        return self.project.rows(f"select * from {SCHEMA}.{question}")


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def answers(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return Answers(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


def assert_sampled(
    found: list[dict[str, Any]], expected: dict[tuple, Sampled], strata: Sequence[str], rows: Sequence[Example]
) -> None:
    """The rows are those that must be sampled, unchanged, and say how many they stand for."""
    numbers = [number for stratum in expected.values() for number in stratum.numbers]
    assert sorted(row["number"] for row in found) == sorted(numbers)
    originals = {example.number: example._asdict() for example in rows}
    for row in found:
        n_in_stratum, numbers = expected[tuple(row[column] for column in strata)]
        counted = {
            "n_in_stratum": n_in_stratum,
            "n_sampled": len(numbers),
            "sample_weight": n_in_stratum / len(numbers),
        }
        assert row == {**row, **originals[row["number"]], **counted}


@pytest.mark.parametrize("question", SAMPLES)
def test_a_sample_is_what_a_loop_draws(answers: Answers, question: str):
    table, strata, key, cap = SAMPLES[question]
    assert_sampled(answers.of(question), sampled(ROWS[table], strata, key, cap), strata, ROWS[table])


def test_the_examples_have_what_is_asked_about():
    by_label = sampled(EXAMPLES, ["label"], ["example_id"], 50)
    sizes = {label: (rows.n_in_stratum, len(rows.numbers)) for (label,), rows in by_label.items()}
    assert [sizes[label] for label in ("exactly", "one more", "rare", "keyless", None)] == [
        *((50, 50), (51, 50), (7, 7), (5, 0), (60, 50)),
    ]
    assert len({example.example_id for example in EXAMPLES if example.example_id}) > 1500
    # Keys that stand together beyond the cap leave some of it unused, and those of none are left out.
    by_customer = sampled(EXAMPLES, ["region"], ["customer_id"], 150).values()
    assert {len(rows.numbers) for rows in by_customer} - {150}
    assert len(TIES) >= 10
    assert any(
        larger.example_id.lower() < smaller.example_id.lower()
        for larger, smaller in zip(TIES[::2], TIES[1::2], strict=True)
    )


def test_of_keys_with_the_same_hash_the_smaller_by_its_bytes_is_taken(answers: Answers):
    taken = {row["label"]: row["example_id"] for row in answers.of("of_ties")}
    assert taken == {smaller.label: smaller.example_id for smaller in TIES[1::2]}


def test_a_sample_depends_on_nothing_but_the_rows(answers: Answers):
    by_label = sorted(answers.of("by_label"), key=lambda row: row["number"])
    for question in ("of_shuffled", "of_a_cte"):
        assert sorted(answers.of(question), key=lambda row: row["number"]) == by_label


def test_another_salt_draws_another_sample(answers: Answers):
    expected = sampled(EXAMPLES, ["label"], ["example_id"], 50, SALT)
    assert_sampled(answers.of("salted"), expected, ["label"], EXAMPLES)
    assert {row["number"] for row in answers.of("salted")} != {row["number"] for row in answers.of("by_label")}


def test_rows_that_are_added_push_out_only_rows_that_come_after_them(answers: Answers):
    def by_class(question: str) -> dict[str, dict[int, tuple]]:
        numbers = defaultdict(dict)
        for row in answers.of(question):
            numbers[row["label"]][row["number"]] = place_of([row["example_id"]], "sample")
        return numbers

    before, after = by_class("of_fewer"), by_class("by_label")
    n_pushed_out = 0
    for label, places in before.items():
        pushed_out = places.keys() - after[label].keys()
        added = after[label].keys() - places.keys()
        assert len(pushed_out) <= len(added)
        assert all(number % 2 for number in added)
        assert all(places[number] > max(after[label].values()) for number in pushed_out)
        n_pushed_out += len(pushed_out)
    assert n_pushed_out > 20


def test_of_many_rows_few_are_taken(answers: Answers):
    found = {"id-" + str(row["number"]) for row in answers.of("of_many")}
    expected = set()
    for parity in (0, 1):
        ids = [f"id-{number}" for number in range(1, N_MANY + 1) if number % 2 == parity]
        expected |= set(sorted(ids, key=lambda text: hash_of(text, "sample"))[:777])
    assert found == expected


def test_a_class_says_whether_it_is_whole(answers: Answers):
    found = answers.of("per_class")
    without = [{name: value for name, value in row.items() if name != "is_whole_class"} for row in found]
    expected = sampled(EXAMPLES, ["label"], ["example_id"], 50)
    assert_sampled(without, expected, ["label"], EXAMPLES)
    n_rows = Counter(example.label for example in EXAMPLES)
    is_whole = {row["label"]: row["is_whole_class"] for row in found}
    assert is_whole == {label: n == len(expected[label,].numbers) for label, n in n_rows.items() if label != "keyless"}
    assert (is_whole["exactly"], is_whole["rare"], is_whole["one more"], is_whole[None]) == (True, True, False, False)


@pytest.mark.parametrize("periods", PERIODS)
def test_each_of_the_last_periods_gets_as_many_rows(answers: Answers, periods: str):
    _, n_periods, frequency, until = PERIODS[periods]
    current = pd.Timestamp(until).to_period(frequency)
    examples = []
    for example in EXAMPLES:
        period = pd.Timestamp(example.happened_at).to_period(frequency) if example.happened_at else None
        if period is not None and current - n_periods <= period < current:
            examples.append(Period(example.number, period.start_time.date()))
    expected = sampled(examples, ["period_start_on"], ["number"], 10)
    found = answers.of(f"per_{periods}")
    assert n_periods / 2 < len(expected) <= n_periods
    assert_sampled(found, expected, ["period_start_on"], EXAMPLES)


@pytest.mark.parametrize("question", SPLITS)
def test_rows_are_split_by_the_hash_of_their_key(answers: Answers, question: str):
    found = {row["number"]: row for row in answers.of(question)}
    assert len(found) == len(EXAMPLES)
    ends = np.cumsum([Fraction(str(share)) for share in SHARES.values()])
    splits_by_key = defaultdict(set)
    for example in EXAMPLES:
        key = [getattr(example, column) for column in SPLITS[question]]
        fraction = fraction_of(key, "split")
        expected = None
        if fraction is not None:
            expected = next(name for name, end in zip(SHARES, ends, strict=True) if fraction < end)
        row = found[example.number]
        assert row == {**row, **example._asdict(), "data_split": expected}
        splits_by_key[tuple(key)].add(row["data_split"])
    assert all(len(splits) == 1 for splits in splits_by_key.values())
    assert {split for splits in splits_by_key.values() for split in splits} == {"train", "it's valid", "test", None}


@pytest.mark.parametrize("question", ["report", "report_of_two"])
def test_the_report_counts_every_row(answers: Answers, question: str):
    _, strata, key, cap = SAMPLES["by_label" if question == "report" else "by_two"]
    expected = sampled(EXAMPLES, strata, key, cap)
    n_all = sum(len(rows.numbers) for rows in expected.values())
    n_without_key = Counter(
        tuple(getattr(example, column) for column in strata)
        for example in EXAMPLES
        if place_of([getattr(example, column) for column in key], "") is None
    )
    found = {tuple(row[column] for column in strata): row for row in answers.of(question)}
    assert found == {
        stratum: {
            **dict(zip(strata, stratum, strict=True)),
            "n_in_stratum": rows.n_in_stratum,
            "n_without_key": n_without_key[stratum],
            "n_sampled": len(rows.numbers),
            "before_rate": rows.n_in_stratum / len(EXAMPLES),
            "after_rate": len(rows.numbers) / n_all,
            "is_short": rows.n_in_stratum - n_without_key[stratum] < cap,
            "is_whole": rows.n_in_stratum == len(rows.numbers),
        }
        for stratum, rows in expected.items()
    }


def test_periods_can_be_reported_on(answers: Answers):
    found = {row["period_start_on"]: (row["n_in_stratum"], row["n_sampled"]) for row in answers.of("report_of_months")}
    in_sample = Counter(row["period_start_on"] for row in answers.of("per_months"))
    assert {month: n_sampled for month, (_, n_sampled) in found.items()} == in_sample
    assert len(found) == 24
    first, end = datetime(1996, 7, 1), datetime(1998, 7, 1)
    n_rows = sum(example.happened_at is not None and first <= example.happened_at < end for example in EXAMPLES)
    assert sum(n_in_stratum for n_in_stratum, _ in found.values()) == n_rows


def test_of_nothing_there_is_nothing_to_report(answers: Answers):
    assert answers.of("report_of_none") == []


def test_hashes_are_uniform_and_those_of_two_salts_independent(answers: Answers):
    found = pd.DataFrame(answers.of("fractions")).sort_values("number")
    ids = [f"id-{number}" for number in range(1, N_MANY + 1)]
    for salt in ("one", "two"):
        assert found[salt].astype(float).tolist() == [int(hash_of(text, salt), 16) / 16**8 for text in ids]
        counts = np.histogram(found[salt].astype(float), bins=100, range=(0, 1))[0]
        assert stats.chisquare(counts).pvalue > 0.01
    table = np.histogram2d(found["one"].astype(float), found["two"].astype(float), bins=20, range=[(0, 1)] * 2)[0]
    assert stats.chi2_contingency(table).pvalue > 0.01


@pytest.mark.parametrize("call", REFUSED)
def test_what_cannot_be_drawn_is_refused_by_name(answers: Answers, call: str):
    result = answers.results[f"refused_{call}"]
    assert result.status == "error"
    assert REFUSED[call][1] in result.message
