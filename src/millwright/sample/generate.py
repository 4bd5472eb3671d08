"""Generates the sample world inside DuckDB, a few copies at a time."""

from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from millwright.duckdb_session import connect_duckdb
from millwright.errors import MillwrightError

RAW_TABLES: tuple[str, ...] = (
    "raw_shop.purchases",
    "raw_crm.customers",
    "raw_erp.customers",
    "raw_marketing.contacts",
    "raw_support.tickets",
    "raw_truth.identities",
)

COPIES_PER_PART = 10

_HERE = Path(__file__).parent
_INPUTS = {
    "cdnow": _HERE / "cdnow_purchases.csv",
    "cdnow_tenth": _HERE / "cdnow_sample_ids.csv",
    "given_names": _HERE / "pools" / "given_names.csv",
    "surnames": _HERE / "pools" / "surnames.csv",
    "streets": _HERE / "pools" / "streets.csv",
    "cities": _HERE / "pools" / "cities.csv",
}
# The queries that prepare the raw tables, and the temporary tables each of them makes.
_STEPS = {
    "purchases": ("purchases",),
    "people": ("people",),
    "records": ("crm_records", "erp_records", "marketing_records"),
}


def generate(duck: duckdb.DuckDBPyConnection, scale: int = 1, tenth: bool = False) -> None:
    """Creates or replaces the raw tables, with `scale` copies of the sample world, in the connection's database.

    With `tenth`, each copy has one customer in ten only: the 2,357 whom papers take as their sample. Neither begins nor
    commits a transaction; some temporary macros stay with the connection. Raises MillwrightError when `scale` is not a
    whole number of at least 1.
    """
    for part, queries in enumerate(world_parts(duck, scale, tenth=tenth)):
        for table, query in queries.items():
            if part == 0:
                duck.execute(f"create schema if not exists {table.split('.')[0]}")
                duck.execute(f"create or replace table {table} as {query}")
            else:
                duck.execute(f"insert into {table} {query}")


def write_parquet(
    directory: Path,
    scale: int = 1,
    tables: Collection[str] = RAW_TABLES,
    copies_per_part: int = COPIES_PER_PART,
    tenth: bool = False,
) -> None:
    """Writes raw tables as `<directory>/<table>/part-0000.parquet`, part-0001 …, replacing what it wrote before.

    The parts in order, and the rows in each, are those of `generate`, also with `tenth`. Memory depends on
    `copies_per_part` only. The purchases alone take a tenth of the time of all tables. Raises
    MillwrightError when `scale` is not a whole number of at least 1, or a table is not one of RAW_TABLES.
    """
    with connect_duckdb() as duck:
        for part, queries in enumerate(world_parts(duck, scale, tables, copies_per_part, tenth)):
            for table, query in queries.items():
                folder = directory / table
                if part == 0:
                    folder.mkdir(parents=True, exist_ok=True)
                    for old_part in folder.glob("part-*.parquet"):
                        old_part.unlink()
                duck.execute(f"copy ({query}) to '{_quoted(folder / f'part-{part:04}.parquet')}' (format parquet)")


def world_parts(
    duck: duckdb.DuckDBPyConnection,
    scale: int,
    tables: Collection[str] = RAW_TABLES,
    copies_per_part: int = COPIES_PER_PART,
    tenth: bool = False,
) -> Iterator[dict[str, str]]:
    """Yields, for a few copies of the world at a time, the query of each raw table.

    The queries read temporary tables of `duck`, which hold the current copies only: run them before the next step.
    Raises MillwrightError when `scale` is not a whole number of at least 1, or a table is not one of RAW_TABLES.
    """
    if not isinstance(scale, int) or isinstance(scale, bool) or scale < 1:
        raise MillwrightError(f"scale must be a whole number of at least 1, not {scale!r}")
    if unknown := set(tables) - set(RAW_TABLES):
        raise MillwrightError(f"the sample has no table {', '.join(sorted(unknown))}; it has {', '.join(RAW_TABLES)}")

    duck.execute(_sql("macros"))
    for name, path in _INPUTS.items():
        # One thread, so that the position is the line of the file.
        duck.execute(
            f"create or replace temp table {name} as select row_number() over () as position, * "
            f"from read_csv('{_quoted(path)}', header = true, all_varchar = true, delim = ',', parallel = false)"
        )
    if tenth:
        duck.execute("delete from temp.cdnow where customer_id not in (select customer_id from temp.cdnow_tenth)")
    queries = {table: _sql(table) for table in tables}
    steps = ["purchases"] if set(tables) == {"raw_shop.purchases"} else list(_STEPS)
    for first in range(0, scale, copies_per_part):
        last = min(first + copies_per_part, scale)
        duck.execute(f"create or replace temp table copies as select range as copy from range({first}, {last})")
        for step in steps:
            duck.execute(_sql(step))
        yield queries
    for name in ("copies", *_INPUTS, *(made for step in steps for made in _STEPS[step])):
        duck.execute(f"drop table temp.{name}")


def _sql(name: str) -> str:
    return (_HERE / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
