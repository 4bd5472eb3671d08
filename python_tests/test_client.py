"""The client of applications: whatever happens to it, to the database or to the disk, a row lands once."""

import fcntl
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg2
import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.landing import Landing, landing_tables
from support.world import REPOSITORY

from millwright.client import InvalidError, InvalidOutcome, InvalidPrediction, PredictionLog, SpoolError
from millwright.client import delivery as deliveries
from millwright.client.log import _writer
from millwright.client.tables import (
    ERRORS,
    OUTCOMES,
    PREDICTIONS,
    SQL_TYPES,
    TABLES,
    LandingTable,
    Row,
    now_text,
    to_json,
)
from millwright.client.validation import ERROR_TYPES, STAGES
from millwright.lock import run_lock

ENGINES = ("duckdb", "postgres")
MODEL = {"model_name": "churn", "model_version": "2.3.0", "entity_id": "shop-00042"}
SAID = MODEL | {"score": 0.83, "predicted_class": "churns"}
N_WITH_A_CRASH = 1_000_000
HOSTILE = (
    "'; drop table ops.predictions; --",
    '"quoted" and \\"escaped\\"',
    "{{ target.password }} {% raw %} {# #}",
    "\\N",
    "\\.",
    "a\\.\n\\.\nb",
    "tab\tline\nreturn\r\n\\t\\n\\",
    "\\",
    " ",
    "NULL",
    "null",
    "%s %(name)s ${HOME} $1 :name ?",
    "\x01\x1f\x7f\x85\u2028\ufeff",
    "naïve 日本語 🏳️‍🌈 e\u0301",
    "x" * 1_000_000,
    "[1, 2",
)


@pytest.fixture(scope="module")
def landings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Landing]]:
    """Both warehouses, with a version of a model that is registered."""
    with (
        landing_tables("duckdb", tmp_path_factory.mktemp("duckdb")) as duckdb,
        landing_tables("postgres", tmp_path_factory.mktemp("postgres")) as postgres,
    ):
        for landing in (duckdb, postgres):
            register(landing, MODEL["model_version"])
        yield {"duckdb": duckdb, "postgres": postgres}


@pytest.fixture(params=ENGINES)
def landing(request: pytest.FixtureRequest, landings: dict[str, Landing]) -> Landing:
    """Each warehouse in turn, with no prediction, outcome or error in it."""
    return emptied(landings[request.param])


@pytest.fixture
def on_postgres(landings: dict[str, Landing]) -> Landing:
    return emptied(landings["postgres"])


@pytest.fixture
def on_duckdb(landings: dict[str, Landing]) -> Landing:
    return emptied(landings["duckdb"])


def emptied(landing: Landing) -> Landing:
    # In one turn: to open a DuckDB file takes longer than this.
    landing.execute("; ".join(f"delete from ops.{table}" for table in TABLES))
    return landing


def register(landing: Landing, *versions: str, models: tuple[str, ...] = (MODEL["model_name"],)) -> None:
    rows = [f"('{model}', '{version}', '2026-01-01', '2026-01-01')" for model in models for version in versions]
    landing.execute(f"""
        insert into ops.model_versions (model_name, model_version, event_at, known_at)
        values {", ".join(rows)}
    """)


def opened(landing: Landing, spool: Path, **options: Any) -> PredictionLog:
    return PredictionLog(landing.address, spool=spool, schema=f"{landing.schema}_ops", **options)


def held(landing: Landing, table: str = "predictions", id_column: str = "prediction_id") -> list[str]:
    return sorted(landing.query(f"select {id_column} from ops.{table}")[id_column])


def spooled(spool: Path) -> list[Path]:
    return list(spool.glob("*-*.jsonl"))


