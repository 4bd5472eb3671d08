"""Predictions in a data frame or an Arrow table: checked, and brought into COPY's form, a column at a time by DuckDB.

What is wrong is for `validation` alone to say. The rows are put into kinds, of whose rows every rule says the same, and
one row of each is asked about: a million scores of one model are a handful of kinds. JSON that is another in every row
makes a kind of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from millwright.client.ids import beginning_of_ids
from millwright.client.registry import BANS, Registry
from millwright.client.tables import PREDICTIONS, SQL_TYPES, Row, now_text
from millwright.client.validation import as_json, prediction_problems
from millwright.client.values import (
    JSON_COLUMNS,
    check_names,
    each_once,
    number_of,
    texts_together,
    time_of,
    unwritable_texts,
)

# The types that a column may have.
TYPES = {
    "text": r"VARCHAR|ENUM\(.*",
    "number": r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*|BOOLEAN",
    "time": r"TIMESTAMP.*",
}
WORDS = {"text": "text", "number": "number", "time": "datetime"}
# The texts that a rule reads; of the others rules ask no more than whether they are empty.
TEXTS_READ = ("model_name", "model_version", *JSON_COLUMNS)
# Each of the ranges that rules tell apart, NaN among them.
RANGE = """
    case
        when isnan({0}) then 5
        when {0} = 'Infinity' then 4
        when {0} > 1 then 3
        when {0} >= 0 then 2
        when {0} > '-Infinity' then 1
        when {0} is not null then 0
    end
