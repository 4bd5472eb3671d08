"""Runs `dbt` and `millwright` as a user would, but for the seconds that each takes to begin.

A server imports everything once, and for each target and schema in use it has a keeper, forked from it, which reads the
project once. Every command is then a process of its own, forked from its keeper, and what it changes there ends with
it. The server, `python -m support.commands` in `python_tests`, ends with its parent.

`dbt` is given the project as its keeper has read it, without the vars in _NOT_READ: nothing that is read depends on
them, yet dbt reads everything anew for each of their values. Of the database only its name is read, which is put right
for each command. `millwright` finds what the keeper has read in its target path.
"""

import atexit
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from hashlib import md5
from importlib.metadata import entry_points
from pathlib import Path
from pprint import pformat
from select import select
from threading import Lock
from typing import Any, NoReturn

import yaml

from millwright.cli import COLLECTED_AFTER

REPOSITORY = Path(__file__).parents[2]
# What of the environment the project is read by.
_NAMES = ("MILLWRIGHT_TARGET", "MILLWRIGHT_SCHEMA")
_NOT_READ = ("as_of", "history_starts_on")
READING = "partial_parse.msgpack"
_READING_SIZE = 32
_NONE = b"-" * _READING_SIZE
# As the session began: tests change this process's while its other threads begin commands.
_ENVIRONMENT = dict(os.environ)
_starting = Lock()
_known: dict[str, Any] = {}


class Command:
    """A command under way; `pid` is its process."""

    def __init__(self, command: Sequence[str], variables: dict[str, str], directory: Path):
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(address())
        request = {"command": command, "variables": _ENVIRONMENT | variables, "directory": str(directory)}
        socket.send_fds(self._connection, [_reading(**request)], [self._output.fileno()])
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        self._answers = self._connection.makefile()
        self.pid = int(self._answers.readline())

    def wait(self) -> tuple[int, str]:
        """Its exit code, negative if a signal ended it, and what it printed."""
        with self._output, self._connection, self._answers:
            exit_code = int(self._answers.readline())
            self._output.seek(0)
            return exit_code, self._output.read()


def begin(command: Sequence[str], variables: dict[str, str], directory: Path = REPOSITORY) -> Command:
    """Begins a console script of the environment in the directory; `variables` go over what the session began with."""
    return Command(command, variables, directory)


def run(command: Sequence[str], variables: dict[str, str]) -> tuple[int, str]:
    """Runs a console script of the environment in the repository; `variables` go over what the session began with.

    Returns its exit code and what it printed. Several threads may do so at once.
    """
    return begin(command, variables).wait()


def use(address: str) -> None:
    """Has commands run by a server that another process has started."""
    _known["address"] = address


def address() -> str:
    """Where the server listens; it is started when first asked for."""
    with _starting:
        if "address" not in _known:
            _known["process"], _known["address"] = _start()
        return _known["address"]


