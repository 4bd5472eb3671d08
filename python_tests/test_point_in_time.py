"""The point-in-time join finds what a plain loop over all rows finds; what it cannot answer, it refuses by name.

A small dbt project has the macros of this one and made-up feature groups, which are tables loaded by the test. Every
question is a dbt model of its own, so that one run answers them all.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from operator import itemgetter
from typing import Any

import pandas as pd
import pytest
from support.made_up_groups import TICK, Example, Group, Row, make_group, make_spine
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

SCHEMA = "point_in_time"
APRIL, MAY, JUNE, JULY = (datetime(2024, month, 1) for month in (4, 5, 6, 7))

LATE = make_group("late", has_late_rows=True, time_to_live_days=None)
FADING = make_group("fading", has_late_rows=True, time_to_live_days=1)
PROMPT = make_group("prompt", has_late_rows=False, time_to_live_days=None)
PROMPT_FADING = make_group("prompt_fading", has_late_rows=False, time_to_live_days=1)
GROUPS = [LATE, FADING, PROMPT, PROMPT_FADING]
EMPTY = Group("empty", has_late_rows=True, time_to_live_days=None, rows=[])
# A group with the names that the macros use themselves.
ALIKE = {"entity_id": "a", "event_at": APRIL, "known_at": MAY, "visible_from": "never", "hidden_from": "ever"}
CORRECTED = Group("corrected", True, None, [Row("a", APRIL, APRIL, 1, "as delivered")])
CORRECTION = Row("a", APRIL, JUNE, 2, "as corrected in June")

# DuckDB joins so few rows by another algorithm than many.
SPINES = {"spine": make_spine(GROUPS), "few": make_spine(GROUPS)[:20]}

OWN_TIME_TO_LIVE = object()
ALL_FEATURES = {group.name: group.features for group in GROUPS}
SOME_FEATURES = {"prompt": ["prompt_reading"], "late": ["late_note", "late_reading"]}
# What is asked for, by the name of the question: a spine, groups, and how old their rows may be.
JOINS = {
    **{f"of_{group.name}": ("spine", {group.name: group.features}, OWN_TIME_TO_LIVE) for group in GROUPS},
    "of_all": ("spine", list(ALL_FEATURES), OWN_TIME_TO_LIVE),
    "of_some": ("spine", SOME_FEATURES, OWN_TIME_TO_LIVE),
    "of_few": ("few", list(ALL_FEATURES), OWN_TIME_TO_LIVE),
    "of_the_moment": ("spine", list(ALL_FEATURES), 0),
    "of_three_days": ("spine", list(ALL_FEATURES), 3),
}
PORTABLE_JOINS = {
    f"portable_{group.name}_{max_age_days or 'any_age'}": (group, max_age_days)
    for group in GROUPS
    for max_age_days in (None, 1)
}
REFUSED_SPINES = {
    "no_moment": (
        [("'a'", "null"), ("'a'", "null"), ("'b'", "'2024-01-01'")],
        "The spine has 2 rows without looked_at, the moment to look up features for",
    ),
    "twice": (
        [("'it''s'", "'2024-01-02 03:04:05'"), ("'it''s'", "'2024-01-02 03:04:05'"), ("'b'", "'2024-01-01'")],
        "The spine has several rows for visitor_id it's at 2024-01-02 03:04:05",
    ),
    "future": (
        [("'a'", "'2024-07-01 00:00:01'"), ("'a'", "'2024-01-01'")],
        "The spine looks at 2024-07-01 00:00:01, which lies after as_of, 2024-07-01",
    ),
}
REFUSED_GROUPS = {
    "unmarked": (["unmarked"], 'There is no feature group "unmarked"; there are alike, corrected, empty'),
    "unknown_feature": (
        {"late": ["late_reading", "late_riding"]},
        'The feature group late has no feature "late_riding"; it has late_reading, late_note',
    ),
    "one_name_twice": (["late", "namesake"], "The feature late_note is in late and in namesake; choose one of them"),
    "keyless": (["keyless"], "The feature group keyless has no column thing_id in the YAML of feat_keyless"),
    "timeless": (["timeless"], "The feature group timeless has no column known_at in the YAML of feat_timeless"),
    "half_marked": (["half_marked"], "feat_half_marked is no feature group: its YAML lacks config.meta.feature_group"),
}
# What dbt refuses before it runs anything.
REFUSED_CALLS = {
    "unknown_group": (["nowhere"], "depends on a node named 'feat_nowhere' which was not found"),
    "no_list": ("'late'", "point_in_time_join: feature_groups is a list of groups, or maps groups to lists"),
    "no_groups": ([], "point_in_time_join: feature_groups is a list of groups, or maps groups to lists"),
}
AUDITED_SETS = {"of_all": list(ALL_FEATURES), "careless_set": ["late", "prompt"]}
# A set whose maker did not look at the clocks: every combination of them around the moment, NULLs without features.
CLOCKS = [*product((MAY - TICK, MAY, MAY + TICK), repeat=2), (None, None)]
CARELESS_SET = [
    (f"visitor {number}", MAY, *late, *prompt) for number, (late, prompt) in enumerate(product(CLOCKS, repeat=2))
]


def join(groups: object, spine: str, max_age: object = OWN_TIME_TO_LIVE) -> str:
    age = "" if max_age is OWN_TIME_TO_LIVE else f", max_age={max_age}"
    return f"{{{{ millwright.point_in_time_join('{spine}', 'visitor_id', 'looked_at', {groups}{age}) }}}}"


def joined_to(spine: str, group: str) -> str:
    return f"with spine as ({spine}), joined as ({join([group], 'spine')}) select * from joined"


def listed(rows: Sequence[tuple[str, str]]) -> str:
    """A spine of these ids and moments, written as SQL."""
    values = ", ".join(f"(cast({visitor} as text), cast({moment} as timestamp))" for visitor, moment in rows)
    return f"select * from (values {values}) as listed (visitor_id, looked_at)"


def portable_join(group: Group, max_age_days: int | None) -> str:
    """The join for engines that have none of their own."""
    age = "none" if max_age_days is None else max_age_days
    arguments = f"'thing_id', {group.features}, {age}, {str(group.has_late_rows).lower()}"
    return f"{{{{ millwright.default__as_of_join('{SCHEMA}.moments', ref('feat_{group.name}'), {arguments}) }}}}"


def questions() -> dict[str, str]:
    """All dbt models that ask."""
    months = listed([("'a'", "'2024-05-01'"), ("'a'", "'2024-07-01'")])
    monthly = f"{months} where looked_at <= {{{{ millwright.as_of() }}}}"
    alike = "select cast('a' as text) as entity_id, cast('2024-05-01' as timestamp) as moment"
    join_of_alike = "{{ millwright.point_in_time_join('moments', 'entity_id', 'moment', ['alike']) }}"
    return {
        "monthly_set": "{{ config(materialized='view') }}" + joined_to(monthly, "corrected"),
        "accepted": joined_to(listed([("'a'", "'2024-07-01'"), *[("null", "'2024-01-01'")] * 2]), "late"),
        "of_alike": f"with moments as ({alike}), joined as ({join_of_alike}) select * from joined",
        **{name: join(groups, f"{SCHEMA}.{spine}", max_age) for name, (spine, groups, max_age) in JOINS.items()},
        **{name: portable_join(*question) for name, question in PORTABLE_JOINS.items()},
        **{
            f"refused_{name}_{group}": joined_to(listed(rows), group)
            for name, (rows, _) in REFUSED_SPINES.items()
            for group in ("late", "prompt", "empty")
        },
        **{f"refused_{name}": join(groups, f"{SCHEMA}.few") for name, (groups, _) in REFUSED_GROUPS.items()},
        **{
            f"leaks_of_{name}": f"{{{{ millwright.training_leaks(ref('{name}'), millwright.training_set('{name}')) }}}}"
            for name in AUDITED_SETS
        },
    }


def declarations() -> list[dict[str, Any]]:
    """YAML of feature groups, good and bad, and of training sets."""

    def feature_model(name: str, columns: Sequence[str], **meta: object) -> dict[str, Any]:
        config = {"meta": {"feature_group": meta}} if meta else {}
        return {"name": f"feat_{name}", "config": config, "columns": [{"name": column} for column in columns]}

    def training_set(name: str, groups: Sequence[str]) -> dict[str, Any]:
        meta = {"training_set": {"entity_key": "visitor_id", "as_of": "looked_at"}}
        clocks = [{"name": f"{group}__{clock}"} for group in groups for clock in ("event_at", "known_at")]
        return {"name": name, "config": {"meta": meta}, "columns": clocks}

    columns = ["thing_id", "event_at", "known_at"]
    thing = {"entity": "thing", "entity_key": "thing_id"}
    return [
        *(
            feature_model(
                group.name,
                [*columns, *group.features],
                **thing,
                **({} if group.has_late_rows else {"has_late_rows": False}),
                **({} if group.time_to_live_days is None else {"time_to_live_days": group.time_to_live_days}),
            )
            for group in [*GROUPS, EMPTY, CORRECTED]
        ),
        feature_model("alike", list(ALIKE), entity="thing", entity_key="entity_id"),
        feature_model("namesake", [*columns, "late_note"], **thing),
        feature_model("keyless", ["event_at", "known_at", "keyless_note"], **thing),
        feature_model("timeless", ["thing_id", "event_at", "timeless_note"], **thing),
        feature_model("half_marked", columns, entity="thing"),
        feature_model("unmarked", columns),
        *(training_set(*audited) for audited in AUDITED_SETS.items()),
    ]


class Answers:
    """What dbt answers on a warehouse with the made-up groups."""

    def __init__(self, world: World):
        self.project = SmallProject(world, questions(), declarations())
        self._load()
        self.project.run(MAY, "monthly_set")
        self.set_of_may = self.of("monthly_set")
        self.project.insert("feat_corrected", [CORRECTION])
        self.set_of_may_after_correction = self.of("monthly_set")
        self.results = self.project.run(JULY)

    def of(self, question: str) -> list[dict[str, Any]]:
        return self.project.rows(f"select * from {SCHEMA}.{question}")

    def plan_of(self, question: str) -> str:
        plan = self.project.rows(f"explain {self.results[question].node.compiled_code}")
        return "\n".join(str(list(line.values())[-1]) for line in plan).lower()

    def _load(self) -> None:
        load = self.project.load
        clocks = "event_at timestamp, known_at timestamp"
        for group in [*GROUPS, EMPTY, CORRECTED]:
            features = f"{group.name}_reading bigint, {group.name}_note text"
            load(f"feat_{group.name}", f"thing_id text, {clocks}, {features}", group.rows)
            if self.project.world.target.engine == "postgres":
                index = f"create index {group.name}_by_event on {SCHEMA}.feat_{group.name} (thing_id, event_at)"
                self.project.world.execute(index)
        load("feat_alike", f"entity_id text, {clocks}, visible_from text, hidden_from text", [tuple(ALIKE.values())])
        for name, spine in SPINES.items():
            load(name, "spine_row bigint, visitor_id text, looked_at timestamp", spine)
        moments = [example[1:] for example in SPINES["spine"] if example.visitor_id is not None]
        load("moments", "entity_id text, moment timestamp", moments)
        both_clocks = ", ".join(
            f"{group}__{clock}" for group in AUDITED_SETS["careless_set"] for clock in clocks.split(", ")
        )
        load("careless_set", f"visitor_id text, looked_at timestamp, {both_clocks}", CARELESS_SET)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def answers(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return Answers(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


def known_of(group: Group, example: Example, max_age: object) -> dict[str, Any]:
    """What the join must say of a group: its features and clocks, by column."""
    max_age_days = group.time_to_live_days if max_age is OWN_TIME_TO_LIVE else max_age
    row = group.newest_known(example, max_age_days)
    columns = [f"{group.name}__event_at", f"{group.name}__known_at", *group.features]
    return dict(zip(columns, row[1:] if row else [None] * 4, strict=True))


@pytest.mark.parametrize("question", JOINS)
def test_the_join_finds_what_a_loop_finds(answers: Answers, question: str):
    spine, groups, max_age = JOINS[question]
    chosen = groups if isinstance(groups, dict) else {group: ALL_FEATURES[group] for group in groups}
    found = answers.of(question)
    columns = [
        *Example._fields,
        *(
            column
            for group, features in chosen.items()
            for column in (*features, f"{group}__event_at", f"{group}__known_at")
        ),
    ]
    assert list(found[0]) == columns
    expected = []
    for example in SPINES[spine]:
        known = example._asdict()
        for group in GROUPS:
            known |= known_of(group, example, max_age)
        expected.append({column: known[column] for column in columns})
    assert sorted(found, key=itemgetter("spine_row")) == expected


@pytest.mark.parametrize("question", PORTABLE_JOINS)
def test_the_portable_join_finds_it_on_every_engine(answers: Answers, question: str):
    group, max_age_days = PORTABLE_JOINS[question]
    expected = {}
    for example in SPINES["spine"]:
        if row := group.newest_known(example, max_age_days):
            expected[example.visitor_id, example.looked_at] = row[1:]
    found = [tuple(row.values()) for row in answers.of(question)]
    assert len(found) == len(expected)
    assert {row[:2]: row[2:] for row in found} == expected


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_each_engine_joins_in_its_own_way(answers: Answers, group: Group):
    own_way = {"duckdb": "asof join", "postgres": f"{group.name}_by_event"}
    assert own_way[answers.project.world.target.engine] in answers.plan_of(f"of_{group.name}")


@pytest.mark.parametrize("group", [PROMPT, PROMPT_FADING], ids=lambda group: group.name)
def test_where_nothing_is_late_pandas_finds_it(answers: Answers, group: Group):
    spine = pd.DataFrame([example for example in SPINES["spine"] if example.visitor_id is not None])
    history = pd.DataFrame(group.rows).dropna(subset=Row._fields[:3]).sort_values(["event_at", "known_at"])
    age = group.time_to_live_days
    joined = pd.merge_asof(
        spine.sort_values("looked_at"),
        history,
        left_on="looked_at",
        right_on="event_at",
        left_by="visitor_id",
        right_by="thing_id",
        tolerance=None if age is None else pd.Timedelta(days=age),
    )
    expected = {row.spine_row: row.reading for row in joined.itertuples() if not pd.isna(row.reading)}
    reading = group.features[0]
    rows = answers.of(f"of_{group.name}")
    assert {row["spine_row"]: row[reading] for row in rows if row[reading] is not None} == expected


def test_spines_and_groups_may_use_the_names_that_the_macros_use(answers: Answers):
    clocks = {"alike__event_at": APRIL, "alike__known_at": MAY}
    expected = {"entity_id": "a", "moment": MAY, "visible_from": "never", "hidden_from": "ever", **clocks}
    assert answers.of("of_alike") == [expected]


@pytest.mark.parametrize("group", ["late", "prompt", "empty"])
@pytest.mark.parametrize("spine", REFUSED_SPINES)
def test_a_spine_that_cannot_be_looked_up_for_fails_the_query(answers: Answers, spine: str, group: str):
    result = answers.results[f"refused_{spine}_{group}"]
    assert result.status == "error"
    assert REFUSED_SPINES[spine][1] in result.message


def test_moments_up_to_as_of_are_accepted_and_rows_without_an_entity_may_repeat(answers: Answers):
    assert len(answers.of("accepted")) == 3


@pytest.mark.parametrize("groups", REFUSED_GROUPS)
def test_groups_and_features_that_are_not_there_are_refused_by_name(answers: Answers, groups: str):
    result = answers.results[f"refused_{groups}"]
    assert result.status == "error"
    assert REFUSED_GROUPS[groups][1] in result.message


@pytest.mark.parametrize("call", REFUSED_CALLS)
def test_calls_that_name_no_group_are_refused(answers: Answers, call: str):
    groups, message = REFUSED_CALLS[call]
    result, said = answers.project.dbt("compile", "--inline", join(groups, "spine"), as_of=JULY)
    assert not result.success
    assert message in said


def test_the_audit_finds_every_row_that_knew_too_much(answers: Answers):
    leaks = {(True, False): "true later", (False, True): "known later", (True, True): "true and known later"}
    expected = set()
    for visitor, moment, *clocks in CARELESS_SET:
        for group, event_at, known_at in (("late", *clocks[:2]), ("prompt", *clocks[2:])):
            if event_at and (event_at > moment or known_at > moment):
                leak = leaks[event_at > moment, known_at > moment]
                expected.add(("careless_set", visitor, moment, group, event_at, known_at, leak))
    found = [tuple(row.values()) for row in answers.of("leaks_of_careless_set")]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_the_audit_finds_nothing_in_a_set_made_by_the_join(answers: Answers):
    assert answers.of("leaks_of_of_all") == []


def test_a_correction_changes_no_set_of_a_time_before_it_was_known(answers: Answers):
    before = {"visitor_id": "a", "looked_at": MAY, "corrected_reading": 1, "corrected_note": "as delivered"}
    before |= {"corrected__event_at": APRIL, "corrected__known_at": APRIL}
    after = {"visitor_id": "a", "looked_at": JULY, "corrected_reading": 2, "corrected_note": "as corrected in June"}
    after |= {"corrected__event_at": APRIL, "corrected__known_at": JUNE}
    assert answers.set_of_may == answers.set_of_may_after_correction == [before]
    assert sorted(answers.of("monthly_set"), key=itemgetter("looked_at")) == [before, after]