def rejected(spool: Path) -> list[dict[str, Any]]:
    file = spool / "rejected.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def child(code: str, *arguments: str) -> subprocess.Popen:
    """A Python process, which prints and reads lines."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **pipes)


def test_importing_it_takes_neither_dbt_nor_a_driver():
    heavy = "dbt duckdb psycopg2 numpy pandas pyarrow yaml typer"
    code = f"import sys, millwright.client; print(*set('{heavy}'.split()) & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_its_columns_are_those_of_the_landing_tables():
    content = yaml.safe_load((REPOSITORY / "models/staging/ops/_ops__sources.yml").read_text())
    declared = {table["name"]: table["columns"] for table in content["sources"][0]["tables"]}
    for table in TABLES.values():
        columns = {column["name"]: column["data_type"] for column in declared[table.name]}
        assert {name: SQL_TYPES[kind] for name, kind in table.columns.items()} == columns


def test_what_is_logged_is_in_the_landing_tables_as_it_was_said(landing: Landing, tmp_path: Path):
    began = datetime.now(UTC).replace(tzinfo=None)
    noon = datetime(2026, 11, 1, 12, 0, 0, 123456)
    east = timezone(timedelta(hours=2))
    full = {
        "predicted_class": "refund",
        "class_scores": {"refund": 0.7, "delivery": 0.2, "other": 0.1},
        "data_split": "test",
        "segments": {"country": "FR"},
        "user_id": "u",
        "session_id": "s",
        "request_id": "r",
        "environment": "production",
        "latency_ms": 12,
        "input_features": {"age": 42, "state": None},
        "application_id": "checkout",
        "memory_mb": 1.5,
        "cpu_rate": 0.25,
        "business_context": '{"why": "test"}',
        "run_id": "one",
    }
    with opened(landing, tmp_path) as log:
        first = log.log_prediction(
            **MODEL, **full, prediction_id="p1", event_at=noon, known_at=noon.replace(tzinfo=UTC)
        )
        second = log.log_prediction(**SAID, event_at=noon.replace(tzinfo=east))
        outcome = log.log_outcome(prediction_id=first, model_name="churn", actual_labels=["a"], source="crm")
        error = log.log_error(error_type="timeout", message="too late", stage="inference", input_features="[")
        assert log.flush()
        assert spooled(tmp_path) == []
    rows = landing.query("select * from ops.predictions order by run_id nulls last").to_dict("records")
    json_columns = ("class_scores", "segments", "input_features", "business_context")
    said = {name: json.loads(rows[0][name]) if name in json_columns else rows[0][name] for name in full}
    assert said == full | {"business_context": {"why": "test"}}
    assert (
        (rows[0]["prediction_id"], rows[0]["event_at"], rows[0]["known_at"])
        == (first, noon, noon)
        == ("p1", noon, noon)
    )
    assert (rows[1]["prediction_id"], rows[1]["event_at"]) == (second, noon - timedelta(hours=2))
    assert began <= rows[1]["known_at"] <= datetime.now(UTC).replace(tzinfo=None)
    (told,) = landing.query("select * from ops.outcomes").to_dict("records")
    assert (told["outcome_id"], told["actual_labels"], told["source"]) == (outcome, '["a"]', "crm")
    assert told["event_at"] == told["known_at"] >= began
    (failed,) = landing.query("select * from ops.prediction_errors").to_dict("records")
    assert (failed["error_id"], failed["error_type"], failed["input_features"]) == (error, "timeout", "[")


def test_batches_are_written_by_size_and_by_age(landing: Landing, tmp_path: Path):
    with opened(landing, tmp_path, batch_rows=10, max_age=60) as log:
        ids = [log.log_prediction(**SAID) for _ in range(10)]
        wait_until(lambda: held(landing) == sorted(ids))
    with opened(landing, tmp_path, max_age=0.1) as log:
        ids.append(log.log_prediction(**SAID))
        wait_until(lambda: held(landing) == sorted(ids))


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while True:
        # Within a process DuckDB's file is open with one configuration at a time: now the client's, now the test's.
        with suppress(duckdb.ConnectionException):
            if condition():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"colour": "red"}, "unexpected keyword"),
        ({"entity_id": 42}, "entity_id is 42, a int and no text"),
        ({"user_id": 0}, "user_id is 0, a int and no text"),
        ({"score": "0.5"}, "score is '0.5', a text and no number"),
        ({"event_at": "2026-01-01"}, "event_at is '2026-01-01', a str and no datetime"),
        ({"segments": {"at": object()}}, "has no form in JSON"),
    ],
)
def test_what_is_of_another_type_is_a_type_error(on_duckdb: Landing, tmp_path: Path, wrong: dict, message: str):
    with opened(on_duckdb, tmp_path) as log:
        with pytest.raises(TypeError, match=message):
            log.log_prediction(**SAID | wrong)
        if "colour" not in wrong:
            with pytest.raises(TypeError, match=message):
                log.log_predictions(in_columns([SAID, SAID | wrong]))
            with pytest.raises(TypeError, match=message):
                log.log_frame(pd.DataFrame(in_columns([SAID, SAID | wrong]), dtype=object))
        assert log.flush()
    assert held(on_duckdb) == []


def in_columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """What log_predictions takes, for rows of any arguments."""
    return {name: [row.get(name) for row in rows] for row in rows for name in row}


def in_arrow(rows: list[dict[str, Any]]) -> pa.Table:
    """The same as an Arrow table, with JSON as text."""
    types = {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us", "UTC")}
    return pa.table(
        {
            name: pa.array(
                [to_json(value) if isinstance(value, dict | list) else value for value in values],
                types[PREDICTIONS.columns[name]],
            )
            for name, values in in_columns(rows).items()
        }
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"entity_id": pa.array([None, 42])}, "entity_id is 42, a int and no text"),
        ({"score": pa.array(["0.5", None])}, "score is '0.5', a str and no number"),
        (
            {"event_at": pa.array([date(2026, 1, 1)] * 2)},
            r"event_at is datetime.date\(2026, 1, 1\), a date and no datetime",
        ),
        ({"event_at": pa.array([10**18] * 2, pa.timestamp("us"))}, "event_at is 33658-09-27 .*, which no datetime is"),
        ({"segments": pa.array([{"site": "a"}] * 2)}, "segments is {'site': 'a'}, a dict and no text"),
    ],
)
def test_what_is_of_another_type_in_arrow_is_a_type_error(on_duckdb: Landing, tmp_path: Path, column, message: str):
    said = {"entity_id": pa.array(["a", "b"])} | column
    with opened(on_duckdb, tmp_path) as log, pytest.raises(TypeError, match=message):
        log.log_frame(pa.table(said), model_name="churn", model_version="2.3.0", predicted_class="churns")
    assert held(on_duckdb) == []


@pytest.mark.parametrize("durable", [False, True])
def test_columns_land_as_calls_do(landing: Landing, tmp_path: Path, durable: bool):
    noon = datetime(2026, 11, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    rows = [
        {
            "prediction_id": f"{number:04}",
            "entity_id": f"{HOSTILE[number % 13]} {number}",
            "score": number / 3000 if number % 2 else None,
            "latency_ms": number % 3,
            "segments": ({"number": number}, '{"a": "\\\\"}', None)[number % 3],
            "known_at": noon + timedelta(microseconds=number),
            "event_at": noon if number % 7 else None,
        }
        for number in range(1100)
    ]
    same = {"model_name": "churn", "model_version": "2.3.0", "predicted_class": "churns"}
    everything = "select * from ops.predictions order by prediction_id"
    with opened(landing, tmp_path, durable=durable) as log:
        ids = [log.log_prediction(**row, **same) for row in rows]
        assert log.flush()
        called = landing.query(everything)
        emptied(landing)
        for _ in range(2):
            assert log.log_predictions(in_columns(rows), **same) == ids
            assert log.flush()
        assert landing.query(everything).equals(called)
        for frame in (pd.DataFrame(in_columns(rows)), in_arrow(rows)):
            emptied(landing)
            for _ in range(2):
                assert log.log_frame(frame, **same) == ids
            assert log.flush()
            assert landing.query(everything).equals(called)
        few = {"entity_id": ["a", "b", "c"], "prediction_id": [None, "given", None]}
        made = log.log_predictions(few, **same)
        framed = log.log_frame(pd.DataFrame(few | {"prediction_id": [None, "framed", None]}), **same)
    assert (made[1], framed[1], len({*made, *framed})) == ("given", "framed", 6)
    assert held(landing) == sorted([*ids, *made, *framed])


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"entity_id": ["a", "b"], "score": [0.5]}, ValueError, "not of one length"),
        ({"entity_id": ["a"], "model_name": ["churn"]}, TypeError, "model_name is given as a column, and as the same"),
        ({"entity_id": ["a"], "colour": ["red"]}, TypeError, "colour is no column of predictions"),
        ({"score": [0.5]}, TypeError, "entity_id is missing"),
        ({"entity_id": ["a", "b"], "score": [0.5, 2]}, InvalidPrediction, "prediction 1: score is outside 0 to 1"),
        ({"entity_id": ["a", "\ud800"]}, InvalidPrediction, "prediction 1: entity_id has half of a character"),
    ],
)
def test_of_columns_that_are_wrong_nothing_lands(
    on_duckdb: Landing, tmp_path: Path, columns: dict, error: type[Exception], message: str
):
    same = {"model_name": "churn", "model_version": "2.3.0", "predicted_class": "churns"}
    with opened(on_duckdb, tmp_path) as log:
        with pytest.raises(error, match=message):
            log.log_predictions(columns, **same)
        if message != "not of one length":
            with pytest.raises(error, match=message):
                log.log_frame(pd.DataFrame(columns, dtype=object), **same)
    assert held(on_duckdb) == []


def test_what_is_no_frame_is_a_type_error(on_duckdb: Landing, tmp_path: Path):
    with opened(on_duckdb, tmp_path) as log, pytest.raises(TypeError, match="a dict is no DataFrame of pandas"):
        log.log_frame(in_columns([SAID]))


def test_a_frame_without_rows_is_logged_as_none(on_duckdb: Landing, tmp_path: Path):
    with opened(on_duckdb, tmp_path) as log:
        assert log.log_frame(pd.DataFrame(in_columns([SAID])).head(0)) == []
        assert log.log_frame(in_arrow([SAID]).slice(0, 0)) == []
    assert held(on_duckdb) == []


def test_a_closed_log_takes_nothing(on_duckdb: Landing, tmp_path: Path):
    log = opened(on_duckdb, tmp_path)
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.log_prediction(**SAID)
    with pytest.raises(ValueError, match="closed"):
        log.log_frame(pd.DataFrame(in_columns([SAID])))


@pytest.mark.parametrize("durable", [False, True])
def test_hostile_texts_are_stored_byte_for_byte(landing: Landing, tmp_path: Path, durable: bool):
    with opened(landing, tmp_path, durable=durable) as log:
        for number, text in enumerate(HOSTILE):
            said = {"entity_id": text, "predicted_class": text, "user_id": text, "segments": {text: text}}
            log.log_prediction(**MODEL | said, prediction_id=f"{number:02d} {text[:100]}")
            log.log_error(error_type="model_error", message=text, stack_trace=text)
    rows = landing.query("select * from ops.predictions").sort_values("prediction_id")
    assert rows["prediction_id"].tolist() == sorted(f"{number:02d} {text[:100]}" for number, text in enumerate(HOSTILE))
    for column in ("entity_id", "predicted_class", "user_id"):
        assert rows[column].tolist() == list(HOSTILE)
    assert [json.loads(text) for text in rows["segments"]] == [{text: text} for text in HOSTILE]
    assert sorted(landing.query("select message from ops.prediction_errors")["message"]) == sorted(HOSTILE)
    assert rejected(tmp_path) == []


def test_texts_that_no_database_stores_are_refused(landing: Landing, tmp_path: Path):
    with opened(landing, tmp_path) as log:
        with pytest.raises(InvalidPrediction, match="user_id has half of a character"):
            log.log_prediction(**SAID, user_id="\ud800")
        with pytest.raises(InvalidPrediction, match="segments has half of a character"):
            log.log_prediction(**SAID, segments={"a": "\udc00"})
        if landing.engine == "postgres":
            with pytest.raises(InvalidError, match="message has the character NUL, which PostgreSQL does not store"):
                log.log_error(error_type="model_error", message="a\0b")
        else:
            log.log_error(error_type="model_error", message="a\0b")
    messages = landing.query("select message from ops.prediction_errors")["message"]
    assert list(messages) == ([] if landing.engine == "postgres" else ["a\0b"])
    assert held(landing) == []


def test_a_frame_of_texts_that_are_hostile_or_that_no_database_stores(landing: Landing, tmp_path: Path):
    columns = {name: list(HOSTILE) for name in ("prediction_id", "entity_id", "predicted_class", "user_id")}
    frame = pd.DataFrame(columns | {"segments": [{text: text} for text in HOSTILE]})
    frame["prediction_id"] = frame["prediction_id"].str[:100]
    same = {"model_name": "churn", "model_version": "2.3.0"}
    nul = frame.head(3).assign(user_id=["a", "b\0c", "d"], prediction_id=["nul 0", "nul 1", "nul 2"])
    with opened(landing, tmp_path, max_rows=5) as log:
        log.log_frame(frame, **same)
        with pytest.raises(InvalidPrediction, match="prediction 2: user_id has half of a character"):
            log.log_frame(pd.DataFrame(in_columns([SAID] * 2 + [SAID | {"user_id": "\ud800"}]), dtype=object))
        if landing.engine == "postgres":
            with pytest.raises(InvalidPrediction, match="prediction 1: user_id has the character NUL"):
                log.log_frame(nul, **same)
        else:
            log.log_frame(nul, **same)
    rows = landing.query("select * from ops.predictions").set_index("prediction_id")
    if landing.engine == "duckdb":
        assert rows.loc["nul 1", "user_id"] == "b\0c"
        rows = rows.drop(index=["nul 0", "nul 1", "nul 2"])
    rows = rows.loc[frame["prediction_id"]]
    for column in ("entity_id", "predicted_class", "user_id"):
        assert rows[column].tolist() == list(HOSTILE)
    assert [json.loads(text) for text in rows["segments"]] == [{text: text} for text in HOSTILE]
    assert rejected(tmp_path) == []


def test_a_frame_with_a_server_that_is_killed_in_between_lands_once(on_postgres: Landing, tmp_path: Path, monkeypatch):
    at = datetime(2026, 11, 1)
    frame = pd.DataFrame({"prediction_id": [f"id {number}" for number in range(20_000)], "event_at": at})
    same = {"model_name": "churn", "model_version": "2.3.0", "predicted_class": "c", "entity_id": "e", "known_at": at}
    # More than a page of the index holds, and nothing to compress.
    poison = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    frame.loc[300, "prediction_id"] = poison
    with opened(on_postgres, tmp_path, batch_rows=1000, max_rows=1000) as log:
        writer = log._delivery._writer
        write, n_calls = writer.write, iter(range(10**6))

        def write_until_it_is_killed(*batch: Any, **options: Any) -> None:
            if next(n_calls) == 30:
                on_postgres.cluster.kill()
            write(*batch, **options)

        monkeypatch.setattr(writer, "write", write_until_it_is_killed)
        assert log.log_frame(frame, **same) == frame["prediction_id"].tolist()
        assert log.problem
        assert spooled(tmp_path)
        assert len(rejected(tmp_path)) == 1
        on_postgres.revive()
        assert log.flush(30)
        log.log_frame(frame.drop(index=300), **same)
        # Within a batch, too.
        log.log_frame(pd.concat([frame.tail(5)] * 2), **same)
        made = log.log_frame(frame.head(5000)[["event_at"]], **same)
        assert log.flush()
    assert held(on_postgres) == sorted([*frame["prediction_id"].drop(index=300), *made])
    assert spooled(tmp_path) == []


TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(lambda at: at.isoformat(" ", "microseconds"))


def rows_of(table: LandingTable) -> st.SearchStrategy[Row]:
    kinds = {"text": TEXTS, "number": NUMBERS, "time": TIMES}
    return st.tuples(*(kinds[kind] for kind in table.columns.values()))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(rows_of(OUTCOMES), min_size=1, max_size=20))
def test_any_row_comes_back_from_spool_and_database_as_it_went(landings: dict[str, Landing], rows: list[Row]):
    assert [OUTCOMES.row(OUTCOMES.line(row)) for row in rows] == rows
    assert not any("\n" in OUTCOMES.line(row) for row in rows)
    for landing in landings.values():
        landing.execute("delete from ops.outcomes")
        _writer(landing.address, f"{landing.schema}_ops").write(OUTCOMES, rows, is_new=True)
        came = landing.query(f"select {', '.join(OUTCOMES.names)} from ops.outcomes").astype(object)
        texts = [
            tuple(
                None if value is None or value != value
                else value.isoformat(" ", "microseconds") if hasattr(value, "isoformat") else value
                for value in row
            )
            for row in came.itertuples(index=False)
        ]  # fmt: skip
        assert sorted(texts, key=repr) == sorted(rows, key=repr)


def test_two_clients_with_the_same_ids_at_once_write_none_twice(landing: Landing, tmp_path: Path):
    at = datetime(2026, 11, 1)
    start = threading.Barrier(2)

    def log_all(number: int) -> None:
        with opened(landing, tmp_path / str(number), batch_rows=100) as log:
            start.wait()
            for i in range(number * 500, number * 500 + 1500):
                log.log_prediction(**SAID, prediction_id=f"id {i}", event_at=at, known_at=at)
                if i % 100 == 50:
                    # The same again, and the same id of another version.
                    log.log_prediction(**SAID, prediction_id=f"id {i}", event_at=at, known_at=at)
                    log.log_outcome(
                        prediction_id=f"id {i}", model_name="churn", outcome_id="o", event_at=at, actual_value=1
                    )
            assert log.flush(30)

    with ThreadPoolExecutor() as pool:
        list(pool.map(log_all, range(2)))
    assert held(landing) == sorted(f"id {i}" for i in range(2000))
    assert held(landing, "outcomes", "outcome_id") == ["o"]


def test_a_prediction_id_of_another_version_or_moment_is_another_prediction(landing: Landing, tmp_path: Path):
    register(landing, "2.4.0")
    at = datetime(2026, 11, 1)
    with opened(landing, tmp_path) as log:
        for _ in range(2):
            for version in ("2.3.0", "2.4.0"):
                for moment in (at, at + timedelta(microseconds=1)):
                    said = SAID | {"model_version": version}
                    log.log_prediction(**said, prediction_id="p", event_at=moment, known_at=datetime(2026, 11, 2))
            assert log.flush()
    assert held(landing) == ["p"] * 4


def test_a_million_predictions_with_a_server_that_is_killed_in_between_land_once(on_postgres: Landing, tmp_path: Path):
    began = time.monotonic()
    with opened(on_postgres, tmp_path) as log:
        for number in range(N_WITH_A_CRASH):
            if number == 400_000:
                on_postgres.cluster.kill()
            if number == 500_000:
                wait_until(lambda: log.problem)
                revival = threading.Thread(target=on_postgres.revive)
                revival.start()
            log.log_prediction(
                model_name="churn",
                model_version="2.3.0",
                entity_id="shop-00042",
                score=number / N_WITH_A_CRASH,
                predicted_class="churns",
            )
        revival.join()
        assert log.flush(30)
    seconds = time.monotonic() - began
    print(f"{N_WITH_A_CRASH / seconds:,.0f} predictions a second")
    (counts,) = on_postgres.query("""
        select count(*) as n, count(distinct prediction_id) as n_ids, count(distinct score) as n_scores
        from ops.predictions
    """).to_dict("records")
    assert counts == {"n": N_WITH_A_CRASH, "n_ids": N_WITH_A_CRASH, "n_scores": N_WITH_A_CRASH}
    assert spooled(tmp_path) == rejected(tmp_path) == []


def test_a_commit_in_doubt_is_sent_again_and_lands_once(on_postgres: Landing, tmp_path: Path, monkeypatch):
    log = opened(on_postgres, tmp_path, max_age=60)
    writer = log._delivery._writer
    write = writer.write

    def write_and_lose_the_answer(*batch: Any) -> None:
        write(*batch)
        monkeypatch.undo()
        # As when the server is gone after the commit and before it said so.
        writer.close()
        raise deliveries.Unavailable("server closed the connection unexpectedly")

    monkeypatch.setattr(writer, "write", write_and_lose_the_answer)
    ids = [log.log_prediction(**SAID) for _ in range(10)]
    assert not log.flush()
    assert (held(on_postgres), len(spooled(tmp_path))) == (sorted(ids), 1)
    assert log.flush()
    log.close()
    assert (held(on_postgres), spooled(tmp_path)) == (sorted(ids), [])


def test_rows_wait_while_another_process_has_the_duckdb_file(on_duckdb: Landing, tmp_path: Path):
    holding = child(
        "import duckdb, sys; d = duckdb.connect(sys.argv[1]); print('held', flush=True); input()", on_duckdb.address
    )
    assert holding.stdout.readline() == "held\n"
    with opened(on_duckdb, tmp_path, max_age=0.1) as log:
        ids = [log.log_prediction(**SAID) for _ in range(20_000)]
        assert not log.flush()
        assert "lock" in log.problem
        assert spooled(tmp_path)
        holding.communicate("\n")
        assert log.flush(30)
        assert log.problem is None
    assert held(on_duckdb) == sorted(ids)


def test_client_and_night_leave_the_duckdb_file_to_each_other(on_duckdb: Landing, tmp_path: Path):
    with opened(on_duckdb, tmp_path, max_age=60) as log:
        with run_lock(on_duckdb.world.target):
            log.log_prediction(**SAID)
            assert not log.flush()
            assert "a run works on" in log.problem
        assert log.flush()

    with Path(f"{on_duckdb.address}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        threading.Timer(0.3, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
        began = time.monotonic()
        with run_lock(on_duckdb.world.target):
            assert time.monotonic() - began > 0.2


LOGGING = """
import sys
from millwright.client import PredictionLog
log = PredictionLog(sys.argv[1], schema=sys.argv[2], spool=sys.argv[3], durable=True, batch_rows=500, max_age=0.05)
while True:
    print(log.log_prediction(model_name="churn", model_version="2.3.0", entity_id="e", predicted_class="c"), flush=True)
