"""Made-up feature groups and a spine that looks at them: every small case there is, and many odd ones."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import compress, product
from typing import NamedTuple

START = datetime(2024, 1, 1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

ODD_TEXTS = [
    *("", " ", "'", '"', "''", "\\", "%s", "{{ x }}", "a;b", "-- c", "a,b", "(1)", "\n", "\t"),
    *("ä", "a\u0308", "日本", "😀", "NULL", "0", "00", "A", "a"),
]


class Row(NamedTuple):
    """A row of a feature group; `reading` tells the rows apart. Of a row with a clock that is NULL nothing is known."""

    thing_id: str | None
    event_at: datetime | None
    known_at: datetime | None
    reading: int
    note: str | None


class Example(NamedTuple):
    """A row of the spine; `spine_row` tells the rows apart."""

    spine_row: int
    visitor_id: str | None
    looked_at: datetime


@dataclass(frozen=True)
class Group:
    """A feature group; of an entity no two rows have both clocks in common."""

    name: str
    has_late_rows: bool
    time_to_live_days: int | None
    rows: list[Row]

    @property
    def features(self) -> list[str]:
        """Names of its features, in the order of a row."""
        return [f"{self.name}_reading", f"{self.name}_note"]

    @cached_property
    def rows_by_thing(self) -> dict[str | None, list[Row]]:
        rows_by_thing = {}
        for row in self.rows:
            rows_by_thing.setdefault(row.thing_id, []).append(row)
        return rows_by_thing

    def newest_known(self, example: Example, max_age_days: int | None) -> Row | None:
        """What the join must find for a row of the spine: its definition, as a loop."""
        if example.visitor_id is None:
            return None
        newest = None
        for row in self.rows_by_thing.get(example.visitor_id, []):
            has_clocks = row.event_at is not None and row.known_at is not None
            is_known = has_clocks and row.event_at <= example.looked_at and row.known_at <= example.looked_at
            if is_known and (newest is None or (row.event_at, row.known_at) > (newest.event_at, newest.known_at)):
                newest = row
        is_too_old = newest and max_age_days is not None and newest.event_at < example.looked_at - max_age_days * DAY
        return None if is_too_old else newest


def make_group(name: str, has_late_rows: bool, time_to_live_days: int | None) -> Group:
    """A group with every small history and many random ones, its rows in no order."""
    draw = random.Random(name)
    clocks = [*_small_histories(has_late_rows), *_random_histories(draw, has_late_rows)]
    draw.shuffle(clocks)
    rows = [Row(*clock, reading, draw.choice([None, *ODD_TEXTS])) for reading, clock in enumerate(clocks)]
    return Group(name, has_late_rows, time_to_live_days, rows)


def make_spine(groups: Iterable[Group]) -> list[Example]:
    """Every day around the small histories; for the others moments on clocks, a tick beside them and days later."""
    draw = random.Random("spine")
    rows = [row for group in groups for row in group.rows if row.thing_id is not None]
    small = {row.thing_id for row in rows if row.thing_id.startswith("small")}
    pairs = {(thing, START + day * DAY) for thing in small for day in range(-1, 5)}
    for row in draw.sample([row for row in rows if row.thing_id not in small], 800):
        clock = draw.choice([row.event_at or row.known_at, row.known_at or row.event_at])
        pairs.add((row.thing_id, clock + draw.choice([-TICK, 0 * TICK, TICK, DAY, DAY + TICK, 3 * DAY])))
    pairs.add(("nobody", START + DAY))
    spine = [*sorted(pairs), *[(None, START + DAY)] * 3]
    draw.shuffle(spine)
    return [Example(number, *pair) for number, pair in enumerate(spine)]


def _small_histories(has_late_rows: bool) -> Iterator[tuple[str, datetime, datetime]]:
    """An entity for each set of rows whose clocks both show one of three days.

    Without late rows an event has one row, known by then.
    """
    clocks = [(event, known) for event, known in product(range(3), repeat=2) if has_late_rows or known <= event]
    for is_chosen in product([False, True], repeat=len(clocks)):
        entity = f"small-{has_late_rows}-" + "".join("01"[chosen] for chosen in is_chosen)
        rows = list(compress(clocks, is_chosen))
        if has_late_rows or len(rows) == len({event for event, _ in rows}):
            for event, known in rows:
                yield entity, START + event * DAY, START + known * DAY


def _random_histories(draw: random.Random, has_late_rows: bool) -> Iterator[tuple[str | None, datetime, datetime]]:
    """Up to 25 rows an entity on a grid coarse enough for ties of either clock; gaps, forecasts, corrections."""
    for entity in [None, *ODD_TEXTS, *(f"random-{number}" for number in range(150))]:
        clocks = {}
        for _ in range(draw.choice([0, 1, 5, 25])):
            event_at = START + draw.randrange(60) * DAY / 4
            delay = draw.choice([0, 0, -1, draw.randrange(40)]) if has_late_rows else -draw.randrange(3)
            if has_late_rows or all(event_at != held for held, _ in clocks):
                clocks[event_at, event_at + delay * DAY / 4] = True
            if draw.random() < 0.1:
                clocks[draw.choice([(event_at, None), (None, event_at)])] = True
        yield from ((entity, *pair) for pair in clocks)