def _start() -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen(
        # What keepers began ends with them, which Python would complain of.
        [sys.executable, "-W", "ignore:resource_tracker", "-m", "support.commands"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = process.stdout.readline().strip()
    assert address, "the server of commands does not start"
    return process, address


def spare_dbt_work() -> None:
    """In this process, has garbage looked for as seldom as `millwright` does, and what dbt reads serve every file of
    DuckDB: nothing that is read depends on the file, yet dbt reads everything anew for another one.
    """
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    gc.set_threshold(COLLECTED_AFTER)
    keys = DuckDBCredentials._connection_keys
    DuckDBCredentials._connection_keys = lambda credentials: tuple(key for key in keys(credentials) if key != "path")


def main() -> None:
    """Prints where it listens and serves commands until its standard input ends."""
    scratch = Path(tempfile.mkdtemp(prefix="millwright-commands-"))
    keepers = {}
    try:
        _warm_up()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{scratch}/socket")
            listener.listen()
            print(f"{scratch}/socket", flush=True)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            while listener in select([listener, sys.stdin], [], [])[0]:
                connection, _ = listener.accept()
                reading, (output,), _, _ = socket.recv_fds(connection, _READING_SIZE, 1)
                if reading not in keepers:
                    keepers[reading] = _fork_keeper(scratch / reading.decode())
                socket.send_fds(keepers[reading], [reading], [connection.fileno(), output])
                connection.close()
                os.close(output)
    finally:
        shutil.rmtree(scratch)
        # What stays frozen is never freed, of which the binding of DuckDB would complain.
        gc.unfreeze()


def _reading(command: Sequence[str], variables: dict[str, str], directory: str) -> bytes:
    """What commands have in common for which the project reads the same."""
    if Path(directory) != REPOSITORY or "DBT_TARGET_PATH" not in variables:
        return _NONE
    names = [variables.get(name, "") for name in _NAMES]
    return md5(json.dumps([*names, *_other_variables(command)]).encode()).hexdigest().encode()


def _other_variables(command: Sequence[str]) -> list[str]:
    """The option `--vars` of a command of dbt, without what is not read."""
    if command[0] != "dbt" or "--vars" not in command:
        return []
    given = yaml.safe_load(command[command.index("--vars") + 1])
    others = {name: value for name, value in given.items() if name not in _NOT_READ}
    return ["--vars", json.dumps(others)] if others else []


def _database(variables: dict[str, str]) -> str:
    """The name of the database that these variables point to."""
    if variables["MILLWRIGHT_TARGET"] == "postgres":
        return variables["MILLWRIGHT_POSTGRES_DATABASE"]
    return Path(variables["MILLWRIGHT_DUCKDB_PATH"]).stem


def _warm_up() -> None:
    import dbt.adapters.postgres
    import dbt.task.build  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    import millwright.matching.fit  # noqa: F401

    spare_dbt_work()
    _rest_the_collector()


def _rest_the_collector() -> None:
    """Otherwise it would touch, and so copy, in every process all that there is by now."""
    gc.collect()
    gc.freeze()


def _fork_keeper(scratch: Path) -> socket.socket:
    """The end of a pair of sockets by which a new process is given commands."""
    ours, keepers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        try:
            ours.close()
            _keep(keepers, scratch)
        finally:
            os._exit(0)
    keepers.close()
    return ours


def _keep(given: socket.socket, scratch: Path) -> None:
    """Serves commands with the project as read for the first of them, until standard input ends."""
    reading = None
    while given in select([given, sys.stdin], [], [])[0]:
        kind, descriptors, _, _ = socket.recv_fds(given, _READING_SIZE, 2)
        if not kind:
            return
        connection, output = socket.socket(fileno=descriptors[0]), descriptors[1]
        request = json.loads(connection.makefile().readline())
        if kind != _NONE and reading is None:
            reading = Reading(request["command"], request["variables"], scratch)
        if os.fork() == 0:
            _serve(connection, request, output, reading)
        connection.close()
        os.close(output)


class Reading:
    """The project as dbt reads it for the first command of a keeper; `manifest` is None if it cannot."""

    def __init__(self, command: list[str], variables: dict[str, str], scratch: Path):
        from dbt.cli.main import dbtRunner

        self._scratch, self._database = scratch, _database(variables)
        # The static parser begins threads, which no fork would inherit.
        os.environ.update(variables | {"DBT_STATIC_PARSER": "false"})
        os.chdir(REPOSITORY)
        options = ["--target", os.environ["MILLWRIGHT_TARGET"], *_other_variables(command)]
        with (scratch.with_suffix(".said")).open("w") as said, redirect_stdout(said):
            self.manifest = dbtRunner().invoke(["--quiet", "parse", "--target-path", str(scratch), *options]).result
        _rest_the_collector()

    def turn_to(self, variables: dict[str, str]) -> None:
        """In the process of a command: has the manifest name the command's database, and leaves it in its target path,
        unless something was read there.
        """
        from dbt.parser.manifest import extended_mashumaro_encoder

        database, target = _database(variables), Path(variables["DBT_TARGET_PATH"])
        is_another = database != self._database
        if is_another:
            self._rename(database, variables)
        if (target / READING).exists():
            return
        target.mkdir(parents=True, exist_ok=True)
        if not is_another:
            for name in (READING, "manifest.json"):
                shutil.copyfile(self._scratch / name, target / name)
            return
        (target / READING).write_bytes(self.manifest.to_msgpack(extended_mashumaro_encoder))
        text = (self._scratch / "manifest.json").read_text()
        for quoted in ('\\"{}\\".', '"database": "{}"'):
            text = text.replace(quoted.format(self._database), quoted.format(database))
        (target / "manifest.json").write_text(text)

    def _rename(self, database: str, variables: dict[str, str]) -> None:
        from dbt.contracts.files import FileHash

        from millwright.warehouse import load_target

        relations = [*self.manifest.nodes.values(), *self.manifest.sources.values()]
        relations += [model.node_relation for model in self.manifest.semantic_models.values()]
        for relation in relations:
            relation.database = database
            if relation.relation_name:
                relation.relation_name = relation.relation_name.replace(f'"{self._database}".', f'"{database}".', 1)
        self.manifest.build_flat_graph()
        # As dbt does, to see whether it must read anew.
        credentials = load_target(REPOSITORY, variables["MILLWRIGHT_TARGET"]).credentials
        self.manifest.state_check.profile_hash = FileHash.from_contents(pformat(sorted(credentials.connection_info())))


def _serve(connection: socket.socket, request: dict[str, Any], output: int, reading: Reading | None) -> NoReturn:
    """Has one command run; answers with its process, and with its exit code when that has let go of everything."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        process = os.fork()
        if process == 0:
            _execute(**request, output=output, reading=reading)
        connection.sendall(b"%d\n" % process)
        _, status = os.waitpid(process, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _execute(
    command: list[str], variables: dict[str, str], directory: str, output: int, reading: Reading | None
) -> NoReturn:
    exit_code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(directory)
        sys.argv = command
        (script,) = entry_points(group="console_scripts", name=command[0])
        manifest = reading and reading.manifest
        if manifest:
            reading.turn_to(variables)
        exit_code = (_dbt(command[1:], manifest) if command[0] == "dbt" else script.load()()) or 0
    except SystemExit as end:
        exit_code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def _dbt(arguments: list[str], manifest: Any) -> int:
    from dbt.cli.main import dbtRunner

    outcome = dbtRunner(manifest=manifest).invoke(arguments)
    return 0 if outcome.success else 1 if outcome.exception is None else 2


if __name__ == "__main__":
    main()