"""


def test_what_a_killed_process_has_been_told_is_logged_is_landed_by_the_next(landing: Landing, tmp_path: Path):
    process = child(LOGGING, landing.address, f"{landing.schema}_ops", str(tmp_path))
    acknowledged = [process.stdout.readline().strip() for _ in range(5000)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += process.stdout.read().splitlines()
    process.communicate()
    assert spooled(tmp_path)
    with opened(landing, tmp_path) as log:
        assert log.flush(30)
    landed = held(landing)
    assert len(landed) == len(set(landed))
    # A row may have been on the disk, and its id not yet printed.
    assert set(acknowledged) <= set(landed)
    assert len(landed) <= len(acknowledged) + 1
    assert spooled(tmp_path) == []


def test_a_torn_line_is_set_aside_and_the_rest_lands(landing: Landing, tmp_path: Path, caplog):
    row = (*("p",), *(None,) * 3, now_text(), now_text(), *(None,) * 18)
    good, torn = PREDICTIONS.line(row), PREDICTIONS.line(row)[:-9]
    lines = [good, "{}x", '{"score": "high"}', '{"colour": "red"}', torn]
    tmp_path.joinpath("predictions-1.jsonl").write_text("\n".join(lines))
    with opened(landing, tmp_path) as log:
        assert log.flush()
    assert held(landing) == ["p"]
    aside = rejected(tmp_path)
    assert [entry["line"] for entry in aside] == [torn, *lines[1:4]]
    assert "torn" in aside[0]["reason"]
    assert "torn" in caplog.text


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    """No file may grow beyond this: what a full disk is to who writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_to_the_caller_and_what_was_taken_is_kept(on_duckdb: Landing, tmp_path: Path):
    elsewhere = tmp_path / "none.duckdb"
    ids = []
    with PredictionLog(elsewhere, spool=tmp_path / "spool", durable=True, max_age=60) as log:
        with largest_file(10_000):
            ids += [log.log_prediction(**SAID, user_id="u" * 4000) for _ in range(2)]
            with pytest.raises(SpoolError, match=r"the spool .* cannot be written to .*; make room"):
                log.log_prediction(**SAID, user_id="u" * 4000)
        ids.append(log.log_prediction(**SAID))
    (segment,) = spooled(tmp_path / "spool")
    assert [json.loads(line)["prediction_id"] for line in segment.read_text().splitlines()] == ids

    # Neither database nor disk: what is in memory stays there, and is told of at the end.
    log = PredictionLog(elsewhere, spool=tmp_path / "spool", max_age=60, max_rows=3)
    kept = [log.log_prediction(**SAID) for _ in range(3)]
    with largest_file(100):
        with pytest.raises(SpoolError):
            log.log_prediction(**SAID)
        with pytest.raises(SpoolError):
            log.flush()
    assert not log.flush()
    log.close()
    lines = [line for path in spooled(tmp_path / "spool") for line in path.read_text().splitlines()]
    assert {json.loads(line)["prediction_id"] for line in lines} == {*ids, *kept}


