"""Tables between DuckDB and PostgreSQL, by COPY through a temporary CSV file.

Values arrive exactly as they left: both engines print the shortest decimal that reads back as the same double, every
non-null value is quoted so that nothing in a text can be taken for syntax, and only an unquoted \\N is NULL. A column
whose type has no counterpart is an error that names it. A row may hold up to 64 MiB of text.

Nothing here opens, commits or closes a connection: the caller's transaction decides what becomes visible. A query is
one `select` without a semicolon; a table name is used as given, so the caller quotes it.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from psycopg2.extensions import Column, quote_ident
from psycopg2.extensions import connection as PostgresConnection

from millwright.errors import MillwrightError

CSV_OUT_OF_POSTGRES = r"format csv, null '\N', force_quote *, encoding 'UTF8'"
CSV_INTO_POSTGRES = r"format csv, null '\N', encoding 'UTF8'"
CSV_OUT_OF_DUCKDB = r"format csv, header false, nullstr '\N', force_quote *"
# One reader, because a quoted text may span lines; no guessing, because the columns are known. By default DuckDB would
# have room for 16 lines of the greatest size.
CSV_INTO_DUCKDB = r"""
    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\n',
    nullstr = '\N', allow_quoted_nulls = false, parallel = false, max_line_size = 67108864, buffer_size = 134217728
"""

# By type OID of PostgreSQL (catalog pg_type), which never changes for built-in types.
NUMERIC = 1700
DUCKDB_TYPES = {
    16: "BOOLEAN",
    20: "BIGINT",
    21: "SMALLINT",
    23: "INTEGER",
    25: "VARCHAR",
    114: "JSON",
    700: "FLOAT",
    701: "DOUBLE",
    1042: "VARCHAR",
    1043: "VARCHAR",
    1082: "DATE",
    1083: "TIME",
    1114: "TIMESTAMP",
    1184: "TIMESTAMP WITH TIME ZONE",
    2950: "UUID",
    3802: "JSON",
}

# DECIMAL(p,s) and ENUM(…) carry parameters: see _postgres_type.
POSTGRES_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "HUGEINT": "numeric(38, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "JSON": "jsonb",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "UUID": "uuid",
    # A column of nothing but NULLs; `create table as` makes it an INTEGER on DuckDB too.
    '"NULL"': "integer",
}


def copy_from_postgres(postgres: PostgresConnection, query: str, duck: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create the DuckDB table `table` from the result of a PostgreSQL query.

    A numeric without precision, which is what sums and averages are on PostgreSQL, becomes a double, as an average is
    on DuckDB; cast it in the query to keep it exact. Raises MillwrightError for a column whose type has no counterpart.
    """
    with rows_of_postgres(postgres, query) as rows:
        duck.execute(f"create table {table} as from {rows}")


@contextmanager
def rows_of_postgres(postgres: PostgresConnection, query: str) -> Iterator[str]:
    """What DuckDB writes after `from` to read the result of a PostgreSQL query, while the block lasts.

    The rows are on disk, and DuckDB reads them as it goes. Types are those of `copy_from_postgres`.
    """
    with postgres.cursor() as cursor, _temporary_file() as path:
        cursor.execute(f"select * from ({query}) as result limit 0")
        columns = ", ".join(f"{_literal(column.name)}: '{_duckdb_type(column)}'" for column in cursor.description)
        with path.open("wb") as file:
            cursor.copy_expert(f"copy ({query}) to stdout with ({CSV_OUT_OF_POSTGRES})", file)
        yield f"read_csv({_literal(str(path))}, columns = {{{columns}}}, {CSV_INTO_DUCKDB})"


def copy_to_postgres(duck: duckdb.DuckDBPyConnection, query: str, postgres: PostgresConnection, table: str) -> int:
    """Append the result of a DuckDB query to an existing PostgreSQL table, column by name; return the number of rows.

    Columns that the query lacks get their default. Raises psycopg2.Error if the table lacks a column of the query or
    refuses a value.
    """
    columns = ", ".join(quote_ident(name, postgres) for name in duck.sql(query).columns)
    with _temporary_file() as path:
        duck.execute(f"copy ({query}) to {_literal(str(path))} ({CSV_OUT_OF_DUCKDB})")
        with path.open("rb") as file, postgres.cursor() as cursor:
            cursor.copy_expert(f"copy {table} ({columns}) from stdin with ({CSV_INTO_POSTGRES})", file, size=1 << 16)
            return cursor.rowcount


def create_postgres_table(
    duck: duckdb.DuckDBPyConnection, query: str, postgres: PostgresConnection, table: str
) -> None:
    """Create an empty PostgreSQL table whose columns match the result of a DuckDB query.

    Raises MillwrightError for a column whose type has no counterpart.
    """
    result = duck.sql(query)
    columns = ", ".join(
        f"{quote_ident(name, postgres)} {_postgres_type(name, str(type_))}"
        for name, type_ in zip(result.columns, result.types, strict=True)
    )
    with postgres.cursor() as cursor:
        cursor.execute(f"create table {table} ({columns})")


def _duckdb_type(column: Column) -> str:
    if column.type_code != NUMERIC:
        if column.type_code not in DUCKDB_TYPES:
            raise MillwrightError(
                f'column "{column.name}" has a PostgreSQL type (OID {column.type_code}) that cannot be copied to '
                "DuckDB; cast it to text, say"
            )
        return DUCKDB_TYPES[column.type_code]
    # psycopg2 reports no precision as 65535, and a negative scale as a large positive one.
    if column.precision == 65535:
        return "DOUBLE"
    if not column.scale <= column.precision <= 38:
        raise MillwrightError(
            f'column "{column.name}" is a numeric that DuckDB cannot hold: it has at most 38 digits, '
            "of which none to all follow the point"
        )
    return f"DECIMAL({column.precision}, {column.scale})"


def _postgres_type(name: str, duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type.replace("DECIMAL", "numeric")
    if duckdb_type.startswith("ENUM("):
        return "text"
    if duckdb_type not in POSTGRES_TYPES:
        raise MillwrightError(
            f'column "{name}" has the DuckDB type {duckdb_type}, which cannot be copied to PostgreSQL; '
            "cast it to varchar or json, say"
        )
    return POSTGRES_TYPES[duckdb_type]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _temporary_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="millwright-transfer-") as directory:
        yield Path(directory, "rows.csv")
