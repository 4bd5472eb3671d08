"""Runs `dbt` and `millwright` as a user would, but for the seconds that each takes to begin.

A server imports everything once; every command is then a process of its own, forked from it, and what it changes there
ends with it. The server, `python -m support.commands` in `python_tests`, ends with its parent. `dbt` is given a project
read without the var `as_of`: nothing that is read depends on it, yet dbt reads everything anew for each of its values.
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
from importlib.metadata import entry_points
from pathlib import Path
from select import select
from threading import Lock
from typing import Any, NoReturn

import yaml

REPOSITORY = Path(__file__).parents[2]
_OUTPUT = b"output"
_starting = Lock()
_known: dict[str, Any] = {}


class Command:
    """A command under way; `pid` is its process."""

    def __init__(self, command: Sequence[str], variables: dict[str, str], directory: Path):
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(address())
        socket.send_fds(self._connection, [_OUTPUT], [self._output.fileno()])
        request = {"command": command, "variables": os.environ | variables, "directory": str(directory)}
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
    """Begins a console script of the environment in the directory, with these environment variables besides."""
    return Command(command, variables, directory)


def run(command: Sequence[str], variables: dict[str, str]) -> tuple[int, str]:
    """Runs a console script of the environment in the repository, with these environment variables besides.

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
        [sys.executable, "-m", "support.commands"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = process.stdout.readline().strip()
    assert address, "the server of commands does not start"
    return process, address


def main() -> None:
    """Prints where it listens and serves commands until its standard input ends."""
    scratch = tempfile.mkdtemp(prefix="millwright-commands-")
    try:
        _warm_up(scratch)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{scratch}/socket")
            listener.listen()
            print(f"{scratch}/socket", flush=True)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            while listener in select([listener, sys.stdin], [], [])[0]:
                connection, _ = listener.accept()
                if os.fork() == 0:
                    _serve(connection)
                connection.close()
    finally:
        shutil.rmtree(scratch)
        # What stays frozen is never freed, of which the binding of DuckDB would complain.
        gc.unfreeze()


def _warm_up(scratch: str) -> None:
    import sklearn.linear_model  # noqa: F401

    import millwright.cli
    import millwright.matching.fit  # noqa: F401
    from support.house import parse

    # The static parser begins threads, which no fork would inherit.
    os.environ |= {"MILLWRIGHT_DUCKDB_PATH": f"{scratch}/none.duckdb", "DBT_STATIC_PARSER": "false"}
    parse(REPOSITORY, Path(scratch))
    # Otherwise the collector would touch, and so copy, all of this in every process.
    gc.collect()
    gc.freeze()


def _serve(connection: socket.socket) -> NoReturn:
    """Has one command run; answers with its process, and with its exit code when that has let go of everything."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _, (output,), _, _ = socket.recv_fds(connection, len(_OUTPUT), 1)
        request = json.loads(connection.makefile().readline())
        process = os.fork()
        if process == 0:
            _execute(**request, output=output)
        connection.sendall(b"%d\n" % process)
        _, status = os.waitpid(process, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _execute(command: list[str], variables: dict[str, str], directory: str, output: int) -> NoReturn:
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
        exit_code = (_dbt(command[1:]) if command[0] == "dbt" else script.load()()) or 0
    except SystemExit as end:
        exit_code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def _dbt(arguments: list[str]) -> int:
    from dbt.cli.main import dbtRunner

    options = []
    if "--vars" in arguments:
        variables = yaml.safe_load(arguments[arguments.index("--vars") + 1])
        others = {name: value for name, value in variables.items() if name != "as_of"}
        options = ["--vars", json.dumps(others)] if others else []
    outcome = dbtRunner().invoke(["--quiet", "parse", "--target", os.environ["MILLWRIGHT_TARGET"], *options])
    if outcome.success:
        outcome = dbtRunner(manifest=outcome.result).invoke(arguments)
    return 0 if outcome.success else 1 if outcome.exception is None else 2


if __name__ == "__main__":
    main()
