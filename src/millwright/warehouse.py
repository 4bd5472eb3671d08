"""The warehouse behind a dbt target: which one it is, and a connection to it.

dbt's own loader reads `profiles.yml`, so that `millwright` and `dbt` can never disagree about the address.
"""

import os
import re
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from millwright.errors import ExitCode, MillwrightError

# dbt reads these when it is imported; that happens inside functions only, so here is early enough.
os.environ["DO_NOT_TRACK"] = "1"
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"

# The information schema of PostgreSQL leaves out materialized views.
_RELATIONS = {
    "duckdb": """
        select table_schema as schema_name, table_name as relation_name
        from information_schema.tables
        where table_catalog = current_database()
    """,
    "postgres": """
        select pg_namespace.nspname as schema_name, pg_class.relname as relation_name
        from pg_class
        inner join pg_namespace on pg_namespace.oid = pg_class.relnamespace
        where pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
    """,
}


@dataclass(frozen=True)
class Target:
    """One output of the profile, rendered.

    `credentials` is dbt's credentials object of the engine; for DuckDB its `path` is absolute.
    `variables` are the environment variables that profiles.yml reads for this target.
    """

    name: str
    engine: str
    credentials: Any
    variables: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """Schema of the target, from which dbt derives the schemas of all layers."""
        return self.credentials.schema

    @property
    def file(self) -> Path:
        """The DuckDB file, which may not exist yet.

        Raises MillwrightError: USAGE when the target is no DuckDB file, UNAVAILABLE when its directory is missing.
        """
        if self.engine != "duckdb" or not Path(self.credentials.path).is_absolute():
            raise MillwrightError(f"target {self.name!r} ({self.address}) is no DuckDB file")
        path = Path(self.credentials.path)
        if not path.parent.is_dir():
            raise MillwrightError(
                f"the directory of the warehouse file {path} does not exist{_set_by(self)}", ExitCode.UNAVAILABLE
            )
        return path

    @property
    def address(self) -> str:
        """Where the warehouse is, for messages: a file or `host:port/database`."""
        if self.engine == "duckdb":
            return self.credentials.path
        host, port = getattr(self.credentials, "host", None), getattr(self.credentials, "port", None)
        return f"{host}:{port}/{self.credentials.database}" if host and port else f"{self.engine} {host or ''}".strip()


class Warehouse:
    """An open connection to a target, one transaction per `with` block.

    Leaving the block normally commits, leaving it by an exception rolls back; both close the connection.
    """

    def __init__(self, target: Target, connection: Any):
        self.target = target
        self.connection = connection

    @property
    def engine(self) -> str:
        """`duckdb` or `postgres`."""
        return self.target.engine

    def __enter__(self) -> Self:
        if self.engine == "duckdb":
            self.connection.execute("begin")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.connection.commit()
            else:
                self.connection.rollback()
        finally:
            self.connection.close()

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries by column name. Errors are the driver's own."""
        cursor = self._run(sql)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str) -> None:
        """Runs a statement (or several, separated by semicolons) for its effect. Errors are the driver's own."""
        self._run(sql)

    def relations(self) -> set[tuple[str, str]]:
        """(schema, name) of every table and view, materialized views and foreign tables included."""
        return {(row["schema_name"], row["relation_name"]) for row in self.query(_RELATIONS[self.engine])}

    def _run(self, sql: str) -> Any:
        # A cursor of DuckDB is a connection of its own, outside this transaction.
        cursor = self.connection if self.engine == "duckdb" else self.connection.cursor()
        cursor.execute(sql)
        return cursor


def literal(value: object) -> str:
    """A value as an SQL literal of text, which engines also take for a timestamp or a number; NULL for None."""
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"


def find_profiles_dir(project_dir: Path) -> Path:
    """Directory of profiles.yml: DBT_PROFILES_DIR, else the project's own, else ~/.dbt."""
    if configured := os.environ.get("DBT_PROFILES_DIR"):
        return Path(configured)
    return project_dir if (project_dir / "profiles.yml").exists() else Path.home() / ".dbt"