"""
ESCAPES = (("'\\'", "'\\\\'"), ("chr(10)", "'\\n'"), ("chr(9)", "'\\t'"), ("chr(13)", "'\\r'"))
TIME_FORMAT = "'%Y-%m-%d %H:%M:%S.%f'"
ROWS_AT_ONCE = 1000


class Unreadable(ValueError):
    """A frame has a text with half of a character."""


class TableRows(Sequence[Row]):
    """Rows of `predictions` in a table of DuckDB, from one to before another; each is made when it is asked for."""

    def __init__(self, duck: Any, table: str, columns: Sequence[str], begin: int, end: int):
        self._duck = duck
        self._table = table
        self._columns = columns
        self._begin = begin
        self._end = end

    def __len__(self) -> int:
        return self._end - self._begin

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> TableRows: ...
    def __getitem__(self, place: int | slice) -> Row | TableRows:
        if isinstance(place, slice):
            begin, end, _ = place.indices(len(self))
            return TableRows(self._duck, self._table, self._columns, self._begin + begin, self._begin + end)
        begin = range(len(self))[place]
        return next(iter(self[begin : begin + 1]))

    def __iter__(self) -> Iterator[Row]:
        return iter(self._select(_as_in_rows(self._columns)))

    def values(self, name: str) -> list[Any]:
        """A column as rows have it."""
        return [value for (value,) in self._select(_as_in_row(name))]

    def distinct(self, name: str) -> list[Any]:
        """The values that a column has."""
        return [value for (value,) in self._duck.execute(self._query(f"distinct {_as_in_row(name)}")).fetchall()]

    def period(self) -> tuple[str, str]:
        """The first and the last event_at."""
        return self._summary(", ".join(f"strftime({end}(event_at), {TIME_FORMAT})" for end in ("min", "max")))

    def copy_text(self) -> tuple[Sequence[str], bytes]:
        """The columns, and the rows in the text format of COPY. No text has the character NUL."""
        texts = [f"cast({name} as text)" for name in self._columns]
        content, n_values = self._lines(texts)
        # Nearly always no text has what must be escaped: then there are no more of these than we have put there.
        n_nulls = len(self) * len(texts) - n_values
        ours = {b"\n": len(self), b"\t": len(self) * (len(texts) - 1), b"\\": n_nulls, b"\r": 0}
        if any(content.count(character) > n for character, n in ours.items()):
            for character, escape in ESCAPES:
                texts = [f"replace({text}, {character}, {escape})" for text in texts]
            content, _ = self._lines(texts)
        return self._columns, content

    def write_parquet(self, path: str) -> Sequence[str]:
        """Writes the rows to a Parquet file; returns its columns."""
        self._duck.execute(
            f"copy ({self._query(', '.join(self._columns))} order by rowid) to '{path}' (format parquet)"
        )
        return self._columns

    def _lines(self, texts: Sequence[str]) -> tuple[bytes, int]:
        """The lines of these columns, in any order, and how many values they have that are not NULL."""
        line = ", ".join(f"coalesce({text}, '\\N')" for text in texts)
        n_values = " + ".join(f"count({name})" for name in self._columns)
        return self._summary(f"encode(string_agg(concat_ws(chr(9), {line}) || chr(10), '')), {n_values}")

    def _summary(self, aggregates: str) -> tuple:
        return self._duck.execute(self._query(aggregates)).fetchall()[0]

    def _select(self, expressions: str) -> list[tuple]:
        return self._duck.execute(f"{self._query(expressions)} order by rowid").fetchall()

    def _query(self, expressions: str) -> str:
        return f"select {expressions} from {self._table} where rowid >= {self._begin} and rowid < {self._end}"


@dataclass(frozen=True)
class Wrong:
    """A row that would not count, and why; its place in the frame, and whether its id was made."""

    place: int
    row: Row
    reasons: list[str]
    is_new: bool


class Frame:
    """The predictions of a frame, with what is the same for all: a pandas DataFrame, or what has `__arrow_c_stream__`,
    as Arrow tables do. What is missing there is None; pandas takes NaN for that, too.

    Raises TypeError for a value of another type, Unreadable for a text with half of a character.
    """

    def __init__(self, frame: Any, same: Mapping[str, Any]):
        import duckdb

        from millwright.duckdb_session import connect_duckdb

        if not _is_pandas(frame) and not hasattr(frame, "__arrow_c_stream__"):
            raise TypeError(f"a {type(frame).__name__} is no DataFrame of pandas, and has no __arrow_c_stream__")
        self._duck = connect_duckdb()
        try:
            if _is_pandas(frame):
                check_names(list(frame.columns), same)
                given = self._duck.from_df(_without_objects(frame))
            else:
                given = self._duck.from_arrow(frame)
                check_names(given.columns, same)
            given.create_view("given")
            self._fill(dict(zip(given.columns, map(str, given.types), strict=True)), same)
        except (duckdb.InvalidInputException, UnicodeEncodeError) as error:
            raise Unreadable(str(error)) from error

    def versions(self) -> list[tuple[str, str]]:
        """The models and versions that there are predictions of."""
        return self._duck.execute("select distinct model_name, model_version from frame").fetchall()

    def ids(self) -> list[str]:
        """The prediction_id of each row."""
        return self._rows("frame").values("prediction_id")

    def wrong(self, registry: Registry | None, refuses_nul: bool) -> Iterator[Wrong]:
        """The rows that would not count, in their order."""
        keys = self._keys(registry, refuses_nul)
        reasons = {}
        for place, *row in self._fetched(f"""
            select rowid, {_as_in_rows(self._columns)} from frame
            where rowid in (select min(rowid) from frame group by {", ".join(keys)})
        """):
            said = [as_json(row[PREDICTIONS.names.index(name)])[1] for name in JSON_COLUMNS]
            found = prediction_problems(tuple(row), *said, registry)
            if found := found + unwritable_texts(PREDICTIONS, tuple(row), refuses_nul):
                reasons[place] = found
        if not reasons:
            return
        keyed = ", ".join(f"{key} as key_{number}" for number, key in enumerate(keys))
        same = " and ".join(f"key_{number} is not distinct from {key}" for number, key in enumerate(keys))
        self._duck.execute(
            f"create table kinds as select rowid as kind, {keyed} from frame where rowid in (select unnest(?))",
            [list(reasons)],
        )
        for place, kind, is_made, *row in self._fetched(f"""
            select frame.rowid, kind, is_made, {_as_in_rows(self._columns)}
            from frame inner join kinds on {same}
            order by frame.rowid
        """):
            yield Wrong(place, tuple(row), reasons[kind], is_made)

    def parts(self, without: Sequence[int]) -> Iterator[tuple[TableRows, bool]]:
        """The rows but for those at some places, those with an id that was made apart from the others."""
        kinds = self._duck.execute("select distinct is_made from frame").fetchall()
        for (is_made,) in kinds:
            table = "frame"
            if without or len(kinds) > 1:
                table = f"part_{is_made}"
                self._duck.execute(
                    f"""
                    create table {table} as
                    select * from frame
                    where is_made = ? and rowid not in (select unnest(cast(? as bigint[])))
                    order by rowid
                    """,
                    [is_made, list(without)],
                )
            yield self._rows(table), is_made

    def _rows(self, table: str) -> TableRows:
        ((n_rows,),) = self._duck.execute(f"select count(*) from {table}").fetchall()
        return TableRows(self._duck, table, self._columns, 0, n_rows)

    def _keys(self, registry: Registry | None, refuses_nul: bool) -> list[str]:
        """Expressions by which rows are of one kind."""
        keys = ["event_at > known_at"]
        for name in self._columns:
            match PREDICTIONS.columns[name]:
                case "text":
                    keys.append(name if name in TEXTS_READ else f"{name} = ''")
                    if refuses_nul:
                        keys.append(f"contains({name}, chr(0))")
                case "number":
                    keys.append(RANGE.format(name))
        if registry is not None and (banned := [key for key in self.versions() if _is_banned(registry, key)]):
            self._duck.execute("create table banned (model_name text, model_version text)")
            self._duck.executemany("insert into banned values (?, ?)", banned)
            # Of these the moment says whether they were.
            is_banned = "(model_name, model_version) in (select (model_name, model_version) from banned)"
            keys += [f"case when {is_banned} then {name} end" for name in ("event_at", "known_at")]
        return keys

    def _fetched(self, query: str) -> Iterator[tuple]:
        # A cursor is a connection of its own: others may be used while this one is read from.
        cursor = self._duck.cursor()
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows

    def _fill(self, types: Mapping[str, str], same: Mapping[str, Any]) -> None:
        """Makes the table `frame`: the rows of `given`, whose order is that of `rowid`."""
        columns = {name: self._typed(name, data_type) for name, data_type in types.items()}
        for name, value in same.items():
            self._duck.execute(f"create table same_{name} (value {SQL_TYPES[PREDICTIONS.columns[name]]})")
            self._duck.execute(f"insert into same_{name} values (?)", _in_form(name, [value]))
            columns[name] = f"(select value from same_{name})"
        known_at = f"coalesce({columns.get('known_at', 'null')}, timestamp '{now_text()}')"
        prediction_id = columns.get("prediction_id", "null")
        beginning, first = beginning_of_ids()
        made_id = f"format('{beginning}{{:012x}}', {first} + row_number() over ())"
        columns |= {
            "prediction_id": f"coalesce({prediction_id}, {made_id})",
            "event_at": f"coalesce({columns.get('event_at', 'null')}, {known_at})",
            "known_at": known_at,
        }
        self._columns = [name for name in PREDICTIONS.names if name in columns]
        selected = ", ".join(f"{columns[name]} as {name}" for name in self._columns)
        self._duck.execute(f"create table frame as select {selected}, {prediction_id} is null as is_made from given")
        for name in ("event_at", "known_at"):
            beyond = self._duck.execute(f"""
                select cast({name} as text) from frame
                where not isfinite({name}) or year({name}) not between 1 and 9999
                limit 1
            """).fetchall()
            if beyond:
                raise TypeError(f"{name} is {beyond[0][0]}, which no datetime is")

    def _typed(self, name: str, data_type: str) -> str:
        """A column of `given` as the type that it has in a row."""
        kind = PREDICTIONS.columns[name]
        if re.fullmatch(TYPES[kind], data_type, re.DOTALL):
            if data_type == "TIMESTAMP WITH TIME ZONE":
                return f"make_timestamp(epoch_us({name}))"
            return f"cast({name} as {SQL_TYPES[kind]})"
        for (value,) in self._duck.execute(f"select {name} from given where {name} is not null limit 1").fetchall():
            raise TypeError(f"{name} is {value!r}, a {type(value).__name__} and no {WORDS[kind]}")
        return f"cast(null as {SQL_TYPES[kind]})"


def columns_of(frame: Any) -> dict[str, list[Any]]:
    """The columns of a frame, as lists of what Python has for it."""
    from millwright.duckdb_session import connect_duckdb

    if _is_pandas(frame):
        return {name: _or_none(frame[name]) for name in frame.columns}
    given = connect_duckdb().from_arrow(frame)
    return dict(zip(given.columns, map(list, zip(*given.fetchall(), strict=True)), strict=True))


def _is_pandas(frame: Any) -> bool:
    return type(frame).__module__.partition(".")[0] == "pandas"


def _is_banned(registry: Registry, version: tuple[str, str]) -> bool:
    found = registry.versions.get(version)
    return found is not None and any(status in BANS for _, status, *_ in found.revisions)


def _as_in_rows(columns: Sequence[str]) -> str:
    return ", ".join(_as_in_row(name) if name in columns else "null" for name in PREDICTIONS.names)


def _as_in_row(name: str) -> str:
    return f"strftime({name}, {TIME_FORMAT})" if PREDICTIONS.columns[name] == "time" else name


def _in_form(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Values of Python as rows have them. Raises TypeError, and UnicodeEncodeError for half of a character."""
    if name in JSON_COLUMNS:
        values = [text for text, _ in each_once(as_json, values)]
    kind = PREDICTIONS.columns[name]
    if kind == "text":
        texts_together([name] * len(values), values).encode()
        return values
    form: Callable[[str, Any], Any] = number_of if kind == "number" else time_of
    return [None if value is None else form(name, value) for value in values]


def _without_objects(frame: Any) -> Any:
    """The data frame with typed columns instead of those of any Python object, which DuckDB would take for text."""
    import pandas as pd

    made = {}
    for name in frame.columns[frame.dtypes.map(str) == "object"]:
        values = _in_form(name, _or_none(frame[name]))
        kind = PREDICTIONS.columns[name]
        if kind == "time":
            values = [None if text is None else datetime.fromisoformat(text) for text in values]
        dtype = {"text": "string", "number": "float64", "time": "datetime64[us]"}[kind]
        made[name] = pd.Series(values, index=frame.index, dtype=dtype)
    return frame.assign(**made)


def _or_none(column: Any) -> list[Any]:
    return [None if is_none else value for value, is_none in zip(column.tolist(), column.isna(), strict=True)]