def test_memory_is_bounded(tmp_path: Path):
    with PredictionLog(
        tmp_path / "none.duckdb", spool=tmp_path / "spool", max_age=60, max_rows=10, max_bytes=1000
    ) as log:
        for _ in range(25):
            log.log_prediction(**SAID, user_id="u" * 100)
        assert log._delivery._n_rows <= 10
        assert log._delivery._n_bytes <= 1000
        assert spooled(tmp_path / "spool")


def test_a_row_that_the_database_refuses_is_set_aside_and_the_others_land(landing: Landing, tmp_path: Path):
    if landing.engine == "postgres":
        # More than a page of the index holds, and nothing to compress.
        poison, reason = (
            "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000)),
            "index row",
        )
    else:
        landing.execute("alter table ops.predictions alter column user_id set not null")
        poison, reason = "no user", "NOT NULL"
    with opened(landing, tmp_path) as log:
        for number in range(1000):
            is_poison = number in (300, 301, 999)
            prediction_id = f"{poison}{number}" if is_poison else f"good {number}"
            log.log_prediction(**SAID, prediction_id=prediction_id, user_id=None if is_poison else "u", request_id="r")
        assert log.flush()
    if landing.engine == "duckdb":
        landing.execute("alter table ops.predictions alter column user_id drop not null")
    assert held(landing) == sorted(f"good {number}" for number in range(1000) if number not in (300, 301, 999))
    aside = rejected(tmp_path)
    assert {entry["row"]["prediction_id"] for entry in aside} == {f"{poison}{number}" for number in (300, 301, 999)}
    assert all(reason in entry["reason"] and entry["table"] == "predictions" for entry in aside)
    errors = landing.query("select * from ops.prediction_errors")
    assert (
        errors[["error_type", "stage", "model_name", "request_id"]].values.tolist()
        == [["logging_error", "logging", "churn", "r"]] * 3
    )
    assert all(reason in message for message in errors["message"])