def load_target(project_dir: Path, target: str | None = None) -> Target:
    """Resolves a target of the project's profile; None means the profile's default.

    Raises MillwrightError (USAGE) when the directory holds no dbt project, the target is unknown or its profile is
    incomplete.
    """
    if not (project_dir / "dbt_project.yml").exists():
        raise MillwrightError(
            f"{project_dir} holds no dbt_project.yml; run in the project's directory or pass --project-dir"
        )
    from dbt.config.runtime import load_profile
    from dbt.exceptions import DbtProfileError, DbtProjectError
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context
    from dbt_common.exceptions import DbtBaseException

    profiles_dir = find_profiles_dir(project_dir)
    set_invocation_context(os.environ)
    try:
        set_from_args(Namespace(PROFILES_DIR=str(profiles_dir), PROJECT_DIR=str(project_dir)), None)
        profile = load_profile(str(project_dir), cli_vars={}, target_override=target)
    except DbtProfileError as error:
        if error.result_type != "invalid_target":
            raise MillwrightError(f"the profile in {profiles_dir} cannot be used: {_one_line(error)}") from error
        available = ", ".join(re.findall(r"^\s*- (.+)$", str(error), re.MULTILINE))
        raise MillwrightError(
            f"unknown target {target!r} in {profiles_dir / 'profiles.yml'}; available: {available}"
        ) from error
    except DbtProjectError as error:
        raise MillwrightError(f"the project in {project_dir} cannot be read: {_one_line(error)}") from error
    except DbtBaseException as error:
        raise MillwrightError(f"the profile in {profiles_dir} cannot be used: {_one_line(error)}") from error

    credentials = profile.credentials
    if credentials.type == "duckdb" and credentials.path != ":memory:" and "://" not in credentials.path:
        # dbt changes into the project's directory before it connects.
        credentials.path = str((project_dir / credentials.path).resolve())
    return Target(profile.target_name, credentials.type, credentials, tuple(profile.profile_env_vars))


def open_warehouse(target: Target, read_only: bool = False) -> Warehouse:
    """Connects to a target, to be used as a context manager.

    Without `read_only` a missing DuckDB file is created. Raises MillwrightError: UNAVAILABLE when nothing answers,
    LOCKED when another process has the DuckDB file open, USAGE for an engine that the command line does not speak.
    """
    if target.engine == "duckdb":
        return Warehouse(target, _connect_duckdb(target, read_only))
    if target.engine == "postgres":
        return Warehouse(target, _connect_postgres(target, read_only))
    raise MillwrightError(
        f"target {target.name!r} is a {target.engine} warehouse; this command reads DuckDB and PostgreSQL only"
    )


def _connect_duckdb(target: Target, read_only: bool) -> Any:
    import duckdb

    from millwright.duckdb_session import connect_duckdb

    path = target.file
    if read_only and not path.exists():
        raise MillwrightError(
            f"there is no warehouse file {path} yet; load the sample world with `millwright sample`{_set_by(target)}",
            ExitCode.UNAVAILABLE,
        )
    try:
        connection = connect_duckdb(path, read_only=read_only, config=target.credentials.config_options or {})
        for name, value in (target.credentials.settings or {}).items():
            connection.execute(f"set {name} = '{str(value).replace(chr(39), 2 * chr(39))}'")
    except duckdb.IOException as error:
        if holder := re.search(r"Conflicting lock is held in (.+?)\. ", str(error)):
            raise MillwrightError(
                f"{path} is open in another process: {holder[1]}; end it or wait for it", ExitCode.LOCKED
            ) from error
        raise MillwrightError(f"{path} cannot be opened: {error}", ExitCode.UNAVAILABLE) from error
    return connection


def _connect_postgres(target: Target, read_only: bool) -> Any:
    import psycopg2

    credentials = target.credentials
    optional = {
        key: value
        for key in ("sslmode", "sslcert", "sslkey", "sslrootcert")
        if (value := getattr(credentials, key)) is not None
    }
    try:
        connection = psycopg2.connect(
            host=credentials.host,
            port=credentials.port,
            user=credentials.user,
            password=credentials.password,
            dbname=credentials.database,
            connect_timeout=credentials.connect_timeout,
            application_name="millwright",
            **optional,
        )
    except psycopg2.OperationalError as error:
        raise MillwrightError(
            f"PostgreSQL does not let us in at {target.address}: {str(error).strip()}{_set_by(target)}",
            ExitCode.UNAVAILABLE,
        ) from error
    connection.set_session(readonly=read_only)
    if credentials.role:
        with connection.cursor() as cursor:
            cursor.execute(f"set role {credentials.role}")
    return connection


def _set_by(target: Target) -> str:
    """Second line of a message: the environment variables that decide about the address."""
    prefix = f"MILLWRIGHT_{target.engine.upper()}_"
    names = [name for name in target.variables if name.startswith(prefix)]
    return f"\nThe address comes from {', '.join(names)} (see profiles.yml)." if names else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
