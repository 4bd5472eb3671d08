"""Records as they are compared: text in one form, in a DuckDB of their own that no warehouse table is in."""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import duckdb

from millwright.duckdb_session import connect_duckdb
from millwright.matching.settings import COLUMNS, METHODS, WORDS, Comparison, Settings


@contextmanager
def matching_session(threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB for Splink, which talks much while it works."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="millwright-matching-") as spill,
            connect_duckdb(config={"threads": threads, "temp_directory": spill}) as con,
        ):
            yield con
    finally:
        logger.setLevel(level)


def standardise(column: str, comparisons: Iterable[Comparison]) -> str:
    """SQL for the column in the form that it is compared in."""
    methods = [METHODS[comparison.method] for comparison in comparisons if column in comparison.columns]
    form = methods[0].standardise if methods else WORDS
    return f"nullif({form.format(f'cast({column} as varchar)')}, '')"


def load_deliveries(con: duckdb.DuckDBPyConnection, deliveries: duckdb.DuckDBPyRelation, known_at: datetime) -> None:
    """Make the table `source` of the newest version of each record among the deliveries known by then."""
    known = deliveries.filter(f"known_at <= timestamp '{known_at}' and not is_deleted")
    known = known.project(", ".join(["record_key", "content_hash", *COLUMNS, "event_at", "known_at"]))
    con.register("deliveries", known.to_arrow_table())
    con.execute("""
        create or replace table source as
        select distinct on (record_key) * exclude (event_at, known_at), true as is_new
        from (
            select * replace (min(known_at) as known_at)
            from deliveries
            group by all
        )
        order by record_key, event_at desc, known_at desc, content_hash
    """)
    con.unregister("deliveries")


def load_versions(
    con: duckdb.DuckDBPyConnection, records: duckdb.DuckDBPyRelation, matched: duckdb.DuckDBPyRelation | None
) -> None:
    """Make the table `source` of the records; those are new that were not matched with this content when last matched.

    `matched` has a row per record and matching of it: record_key, record_hash, matched_at. A record that returns to an
    earlier content is new again, since others came in between.
    """
    con.register("versions", records.project(", ".join(["record_key", "content_hash", *COLUMNS])).to_arrow_table())
    con.execute("create or replace table matched (record_key varchar, record_hash varchar)")
    if matched is not None:
        con.register("held", matched.project("record_key, record_hash, matched_at").to_arrow_table())
        con.execute("""
            insert into matched
            select record_key, max(record_hash)
            from held
            inner join (select record_key, max(matched_at) as matched_at from held group by record_key)
                using (record_key, matched_at)
            group by record_key
            having count(distinct record_hash) = 1
        """)
        con.unregister("held")
    con.execute("""
        create or replace table source as
        select
            versions.*,
            not exists (
                select 1
                from matched
                where matched.record_key = versions.record_key and matched.record_hash = versions.content_hash
            ) as is_new
        from versions
    """)
    con.unregister("versions")


def load_records(con: duckdb.DuckDBPyConnection, settings: Settings) -> Settings:
    """Make the table `records` of those rows of `source` that carry something to compare, in its standard form.

    `unique_id` numbers them in the order of their record_key; the text of exclusive columns is kept as it is. Returns
    the settings without the comparisons of columns that have no value at all.
    """
    compared = [column for comparison in settings.comparisons for column in comparison.columns]
    blocked = [column for rule in settings.rules for column in rule.columns]
    selected = [f"{standardise(column, settings.comparisons)} as {column}" for column in sorted({*compared, *blocked})]
    selected += [f"nullif(cast({column} as varchar), '') as exclusive_{column}" for column in settings.exclusive]
    con.execute(f"""
        create or replace table records as
        select cast(row_number() over (order by record_key) as integer) as unique_id, *
        from (
            select record_key, content_hash, is_new, {", ".join(selected)}
            from source
        )
        where coalesce({", ".join(compared)}) is not null
        order by record_key
    """)
    con.execute("drop table source")
    counts = con.execute(f"select {', '.join(f'count({column})' for column in compared)} from records").fetchall()[0]
    filled = {column for column, count in zip(compared, counts, strict=True) if count}
    return replace(settings, comparisons=[c for c in settings.comparisons if filled.intersection(c.columns)])