def test_the_spool_is_of_one_warehouse(landings: dict[str, Landing], tmp_path: Path):
    opened(landings["duckdb"], tmp_path).close()
    with pytest.raises(ValueError, match="give each warehouse a directory of its own"):
        opened(landings["postgres"], tmp_path)


def test_a_database_that_was_never_there_is_made_good_by_the_next_client(on_postgres: Landing, tmp_path: Path):
    parameters = psycopg2.extensions.parse_dsn(on_postgres.address)
    on_postgres.cluster.kill()
    with opened(on_postgres, tmp_path) as log:
        # Nobody can know whether it is registered.
        ids = [log.log_prediction(**SAID | {"model_version": "unknown"})]
    assert log.problem.startswith(f"PostgreSQL {parameters['host']}:{parameters['port']}/{parameters['dbname']}")
    assert len(spooled(tmp_path)) == 1
    on_postgres.revive()
    with opened(on_postgres, tmp_path) as log:
        assert log.flush()
    assert held(on_postgres) == ids


def test_a_child_of_a_fork_logs_by_itself_and_leaves_its_parents_rows(landing: Landing, tmp_path: Path):
    with opened(landing, tmp_path, max_age=60) as log:
        mine = log.log_prediction(**SAID)
        read, write = os.pipe()
        if (pid := os.fork()) == 0:
            try:
                os.write(write, log.log_prediction(**SAID).encode())
                log.flush()
                log.close()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        theirs = os.read(read, 100).decode()
        assert held(landing) == [theirs]
    assert held(landing) == sorted([mine, theirs])


