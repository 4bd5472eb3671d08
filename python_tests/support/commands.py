"""Runs `dbt` and `millwright` as a user would, but for the seconds that each takes to begin.

A server imports everything and reads the project once; every command is then a process of its own, forked from it, and
what it changes there ends with it. The server, `python -m support.commands` in `python_tests`, ends with its parent.
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
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from select import select
from threading import Lock
from typing import NoReturn

REPOSITORY = Path(__file__).parents[2]
_OUTPUT = b"output"
_starting = Lock()


def run(command: tuple[str, ...], variables: dict[str, str]) -> tuple[int, str]:
    """Runs a console script of the environment in the repository, with these environment variables besides.

    Returns its exit code and what it printed. Several threads may do so at once.
    """
    with _starting:
        _, address = _server()
    with tempfile.TemporaryFile("w+") as output, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [_OUTPUT], [output.fileno()])
        connection.sendall(json.dumps({"command": command, "variables": os.environ | variables}).encode() + b"\n")
        exit_code = int(connection.makefile().read())
        output.seek(0)
        return exit_code, output.read()


@cache
def _server() -> tuple[subprocess.Popen, str]:
    """Starts the server; its process and where it listens."""
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
    """Has one command run, and answers with its exit code when its process has let go of everything."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _, (output,), _, _ = socket.recv_fds(connection, len(_OUTPUT), 1)
        request = json.loads(connection.makefile().readline())
        process = os.fork()
        if process == 0:
            _execute(request["command"], request["variables"], output)
        _, status = os.waitpid(process, 0)
        connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _execute(command: list[str], variables: dict[str, str], output: int) -> NoReturn:
    exit_code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(REPOSITORY)
        sys.argv = command
        (script,) = entry_points(group="console_scripts", name=command[0])
        exit_code = script.load()() or 0
    except SystemExit as end:
        exit_code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


if __name__ == "__main__":
    main()
