"""The same Python model files run on DuckDB and on PostgreSQL, and leave the same tables."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from support.postgres_server import PostgresServer

MATERIALIZATIONS = Path(__file__).parents[1] / "macros" / "engine" / "materializations"

PROJECT = f"""
    name: workshop
    profile: workshop
    macro-paths: ["{MATERIALIZATIONS}"]
    flags: {{send_anonymous_usage_stats: false}}
    models:
      +persist_docs: {{relation: true, columns: true}}
"""

PROFILES = """
    workshop:
      target: "{{ env_var('WORKSHOP_ENGINE') }}"
      outputs:
        duckdb:
          type: duckdb
          path: "{{ env_var('WORKSHOP_DUCKDB_PATH') }}"
          schema: workshop
          threads: 1
        postgres:
          type: postgres
          host: "{{ env_var('MILLWRIGHT_POSTGRES_HOST') }}"
          port: "{{ env_var('MILLWRIGHT_POSTGRES_PORT') | as_number }}"
          user: "{{ env_var('MILLWRIGHT_POSTGRES_USER') }}"
          password: "{{ env_var('MILLWRIGHT_POSTGRES_PASSWORD') }}"
          dbname: "{{ env_var('MILLWRIGHT_POSTGRES_DATABASE') }}"
          schema: workshop
          threads: 1