def test_invalid_rows_are_raised_with_all_reasons_or_logged_as_errors(landing: Landing, tmp_path: Path):
    wrong = {"prediction_id": "", "score": 1.5, "segments": "?", "event_at": datetime(2999, 1, 1)}
    reasons = (
        "prediction_id is missing",
        "event_at is after known_at",
        "score is outside 0 to 1",
        "segments is no JSON object",
    )
    with opened(landing, tmp_path) as log:
        with pytest.raises(InvalidPrediction, match="known_at is this machine's clock") as refused:
            log.log_prediction(**SAID | wrong)
        assert refused.value.reasons == reasons
        with pytest.raises(InvalidOutcome, match="no outcome is given"):
            log.log_outcome(prediction_id="p", model_name="churn")
    with opened(landing, tmp_path, on_invalid="log") as log:
        assert log.log_prediction(**SAID | wrong, request_id="r", input_features={"a": 1}) is None
        assert log.log_outcome(prediction_id="\ud800", model_name="churn") is None
    errors = landing.query("select * from ops.prediction_errors order by prediction_id nulls first").to_dict("records")
    assert [error["error_type"] for error in errors] == ["validation_error"] * 2
    assert errors[0]["message"].startswith(f"prediction: {'; '.join(reasons)}")
    assert (errors[0]["request_id"], errors[0]["input_features"], errors[1]["prediction_id"]) == ("r", '{"a":1}', "?")
    assert held(landing) == held(landing, "outcomes", "outcome_id") == []


