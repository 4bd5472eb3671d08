"""Values survive the way between DuckDB and PostgreSQL, whatever they are."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import psycopg2
import pytest

from millwright.errors import MillwrightError
from millwright.transfer import copy_from_postgres, copy_to_postgres, create_postgres_table

HOSTILE_TEXTS = [
    "",
    " ",
    "\\N",
    "\\.",
    "NULL",
    "null",
    ",",
    '"',
    '""',
    "a,b;c\td|e",
    "line\nbreak",
    "carriage\rreturn",
    "both\r\n",
    "back\\slash\\",
    "\\n is not a line break",
    "'; drop table customers; --",
    "%s %(name)s {braces}",
    " padded ",
    "# no comment",
    "\x01\x7f",
    "Ünïcödé – 漢字 – 🎺 – \u202eabc",
    "e\u0301 is not \u00e9",
    "long " * 1_000_000,
]

DOUBLES = [0.1, 1 / 3, 1e-308, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53 + 2, float("inf"), float("-inf")]

# DuckDB type, PostgreSQL type, hostile values. What goes out of one engine comes back the same from the other.
TYPES = [
    ("BOOLEAN", "boolean", [True, False]),
    ("SMALLINT", "smallint", [-32768, 32767]),
    ("INTEGER", "integer", [-(2**31), 2**31 - 1]),
    ("BIGINT", "bigint", [-(2**63), 2**63 - 1]),
    ("DOUBLE", "double precision", DOUBLES),
    ("FLOAT", "real", [0.5, 16777216.0, float("inf")]),
    ("DECIMAL(38,10)", "numeric(38,10)", [Decimal("1.5"), Decimal("-1234567890123456789012345678.0123456789")]),
    ("DECIMAL(12,2)", "numeric(12,2)", [Decimal("0.00"), Decimal("9999999999.99")]),
    ("VARCHAR", "text", HOSTILE_TEXTS),
    ("DATE", "date", [date(1, 1, 1), date(1997, 2, 28), date(9999, 12, 31)]),
    ("TIME", "time without time zone", [time(0, 0), time(23, 59, 59, 999999)]),
    ("TIMESTAMP", "timestamp without time zone", [datetime(1, 1, 1), datetime(1997, 1, 1, 12, 0, 0, 1)]),
    (
        "TIMESTAMP WITH TIME ZONE",
        "timestamp with time zone",
        [datetime(1997, 3, 30, 1, 59, 59, 999999, UTC), datetime(2024, 2, 29, tzinfo=UTC)],
    ),
    ("UUID", "uuid", [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)]),
]


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # Neither the session's time zone here nor the server's below may matter.
        connection.execute("set TimeZone = 'America/New_York'")
        yield connection


@pytest.fixture
def pg(postgres) -> Iterator[psycopg2.extensions.connection]:
    """A connection whose transaction is rolled back after the test."""
    connection = postgres.connect()
    with connection.cursor() as cursor:
        cursor.execute("set time zone 'Asia/Kolkata'")
    yield connection
    connection.rollback()
    connection.close()


def rows(pg, query: str) -> list[tuple]:
    with pg.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def postgres_types(pg, table: str) -> list[str]:
    return [
        type_
        for (type_,) in rows(
            pg,
            "select format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = '{table}'::regclass and attnum > 0 order by attnum",
        )
    ]


@pytest.mark.parametrize(("duckdb_type", "postgres_type", "values"), TYPES, ids=[type_[0] for type_ in TYPES])
def test_every_value_makes_the_round_trip(duck, pg, duckdb_type, postgres_type, values):
    duck.execute(f"create table sent (position integer, value {duckdb_type})")
    duck.executemany("insert into sent values (?, ?)", list(enumerate([*values, None])))

    create_postgres_table(duck, "select * from sent", pg, "landed")
    n_rows = copy_to_postgres(duck, "select * from sent", pg, "landed")
    copy_from_postgres(pg, "select * from landed", duck, "returned")

    assert n_rows == len(values) + 1
    assert postgres_types(pg, "landed") == ["integer", postgres_type]
    assert duck.sql("select * from returned").types == duck.sql("select * from sent").types
    # What PostgreSQL holds is compared by its own driver: two wrongs on the way would not cancel out.
    assert [value for (value,) in rows(pg, "select value from landed order by position")] == [
        str(value) if isinstance(value, uuid.UUID) else value for value in [*values, None]
    ]
    sent, returned = (
        duck.sql(f"select position, value, value::varchar from {table} order by position").fetchall()
        for table in ("sent", "returned")
    )
    assert returned == sent


@pytest.mark.parametrize("text", HOSTILE_TEXTS[:-1], ids=repr)
def test_text_alone_in_its_row(duck, pg, text):
    """With one column nothing but the value itself tells an empty line, an end mark and a NULL apart."""
    duck.execute("create table sent as select unnest([?, null, ?]) as value", [text, text])
    create_postgres_table(duck, "from sent", pg, "landed")
    copy_to_postgres(duck, "from sent", pg, "landed")
    copy_from_postgres(pg, "select * from landed", duck, "returned")
    assert sorted(rows(pg, "select value from landed"), key=str) == sorted([(text,), (None,), (text,)], key=str)
    assert duck.sql("from returned").fetchall() == [(text,), (None,), (text,)]


def test_not_a_number_stays_one(duck, pg):
    create_postgres_table(duck, "select 'nan'::double as value", pg, "landed")
    copy_to_postgres(duck, "select 'nan'::double as value", pg, "landed")
    copy_from_postgres(pg, "select value, value::real as single from landed", duck, "returned")
    assert rows(pg, "select value::text from landed") == [("NaN",)]
    assert duck.sql("select isnan(value) and isnan(single) from returned").fetchall() == [(True,)]


def test_infinite_times(duck, pg):
    query = "select 'infinity'::date as d, '-infinity'::timestamp as t, 'infinity'::timestamptz as z"
    create_postgres_table(duck, query, pg, "landed")
    copy_to_postgres(duck, query, pg, "landed")
    assert rows(pg, "select d::text, t::text, z::text from landed") == [("infinity", "-infinity", "infinity")]
    copy_from_postgres(pg, "select * from landed", duck, "returned")
    assert duck.sql(f"from returned intersect all ({query})").fetchall() == duck.sql(query).fetchall()


def test_wider_integers_become_exact_numerics(duck, pg):
    query = """
        select
            sum(i) as total,
            18446744073709551615::ubigint as largest,
            255::utinyint as byte,
            65535::usmallint as port,
            4294967295::uinteger as address
        from (values (9223372036854775807), (9223372036854775807)) as numbers(i)
    """
    create_postgres_table(duck, query, pg, "landed")
    copy_to_postgres(duck, query, pg, "landed")
    assert postgres_types(pg, "landed") == ["numeric(38,0)", "numeric(20,0)", "smallint", "integer", "bigint"]
    assert rows(pg, "select * from landed") == [(Decimal(2 * (2**63 - 1)), Decimal(2**64 - 1), 255, 65535, 4294967295)]


def test_other_types_of_duckdb(duck, pg):
    query = """
        select
            'gold'::enum('gold', 'silver') as tier,
            '{"a": [1, "x"]}'::json as payload,
            timestamp_ns '1997-01-01 00:00:00.000001' as event_at,
            null as nothing
    """
    create_postgres_table(duck, query, pg, "landed")
    copy_to_postgres(duck, query, pg, "landed")
    assert postgres_types(pg, "landed") == ["text", "jsonb", "timestamp without time zone", "integer"]
    assert rows(pg, "select * from landed") == [
        ("gold", {"a": [1, "x"]}, datetime(1997, 1, 1) + timedelta(microseconds=1), None)
    ]


def test_other_types_of_postgres(duck, pg):
    copy_from_postgres(
        pg,
        "select 'ab'::char(3) as padded, 'ab'::varchar(5) as short, '[1]'::jsonb as payload, 1.25::numeric as bare",
        duck,
        "returned",
    )
    assert [str(type_) for type_ in duck.sql("from returned").types] == ["VARCHAR", "VARCHAR", "JSON", "DOUBLE"]
    assert duck.sql("from returned").fetchall() == [("ab ", "ab", "[1]", 1.25)]


def test_empty_results_keep_columns_and_types(duck, pg):
    nothing = "select 1::bigint as id, 'x' as name, 1.5::decimal(12,2) as spend where false"
    create_postgres_table(duck, nothing, pg, "landed")
    assert copy_to_postgres(duck, nothing, pg, "landed") == 0
    copy_from_postgres(pg, "select * from landed", duck, "returned")
    assert duck.sql("from returned").columns == ["id", "name", "spend"]
    assert [str(type_) for type_ in duck.sql("from returned").types] == ["BIGINT", "VARCHAR", "DECIMAL(12,2)"]
    assert duck.sql("from returned").fetchall() == []


def test_hostile_column_names(duck, pg):
    query = """select 1 as "select", 2 as "it's", 3 as "with \"\"quotes\"\"", 4 as "100 %s", 5 as "Größe" """
    create_postgres_table(duck, query, pg, "landed")
    copy_to_postgres(duck, query, pg, "landed")
    copy_from_postgres(pg, "select * from landed", duck, "returned")
    assert duck.sql("from returned").columns == ["select", "it's", 'with "quotes"', "100 %s", "Größe"]
    assert duck.sql("from returned").fetchall() == [(1, 2, 3, 4, 5)]


def test_columns_are_matched_by_name(duck, pg):
    with pg.cursor() as cursor:
        cursor.execute("create table landed (id integer, name text, score double precision default 0.5)")
    assert copy_to_postgres(duck, "select 'ann' as name, 1 as id", pg, "landed") == 1
    assert rows(pg, "select * from landed") == [(1, "ann", 0.5)]


def test_nothing_is_committed(duck, pg, postgres):
    create_postgres_table(duck, "select 1 as id", pg, "landed")
    copy_to_postgres(duck, "select 1 as id", pg, "landed")
    copy_from_postgres(pg, "select * from landed", duck, "returned")
    pg.rollback()
    assert rows(pg, "select to_regclass('landed')") == [(None,)]


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ("array[1, 2]", "tags"),
        ("interval '1 day'", "duration"),
        ("'x'::bytea", "payload"),
        ("1::numeric(50, 2)", "price"),
        ("1234::numeric(5, -2)", "rounded"),
    ],
)
def test_a_postgres_type_without_counterpart_is_named(duck, pg, expression, column):
    with pytest.raises(MillwrightError, match=f'column "{column}"'):
        copy_from_postgres(pg, f"select 1 as id, {expression} as {column}", duck, "returned")


@pytest.mark.parametrize(
    ("expression", "column"),
    [("[1, 2]", "tags"), ("interval 1 day", "duration"), ("{'a': 1}", "payload"), ("'x'::blob", "image")],
)
def test_a_duckdb_type_without_counterpart_is_named(duck, pg, expression, column):
    with pytest.raises(MillwrightError, match=f'column "{column}"'):
        create_postgres_table(duck, f"select 1 as id, {expression} as {column}", pg, "landed")


def test_a_value_that_does_not_fit_is_an_error(duck, pg):
    with pytest.raises(duckdb.Error, match="price"):
        copy_from_postgres(pg, "select 'NaN'::numeric(10, 2) as price", duck, "returned")
    create_postgres_table(duck, "select 1::smallint as price", pg, "landed")
    with pytest.raises(psycopg2.Error, match="price"):
        copy_to_postgres(duck, "select 100000 as price", pg, "landed")
