"""One command in a process of its own: its time, its processor time and the memory of all its processes."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Command:
    """What to run, with what is added to the environment."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """Where a run is stopped: seconds of wall clock, and bytes of memory of all its processes."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Measurement:
    """How a run ended and what it took: seconds of wall clock and of processors, bytes of memory.

    `outcome` is `done`, `failed with exit code …`, `stopped after … s` or `out of memory at … GB`; `busy_elsewhere` is
    how many processors everything else on the machine kept busy meanwhile, on average.
    """

    outcome: str
    seconds: float
    processor_seconds: float
    peak_memory: int
    busy_elsewhere: float

    @property
    def is_done(self) -> bool:
        """The command ended by itself, with exit code 0."""
        return self.outcome == "done"

    @property
    def has_failed(self) -> bool:
        """The command ended with an error of its own, not at a limit."""
        return self.outcome.startswith("failed")


def measure(command: Command, log: Path, limits: Limits) -> Measurement:
    """Runs the command to its end or to a limit, with its output in `log`.

    Memory is the largest sum of the resident memory of the process and its descendants, looked at ten times a second;
    pages that several of them share, as the buffers of PostgreSQL, count once.
    """
    began, busy_before = time.monotonic(), _busy_seconds()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.arguments,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    watch = _Watch(process.pid, limits)
    try:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        watch.end()
        # Whoever interrupts a benchmark, or is stopped at a limit, leaves nothing running.
        _kill(process.pid)
    ending = "done" if process.returncode == 0 else f"failed with exit code {process.returncode}"
    own_seconds = usage.ru_utime + usage.ru_stime
    return Measurement(
        outcome=watch.stopped or ending,
        seconds=seconds,
        processor_seconds=own_seconds,
        peak_memory=watch.peak_memory,
        busy_elsewhere=max(0.0, _busy_seconds() - busy_before - own_seconds) / seconds,
    )


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


class _Watch:
    """Looks at a process and its descendants until told to end; kills their process group at a limit."""

    def __init__(self, pid: int, limits: Limits) -> None:
        self.peak_memory = 0
        self.stopped: str | None = None
        self._pid = pid
        self._limits = limits
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        deadline = time.monotonic() + self._limits.seconds
        while self.stopped is None:
            self.peak_memory = max(self.peak_memory, _memory_of_tree(self._pid))
            if self.peak_memory > self._limits.memory:
                self._stop(f"out of memory at {self._limits.memory / 2**30:.3g} GB")
            elif time.monotonic() > deadline:
                self._stop(f"stopped after {self._limits.seconds:.0f} s")
            elif self._ended.wait(POLL_SECONDS):
                return

    def _stop(self, reason: str) -> None:
        if not self._ended.is_set():
            self.stopped = reason
            _kill(self._pid)


def _kill(pid: int) -> None:
    # A server has left the process group; its parents are gone when they have been killed, so it is looked for before.
    tree = _tree(pid)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _tree(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def _memory_of_tree(pid: int) -> int:
    own, shared = 0, 0
    for process in _tree(pid):
        with suppress(psutil.NoSuchProcess):
            memory = process.memory_info()
            # Not every system tells what is shared.
            shared_here = getattr(memory, "shared", 0)
            own += memory.rss - shared_here
            shared = max(shared, shared_here)
    return own + shared