# Values that a column may be given, good ones first; those of one row are drawn independently.
ODD_PREDICTIONS: dict[str, tuple[Any, ...]] = {
    "prediction_id": ("given", "given", ""),
    "model_name": ("churn", "repurchase", "value_tier", "active_months", "spend", ""),
    "model_version": ("2.3.0", "2.3.0", "retired", "rejected", "reopened", "strict", "unknown", ""),
    "entity_id": ("e", "e", ""),
    "event_at": (datetime(2026, 11, 1), datetime(2026, 11, 1), datetime(2026, 11, 3)),
    "score": (None, 0.5, 0, 1, -0.1, 1.01, float("nan"), float("inf")),
    "predicted_class": ("a", "a", None, ""),
    "predicted_labels": (None, None, ["a"], '["a"]', "a", '{"a": 1}', "[", '["\\u0000"]', '["\\ud800"]', "NaN", ""),
    "predicted_value": (None, None, 1, float("nan"), float("-inf")),
    "class_scores": (
        *(None, None, '{"a": 0.4, "b": 0.6}', {"a": 0.4, "b": 0.6}, {"a": 1}, '{"a": 0.4}', {"a": 0.4, "b": 0.601}),
        *("{}", '{"a": null}', '{"a": "1"}', '{"a": true, "b": 0}', '{"a": 1.5, "b": -0.5}', '{"a": NaN}', "[1]", "a"),
        *('{"a": [1]}', '{"a": {"b": 1}}', {"a": float("nan")}, '{"a": 1'),
    ),
    "segments": (None, {"site": "a"}, '{"split": null}', '{"split": "test"}', "[]", "1", "", '{"a": "NaN"}', '"a'),
    "latency_ms": (None, 1, 0, -1, float("nan"), float("inf")),
    "memory_mb": (None, 1, 0, -1, float("nan"), float("inf")),
    "cpu_rate": (None, 0.5, 0, 1, 1.1, float("nan")),
    "business_context": (None, {"why": "test"}, "[]", "{", "null"),
    "input_features": (
        *(
            None,
            {"age": 42, "state": "CA"},
            {"age": "42"},
            {"state": 1, "age": 1.5},
            {"age": None},
            {"new": 1, "age": 0},
        ),
        *("{}", "[]", "age", {"age": True}, {"age": [1]}, '{"age": 1, "state": {"a": 1}, "is_new": 0}'),
    ),
}
ODD_OUTCOMES: dict[str, tuple[Any, ...]] = {
    "outcome_id": ("given", "given", ""),
    "prediction_id": ("p", "p", ""),
    "model_name": ("churn", "churn", ""),
    "event_at": (datetime(2026, 11, 1), datetime(2026, 11, 3)),
    "actual_class": ("a", None, None, ""),
    "actual_labels": (None, None, ["a"], "[]", "{}", "a", "[1,"),
    "actual_value": (None, None, 1, float("nan"), float("inf")),
}

ODD_ERRORS: dict[str, tuple[Any, ...]] = {
    "error_id": ("given", "given", ""),
    "message": ("what went wrong", "what went wrong", ""),
    "error_type": ("timeout", *ERROR_TYPES, "a surprise", ""),
    "stage": (None, *STAGES, "lunch", ""),
    "event_at": (datetime(2026, 11, 1), datetime(2026, 11, 1), datetime(2026, 11, 3)),
}


def odd_rows(values: dict[str, tuple[Any, ...]], id_column: str, n_rows: int) -> list[dict[str, Any]]:
    """Each value by itself in an otherwise good row, and rows that are drawn; each id is of one row."""
    draws = random.Random(7)
    good = {name: of_column[0] for name, of_column in values.items()}
    rows = [good | {name: value} for name, of_column in values.items() for value in of_column]
    rows += [{name: draws.choice(of_column) for name, of_column in values.items()} for _ in range(n_rows)]
    known_at = datetime(2026, 11, 2)
    return [
        row
        | {id_column: row[id_column] and f"{row[id_column]} {number}", "known_at": known_at, "run_id": f"row {number}"}
        for number, row in enumerate(rows)
    ]


