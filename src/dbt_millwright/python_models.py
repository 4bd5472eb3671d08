"""Runs a dbt Python model against PostgreSQL: the file that dbt-duckdb runs too, with an in-memory DuckDB as `session`.

The DuckDB database bears the name of the PostgreSQL database, so that one relation name means the same table on both
sides. A table is copied into it the first time the model asks for it: by `dbt.ref`, by `dbt.source` or, once the model
is incremental, by writing `{dbt.this}` into a query. Reading and writing happen in dbt's own transaction.
"""

import linecache
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import duckdb
from dbt.adapters.base.impl import log_code_execution
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.postgres import PostgresAdapter
from dbt_common.exceptions import DbtRuntimeError
from psycopg2.extensions import connection as PostgresConnection

from millwright.duckdb_session import connect_duckdb
from millwright.transfer import copy_from_postgres, copy_to_postgres, create_postgres_table

RESULT = "millwright_result"


@log_code_execution
def submit_python_job(adapter: PostgresAdapter, parsed_model: dict, compiled_code: str) -> AdapterResponse:
    """Run a compiled Python model and write the rows it returns; the caller commits.

    The materialization has appended two constants to the code: MILLWRIGHT_DESTINATION, the relation to write, and
    MILLWRIGHT_CREATES, whether that is a new table. Any error rolls the transaction back. Raises DbtRuntimeError with
    the traceback from the model's own frame on for an error in the model, and DbtDatabaseError for what PostgreSQL
    refuses.
    """
    with adapter.connections.exception_handler(f"Python model {parsed_model['unique_id']}"):
        connection = adapter.connections.get_thread_connection()
        if not connection.transaction_open:
            adapter.connections.begin()
        with _session(connection.credentials.database) as session:
            module = _run(parsed_model, compiled_code, session, connection.handle)
            rows, destination = f"select * from {RESULT}", module.MILLWRIGHT_DESTINATION
            if module.MILLWRIGHT_CREATES:
                create_postgres_table(session, rows, connection.handle, destination)
            n_rows = copy_to_postgres(session, rows, connection.handle, destination)
    return AdapterResponse(_message=f"INSERT {n_rows}", code="INSERT", rows_affected=n_rows)


@contextmanager
def _session(database: str) -> Iterator[duckdb.DuckDBPyConnection]:
    quoted = database.replace('"', '""')
    with (
        tempfile.TemporaryDirectory(prefix="millwright-session-") as spill,
        connect_duckdb(config={"threads": 2, "temp_directory": spill}) as session,
    ):
        session.execute("set TimeZone = 'UTC'")
        session.execute(f"""attach if not exists ':memory:' as "{quoted}" """)
        yield session


def _run(parsed_model: dict, code: str, session: duckdb.DuckDBPyConnection, postgres: PostgresConnection) -> ModuleType:
    """Run the model and register what it returns as the view RESULT; return the module of its code."""
    loaded = set()

    def load(relation: str) -> None:
        if relation not in loaded:
            session.execute(f"create schema if not exists {_schema_of(relation)}")
            copy_from_postgres(postgres, f"select * from {relation}", session, relation)
            loaded.add(relation)

    def load_and_select(relation: str) -> duckdb.DuckDBPyRelation:
        load(relation)
        return session.query(f"select * from {relation}")

    module = ModuleType(parsed_model["alias"])
    path = parsed_model["original_file_path"]
    # Tracebacks show the model's own lines, wherever dbt was started.
    linecache.cache[path] = (len(code), None, code.splitlines(keepends=True), path)
    try:
        exec(compile(code, path, "exec"), module.__dict__)
        dbt = module.dbtObj(load_and_select)
        dbt.is_incremental = not module.MILLWRIGHT_CREATES
        if dbt.is_incremental:
            dbt.this = _loaded_when_rendered(dbt.this, load)
        session.register(RESULT, module.model(dbt, session))
    except Exception as error:
        # The first frame is this function's.
        trace = traceback.format_exception(type(error), error, error.__traceback__.tb_next)
        raise DbtRuntimeError("Python model failed:\n" + "".join(trace)) from error
    return module


def _loaded_when_rendered(this: object, load: Callable[[str], None]) -> object:
    """`dbt.this` as dbt compiled it, except that naming the table in a query first copies it into the session."""

    class This(type(this)):
        def __repr__(self) -> str:
            relation = super().__repr__()
            load(relation)
            return relation

    return This()


def _schema_of(relation: str) -> str:
    """`"shop"."prod"` of `"shop"."prod"."orders"`: all but the last identifier, each with or without quotes."""
    return ".".join(re.findall(r'"(?:[^"]|"")+"|[^".]+', relation)[:-1])