"""

MODELS = {
    "properties.yml": """
        sources:
          - name: workshop_raw
            tables: [{name: events}]

        models:
          - name: scores
            description: One row per event, appended as events arrive.
            columns: [{name: score, description: The score itself.}]
            config:
              materialized: "{{ 'python_incremental' if target.type == 'postgres' else 'incremental' }}"
              indexes: "{{ [{'columns': ['event_id'], 'unique': true}] if target.type == 'postgres' else [] }}"
              post_hook: "select cast(label as integer) from {{ this }} where label = 'refused'"
          - name: frames
            config:
              materialized: "{{ 'python_incremental' if target.type == 'postgres' else 'incremental' }}"
          - name: totals
            config:
              materialized: "{{ 'python_incremental' if target.type == 'postgres' else 'incremental' }}"
              full_refresh: true
    """,
    "events.sql": """
        {{ config(materialized='table') }}
        select * from {{ source('workshop_raw', 'events') }}
    """,
    "scores.py": """
        def model(dbt, session):
            events = dbt.ref("events")
            last_id = 0
            if dbt.is_incremental:
                last_id = session.sql(f"select max(event_id) from {dbt.this}").fetchall()[0][0]
            if events.filter("label = 'unreadable'").fetchall():
                raise ValueError(f"an event after {last_id} is unreadable")
            return session.sql(f"select * from events where event_id > {last_id}")
    """,
    "frames.py": """
        def model(dbt, session):
            events = dbt.ref("events").df()
            if dbt.is_incremental:
                known = session.sql(f"select event_id from {dbt.this}").df()
                events = events[~events["event_id"].isin(known["event_id"])]
            return events.drop(columns="amount")
    """,
    "totals.py": """
        def model(dbt, session):
            events = dbt.source("workshop_raw", "events")
            totals = events.aggregate("count(*) as n_events, sum(event_id) as total, max(label) as label")
            return totals.to_arrow_table()
    """,
}

REFUSED_MODELS = {
    "merged.py": """
        def model(dbt, session):
            dbt.config(materialized="python_incremental", unique_key="event_id")
            return dbt.ref("events")
    """,
    "plain.sql": """
        {{ config(materialized='python_incremental') }}
        select 1 as event_id
    """,
    "lists.py": """
        def model(dbt, session):
            dbt.config(materialized="python_incremental")
            return session.sql("select 1 as event_id, [1, 2] as neighbours")
    """,
    "number.py": """
        def model(dbt, session):
            dbt.config(materialized="python_incremental")
            return 42
    """,
}

EVENTS = [
    (1, "plain", 0.1, True, datetime(1997, 1, 1), Decimal("1.50")),
    (2, "", None, False, datetime(1997, 1, 2, 12, 30, 0, 1), Decimal("0.00")),
    (3, None, -1e300, None, None, None),
    (4, 'it\'s "quoted", \\N', 1 / 3, True, datetime(1998, 6, 30, 23, 59, 59, 999999), Decimal("-0.01")),
    (5, "two\nlines", 5e-324, False, datetime(1998, 7, 1), Decimal("9999999999.99")),
]
UNREADABLE = (6, "unreadable", None, None, None, None)
REFUSED_BY_HOOK = (6, "refused", None, None, None, None)

COLUMNS = {
    "duckdb": ["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DECIMAL(12,2)"],
    "postgres": [
        "bigint",
        "text",
        "double precision",
        "boolean",
        "timestamp without time zone",
        "numeric(12,2)",
    ],
}


@dataclass(frozen=True)
class Step:
    """What one dbt run left behind: errors by dbt model, rows by table."""

    errors: dict[str, str]
    tables: dict[str, list[tuple]]


class Workshop:
    """A throwaway dbt project on one engine, with a raw table that the test fills."""

    def __init__(self, directory: Path, engine: str, server: PostgresServer):
        self.directory = directory
        self.engine = engine
        self.server = server
        self.env = {
            **server.env(),
            "WORKSHOP_ENGINE": engine,
            "WORKSHOP_DUCKDB_PATH": str(directory / "warehouse.duckdb"),
            "DO_NOT_TRACK": "1",
        }
        self.write({"dbt_project.yml": PROJECT, "profiles.yml": PROFILES})
        self.write({f"models/{name}": text for name, text in MODELS.items()})

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(text).lstrip(), encoding="utf-8")

    def execute(self, statement: str, parameters: list | None = None) -> list[tuple]:
        """Run a statement in a transaction of its own; `?` marks a parameter."""
        if self.engine == "duckdb":
            with duckdb.connect(self.env["WORKSHOP_DUCKDB_PATH"]) as connection:
                return connection.execute(statement, parameters).fetchall()
        with closing(self.server.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement.replace("?", "%s"), parameters)
            return cursor.fetchall() if cursor.description else []

    def set_events(self, events: list[tuple]) -> None:
        self.execute("create schema if not exists workshop_raw")
        self.execute(
            "create table if not exists workshop_raw.events (event_id bigint, label text, score double precision, "
            "is_valid boolean, event_at timestamp, amount numeric(12, 2))"
        )
        self.execute("delete from workshop_raw.events")
        for event in events:
            self.execute("insert into workshop_raw.events values (?, ?, ?, ?, ?, ?)", list(event))

    def run(self, *arguments: str) -> dict[str, str]:
        """`dbt run`; return the errors by dbt model."""
        paths = ["--project-dir", str(self.directory), "--profiles-dir", str(self.directory)]
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            outcome = dbtRunner().invoke(["--quiet", "run", *paths, *arguments])
        if outcome.exception:
            raise outcome.exception
        return {result.node.name: result.message for result in outcome.result if result.status == "error"}

    def rows(self, table: str) -> list[tuple]:
        return self.execute(f"select * from workshop.{table} order by 1")

    def step(self, events: list[tuple], *arguments: str) -> Step:
        self.set_events(events)
        errors = self.run(*arguments)
        return Step(errors, {table: self.rows(table) for table in ("scores", "frames", "totals")})


@pytest.fixture(scope="module")
def workshops(postgres, tmp_path_factory) -> dict[str, Workshop]:
    return {engine: Workshop(tmp_path_factory.mktemp(engine), engine, postgres) for engine in ("duckdb", "postgres")}


@pytest.fixture(scope="module")
def history(workshops) -> dict[str, dict[str, Step]]:
    """The same life of the project on each engine, step by step."""
    return {
        engine: {
            "no events": workshop.step([]),
            "first events": workshop.step(EVENTS[:3], "--full-refresh"),
            "more events": workshop.step(EVENTS),
            "nothing new": workshop.step(EVENTS),
            "fewer events": workshop.step(EVENTS[:4], "--full-refresh"),
        }
        for engine, workshop in workshops.items()
    }


@pytest.fixture(scope="module")
def accidents(workshops, history) -> dict[str, Step]:
    """What goes wrong on PostgreSQL after that, while an append or a rebuild is under way."""
    step, models = workshops["postgres"].step, ("--select", "events", "scores")
    return {
        "error while appending": step([*EVENTS, UNREADABLE], *models),
        "error while rebuilding": step([*EVENTS, UNREADABLE], *models, "--full-refresh"),
        "error after rebuilding": step([*EVENTS, REFUSED_BY_HOOK], *models, "--full-refresh"),
    }


def test_both_engines_have_the_same_history(history):
    tables = {engine: [step.tables for step in steps.values()] for engine, steps in history.items()}
    assert tables["postgres"] == tables["duckdb"]


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@pytest.mark.parametrize(
    ("step", "n_events"),
    [("no events", 0), ("first events", 3), ("more events", 5), ("nothing new", 5), ("fewer events", 4)],
)
def test_tables_hold_exactly_the_events(history, engine, step, n_events):
    events = EVENTS[:n_events]
    assert history[engine][step].errors == {}
    assert history[engine][step].tables["scores"] == events
    assert history[engine][step].tables["frames"] == [event[:-1] for event in events]
    assert [row[:2] for row in history[engine][step].tables["totals"]] == [
        (n_events, sum(event[0] for event in events) or None)
    ]


@pytest.mark.parametrize(
    ("accident", "reason"),
    [
        ("error while appending", "ValueError: an event after 4 is unreadable"),
        ("error while rebuilding", "ValueError: an event after 0 is unreadable"),
        ("error after rebuilding", 'invalid input syntax for type integer: "refused"'),
    ],
)
def test_an_error_leaves_the_old_table(accidents, accident, reason):
    assert reason in accidents[accident].errors["scores"]
    assert accidents[accident].tables["scores"] == EVENTS[:4]


def test_the_error_shows_the_line_of_the_model(accidents):
    message = accidents["error while appending"].errors["scores"]
    assert 'File "models/scores.py", line 7, in model' in message
    assert 'raise ValueError(f"an event after {last_id} is unreadable")' in message


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_columns_have_the_types_of_the_events(workshops, history, engine):
    types = {
        "duckdb": "select data_type from duckdb_columns() where schema_name = 'workshop' and table_name = ? "
        "order by column_index",
        "postgres": "select format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = ('workshop.' || ?)::regclass and attnum > 0 order by attnum",
    }[engine]
    columns = {
        table: [type_ for (type_,) in workshops[engine].execute(types, [table])] for table in ("scores", "frames")
    }
    assert columns == {"scores": COLUMNS[engine], "frames": COLUMNS[engine][:-1]}


def test_a_rebuilt_table_has_its_indexes_and_documentation(workshops, history):
    workshop = workshops["postgres"]
    definitions = workshop.execute("select indexdef from pg_indexes where schemaname = 'workshop'")
    assert ["(event_id)" in definition for (definition,) in definitions] == [True]
    assert workshop.execute(
        "select obj_description(oid), col_description(oid, 3) from pg_class where oid = 'workshop.scores'::regclass"
    ) == [("One row per event, appended as events arrive.", "The score itself.")]


def test_nothing_but_the_tables_is_left(workshops, accidents):
    tables = workshops["postgres"].execute("select tablename from pg_tables where schemaname = 'workshop' order by 1")
    assert tables == [("events",), ("frames",), ("scores",), ("totals",)]


def test_what_cannot_be_built_is_refused_with_the_reason(workshops, history):
    workshop = workshops["postgres"]
    refused = workshop.directory / "models" / "refused"
    workshop.write({f"models/refused/{name}": text for name, text in REFUSED_MODELS.items()})
    try:
        errors = workshop.run("--select", "refused")
    finally:
        shutil.rmtree(refused)
    assert "python_incremental only appends" in errors["merged"]
    assert "only supports languages ['python']" in errors["plain"]
    assert 'column "neighbours" has the DuckDB type INTEGER[]' in errors["lists"]
    assert 'of type "int" not suitable' in errors["number"]