def test_client_and_staging_refuse_the_same_rows_in_the_same_words(landing: Landing, tmp_path: Path):
    prepare_registry(landing)
    caught: list[Row] = []
    told: dict[str, str | None] = {}
    log = opened(landing, tmp_path)
    log._delivery.take = lambda table, rows, n_bytes, is_new: caught.extend(rows)
    writer = _writer(landing.address, f"{landing.schema}_ops")
    for table, invalid, call, odd in (
        (PREDICTIONS, InvalidPrediction, log.log_prediction, odd_rows(ODD_PREDICTIONS, "prediction_id", 600)),
        (OUTCOMES, InvalidOutcome, log.log_outcome, odd_rows(ODD_OUTCOMES, "outcome_id", 200)),
        (ERRORS, InvalidError, log.log_error, odd_rows(ODD_ERRORS, "error_id", 100)),
    ):
        told.clear()
        for row in odd:
            try:
                call(**row)
                told[row["run_id"]] = None
            except invalid as error:
                told[row["run_id"]] = "; ".join(error.reasons)
        writer.write(table, [landed(table, row) for row in odd], is_new=True)
        staged = landing.query(f"select run_id, rejection_reason from staging.base_ops__{table.name}")
        reasons = dict(staged.astype(object).where(staged.notna(), None).itertuples(index=False))
        assert [(row, reasons[row["run_id"]]) for row in odd if reasons[row["run_id"]] != told[row["run_id"]]] == []
        n_good = sum(reason is None for reason in told.values())
        assert 10 < n_good < len(told) - 10
        assert len(caught) == n_good
        caught.clear()
        if table is PREDICTIONS:
            # In one call with all of them, the same.
            log._raises = False
            ids = log.log_predictions(in_columns(odd))
            log._raises = True
            assert [reason is None for reason in told.values()] == [given is not None for given in ids]
            messages = [row[ERRORS.names.index("message")] for row in caught if len(row) == len(ERRORS.names)]
            refused = [f"prediction {place}: {reason}" for place, reason in enumerate(told.values()) if reason]
            assert all(message.startswith(reason) for message, reason in zip(messages, refused, strict=True))
            of_columns = sorted(map(without_what_is_made, caught))
            caught.clear()
            log._raises = False
            log._delivery.land = lambda table, rows, is_new: caught.extend(rows)
            assert [given is None for given in log.log_frame(in_arrow(odd))] == [given is None for given in ids]
            log._raises = True
            assert sorted(map(without_what_is_made, caught)) == of_columns
            caught.clear()
    log.close()


def without_what_is_made(row: Row) -> str:
    """A prediction or an error without the id and the times that the client gave it, for comparison."""
    return repr(row[1:-3] if len(row) == len(ERRORS.names) else row)


def landed(table: LandingTable, row: dict[str, Any]) -> Row:
    """The row as a program without the client would have inserted it."""

    def value(name: str) -> Any:
        given = row.get(name)
        if isinstance(given, datetime):
            return given.isoformat(" ", "microseconds")
        if isinstance(given, dict | list):
            return json.dumps(given)
        return float(given) if table.columns[name] == "number" and given is not None else given

    return tuple(map(value, table.names))


def prepare_registry(landing: Landing) -> None:
    """Versions of several models: those that were retired or rejected, one that is back, one with a feature schema."""
    statuses = (
        ("2.3.0", 1, "deployed"),
        ("retired", 1, "deployed"),
        ("retired", 2, "retired"),
        ("rejected", 1, "rejected"),
        ("reopened", 1, "retired"),
        ("reopened", 2, "deployed"),
    )
    features = (("age", "'number'", "true"), ("state", "'text'", "false"), ("is_new", "'boolean'", "false"))
    models = ODD_PREDICTIONS["model_name"][:-1]
    register(landing, "2.3.0", "retired", "rejected", "reopened", "strict", models=models)
    revisions = [
        f"('{model}', '{version}', {revision}, '{status}', '2026-02-0{revision}', '2026-02-0{revision}')"
        for model in models
        for version, revision, status in statuses
    ]
    schema = [
        f"('{model}', 'strict', {place}, '{feature}', {data_type}, {is_required}, timestamp '2026-01-01')"
        for model in models
        for place, (feature, data_type, is_required) in enumerate((*features, ("shade", "null", "null")))
    ]
    landing.execute(f"""
        insert into ops.model_version_revisions
            (model_name, model_version, revision, status, event_at, known_at)
        values {", ".join(revisions)};
        insert into ops.model_features
            (model_name, model_version, feature_order, feature, data_type, is_required, known_at)
        values {", ".join(schema)}
    """)


def test_a_version_that_was_registered_just_now_is_known(landing: Landing, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(deliveries, "REGISTRY_AT_LEAST_SECONDS", 0)
    with opened(landing, tmp_path) as log:
        said = SAID | {"model_version": "just now"}
        with pytest.raises(InvalidPrediction, match="model_version is not registered"):
            log.log_prediction(**said)
        register(landing, "just now")
        assert log.log_prediction(**said)


def test_rows_land_though_the_registry_cannot_be_read(on_postgres: Landing, tmp_path: Path, caplog):
    on_postgres.execute("alter table ops.model_features rename to hidden")
    try:
        with opened(on_postgres, tmp_path) as log:
            assert log.log_prediction(**SAID | {"model_version": "unknown"})
            assert log.flush()
    finally:
        on_postgres.execute("alter table ops.hidden rename to model_features")
    assert "cannot be read" in caplog.text
    assert len(held(on_postgres)) == 1
