"""What the values that a program gives become in a row: one by one, or a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from millwright.client.ids import new_id
from millwright.client.tables import PREDICTIONS, LandingTable, Row, Value, now_text, time_text
from millwright.client.validation import as_json

#: The columns of `predictions` with JSON, in the order in which the checks take what they say.
JSON_COLUMNS = ("predicted_labels", "class_scores", "segments", "input_features", "business_context")


def check_names(given: Sequence[str], same: Mapping[str, Any]) -> None:
    """Raises TypeError unless a call with many predictions has columns, and what is the same for all, that exist."""
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise TypeError(f"{twice[0]} is given as two columns")
    if twice := sorted(same.keys() & set(given)):
        raise TypeError(f"{twice[0]} is given as a column, and as the same for all")
    if unknown := sorted({*given, *same} - PREDICTIONS.columns.keys()):
        raise TypeError(f"{unknown[0]} is no column of {PREDICTIONS.name}")
    if missing := sorted({"model_name", "model_version", "entity_id"} - {*given, *same}):
        raise TypeError(f"{missing[0]} is missing")


def time_of(name: str, moment: datetime) -> str:
    """The text of a time. Raises TypeError."""
    if not isinstance(moment, datetime):
        raise TypeError(f"{name} is {moment!r}, a {type(moment).__name__} and no datetime")
    return time_text(moment)


def number_of(name: str, value: Any) -> float | None:
    """A number as float. Raises TypeError for a text."""
    if value is None or type(value) is float:
        return value
    if isinstance(value, str | bytes):
        raise TypeError(f"{name} is {value!r}, a text and no number")
    return float(value)


def texts_together(names: Iterable[str], values: Sequence[Value]) -> str:
    """The texts in one, without those that are None. Raises TypeError, with its name, for a value that is no text."""
    try:
        return "".join([value for value in values if value is not None])
    except TypeError:
        for name, value in zip(names, values, strict=False):
            if not isinstance(value, str | None):
                raise TypeError(f"{name} is {value!r}, a {type(value).__name__} and no text") from None
        raise


def may_be_unwritable(text: str, refuses_nul: bool) -> bool:
    """Whether `unwritable_texts` has to look at the texts of which this is made."""
    return not text.isascii() or (refuses_nul and "\0" in text)


def unwritable_texts(table: LandingTable, row: Row, refuses_nul: bool) -> list[str]:
    """The reasons against texts that the database cannot store."""
    reasons = []
    for name, value in zip(table.names, row, strict=True):
        if isinstance(value, str):
            if refuses_nul and "\0" in value:
                reasons.append(f"{name} has the character NUL, which PostgreSQL does not store")
            elif not _is_unicode(value):
                reasons.append(f"{name} has half of a character")
    return reasons


@dataclass
class Predictions:
    """Rows of `predictions` to be checked, what the JSON of each says, whether its id was made, and all their text."""

    rows: list[Row]
    said: list[tuple[Any, ...]]
    are_new: list[bool]
    text: str


def predictions_of(columns: Mapping[str, Sequence[Any]]) -> Predictions:
    """Rows of columns of one length, entity_id among them, as calls with one row would make them. Raises TypeError."""
    absent = [None] * len(columns["entity_id"])
    now = now_text()
    made: dict[str, Sequence[Value]] = dict.fromkeys(PREDICTIONS.names, absent)
    said: dict[str, Sequence[Any]] = dict.fromkeys(JSON_COLUMNS, absent)
    for name, values in columns.items():
        if name in JSON_COLUMNS:
            made[name], said[name] = zip(*each_once(as_json, values), strict=True)
        elif PREDICTIONS.columns[name] == "number":
            made[name] = [value if type(value) is float else number_of(name, value) for value in values]
        elif PREDICTIONS.columns[name] == "text":
            made[name] = values
    known, event = columns.get("known_at", absent), columns.get("event_at", absent)
    made["known_at"] = [now if moment is None else time_of("known_at", moment) for moment in known]
    made["event_at"] = made["known_at"]
    if event != known:
        moments = zip(event, made["known_at"], strict=True)
        made["event_at"] = [text if moment is None else time_of("event_at", moment) for moment, text in moments]
    are_new = [value is None for value in made["prediction_id"]]
    made["prediction_id"] = [new_id() if value is None else value for value in made["prediction_id"]]
    given = [name for name in PREDICTIONS.text_names if made[name] is not absent]
    text = "".join([texts_together([name] * len(absent), made[name]) for name in given])
    return Predictions(list(zip(*made.values(), strict=True)), list(zip(*said.values(), strict=True)), are_new, text)


def each_once(encode: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """What becomes of each value, where one object is often the value of many rows."""
    by_object = {id(value): value for value in values}
    encoded = {identity: encode(value) for identity, value in by_object.items()}
    return [encoded[id(value)] for value in values]


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
