"""The landing tables that applications append to, and a row of them on its way there.

A row is a tuple in the order of `columns`: text as str, numbers as float, times as the text of a UTC timestamp with
microseconds, JSON as its text, and None for NULL. `models/staging/ops/_ops__sources.yml` says what the columns mean.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from json.encoder import c_make_encoder, encode_basestring
from operator import itemgetter
from typing import Any

from millwright.client.ids import new_id

Value = str | float | None
Row = tuple[Value, ...]

SQL_TYPES = {"text": "text", "number": "float8", "time": "timestamp"}


def json_encoder(default: Callable[[Any], Any] | None = None) -> Callable[[Any], str]:
    """What encodes objects as JSON; what it does not know becomes what `default` makes of it.

    A JSONEncoder sets up its part in C anew at each call, which takes longer than a small object does.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=default)
    if c_make_encoder is None:
        return encoder.encode
    parts_of = c_make_encoder(None, encoder.default, encode_basestring, None, ":", ",", False, False, True)

    def encode(value: Any) -> str:
        try:
            return "".join(parts_of(value, 0))
        except RecursionError:
            # This one finds an object that contains itself, and says so.
            return encoder.encode(value)

    return encode


to_json = json_encoder()


@dataclass(frozen=True)
class LandingTable:
    """`key` are the columns by which a row is known again; the first is its id, and event_at is among them."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns in their order."""
        return tuple(self.columns)

    @cached_property
    def text_names(self) -> tuple[str, ...]:
        """The columns whose values `texts_of` gives."""
        return tuple(name for name, kind in self.columns.items() if kind == "text")

    @cached_property
    def texts_of(self) -> Callable[[Sequence[Value]], tuple[str | None, ...]]:
        """The texts of a row, without its times."""
        return itemgetter(*(place for place, kind in enumerate(self.columns.values()) if kind == "text"))

    @cached_property
    def key_of(self) -> Callable[[Row], Row]:
        """The key of a row."""
        return itemgetter(*map(self.names.index, self.key))

    def line(self, row: Row) -> str:
        """The row as a JSON object of what is not NULL, without a line break in it."""
        return to_json({name: value for name, value in zip(self.names, row, strict=True) if value is not None})

    def row(self, line: str) -> Row:
        """The row of such a line. Raises ValueError for a text that is none."""
        values: Any = json.loads(line)
        if not isinstance(values, dict) or not values.keys() <= self.columns.keys():
            raise ValueError(f"it is no row of {self.name}")
        for name, value in values.items():
            if not isinstance(value, float if self.columns[name] == "number" else str):
                raise ValueError(f"{name} is {value!r}")
        return tuple(map(values.get, self.names))


PREDICTIONS = LandingTable(
    "predictions",
    ("prediction_id", "model_name", "model_version", "event_at"),
    {
        "prediction_id": "text",
        "model_name": "text",
        "model_version": "text",
        "entity_id": "text",
        "event_at": "time",
        "known_at": "time",
        "score": "number",
        "predicted_class": "text",
        "predicted_labels": "text",
        "predicted_value": "number",
        "class_scores": "text",
        "data_split": "text",
        "segments": "text",
        "user_id": "text",
        "session_id": "text",
        "request_id": "text",
        "environment": "text",
        "latency_ms": "number",
        "input_features": "text",
        "application_id": "text",
        "memory_mb": "number",
        "cpu_rate": "number",
        "business_context": "text",
        "run_id": "text",
    },
)
OUTCOMES = LandingTable(
    "outcomes",
    ("outcome_id", "model_name", "event_at"),
    {
        "outcome_id": "text",
        "prediction_id": "text",
        "model_name": "text",
        "event_at": "time",
        "known_at": "time",
        "actual_class": "text",
        "actual_labels": "text",
        "actual_value": "number",
        "source": "text",
        "run_id": "text",
    },
)
ERRORS = LandingTable(
    "prediction_errors",
    ("error_id", "event_at"),
    {
        "error_id": "text",
        "prediction_id": "text",
        "request_id": "text",
        "model_name": "text",
        "model_version": "text",
        "error_type": "text",
        "error_code": "text",
        "message": "text",
        "stack_trace": "text",
        "stage": "text",
        "input_features": "text",
        "event_at": "time",
        "known_at": "time",
        "run_id": "text",
    },
)
TABLES = {table.name: table for table in (PREDICTIONS, OUTCOMES, ERRORS)}


def time_text(moment: datetime) -> str:
    """A moment as a row has it. One without a time zone is taken for UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


def now_text() -> str:
    """The clock of this machine as a row has it."""
    return datetime.now(UTC).isoformat(" ", "microseconds")[:-6]


def error_row(error_type: str, stage: str, message: str, **about: str | None) -> Row:
    """A row of `prediction_errors` about something that happens now; `about` are further columns."""
    now = now_text()
    values = {"error_id": new_id(), "error_type": error_type, "stage": stage, "message": message}
    return tuple(map((about | values | {"event_at": now, "known_at": now}).get, ERRORS.names))
