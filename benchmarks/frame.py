"""What a case is, where the cases are, and how one is run."""

import importlib
import pkgutil
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import cases
from benchmarks.measure import Command, Limits, Measurement, measure

LOG = "output.log"
LOG_LINES_SHOWN = 20


class Disagreement(Exception):
    """The contenders did not do the same work: the message says where their results differ."""


@dataclass(frozen=True)
class Run:
    """One finished run: what was measured, and the directory that it wrote to."""

    measurement: Measurement
    work: Path


class Case(ABC):
    """Something that the project does, and a peer that does the same another way.

    A module of `benchmarks.cases` has one as `CASE`; the module's name is the case's name.
    """

    #: What is timed and why it is fair, in Markdown; the first line is the headline.
    description: str
    #: What `size` counts, e.g. "million purchases".
    unit: str
    #: Who runs, in this order, again and again; the last is the peer. One alone is only checked.
    contenders: tuple[str, ...]
    #: Pairs of contenders, one beside the other, whose ratios the page tells beyond those to the peer.
    ratios: tuple[tuple[str, str], ...] = ()

    def contenders_at(self, scale: int) -> tuple[str, ...]:
        """Those of the contenders that run at this scale."""
        return self.contenders

    @abstractmethod
    def prepare(self, scale: int, data: Path) -> Path:
        """Makes the input at this scale in the directory `data`, unless it is there; returns its path."""

    @abstractmethod
    def size(self, inputs: Path) -> float:
        """How much input there is, in units."""

    @abstractmethod
    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        """The command to time. What it needs in the empty directory `work` is put there now, outside the timing."""

    @abstractmethod
    def check(self, works: Mapping[str, Path]) -> str:
        """Compares what the peer and others wrote, of those that came to their end; raises Disagreement if it differs.

        Returns a sentence that says what agrees.
        """

    def notes(self, runs: Mapping[str, Run]) -> str:
        """Markdown about the last run of each contender that came to its end."""
        return ""


@dataclass
class ScaleResult:
    """All measurements at one scale, by contender, and what the comparison of their results said."""

    scale: int
    size: float
    measurements: dict[str, list[Measurement]]
    agreement: str = "The results could not be compared: too few came to the end."
    disagreement: str | None = None
    notes: str = ""
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Nobody failed, and the results that could be compared agree."""
        has_failed = any(m.has_failed for measured in self.measurements.values() for m in measured)
        return not has_failed and self.disagreement is None

    def seconds(self, contender: str) -> float | None:
        """Median wall clock of the contender; None if it did not come to the end."""
        measured = self.measurements[contender]
        return median(m.seconds for m in measured) if measured[-1].is_done else None

    def processor_seconds(self, contender: str) -> float | None:
        """Median processor time of the contender; None if it did not come to the end."""
        measured = self.measurements[contender]
        return median(m.processor_seconds for m in measured) if measured[-1].is_done else None


def discover() -> dict[str, Case]:
    """The cases by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    return {name: importlib.import_module(f"{cases.__name__}.{name}").CASE for name in names}


def run_scale(case: Case, scale: int, runs: int, limits: Limits, data: Path, say: Callable[[str], None]) -> ScaleResult:
    """Runs every contender `runs` times, in turns; one that fails or is stopped is not run again."""
    data.mkdir(parents=True, exist_ok=True)
    say(f"{scale}x: preparing the data")
    inputs = case.prepare(scale, data)
    contenders = case.contenders_at(scale)
    result = ScaleResult(scale, case.size(inputs), {contender: [] for contender in contenders})
    with tempfile.TemporaryDirectory(prefix="work-", dir=data) as directory:
        # PostgreSQL, which root runs as `nobody`, has to reach what is in it.
        Path(directory).chmod(0o711)
        finished: dict[str, Run] = {}
        for number in range(1, runs + 1):
            for contender in contenders:
                measured = result.measurements[contender]
                if measured and not measured[-1].is_done:
                    continue
                work = _empty(Path(directory, str(contenders.index(contender))))
                run = Run(measure(case.command(contender, inputs, work), work / LOG, limits), work)
                measured.append(run.measurement)
                say(f"{scale}x, run {number} of {runs}, {contender}: {_said(run.measurement)}")
                if run.measurement.is_done:
                    finished[contender] = run
                else:
                    finished.pop(contender, None)
                    result.logs[contender] = _tail(work / LOG)
            if contenders[-1] in finished and len(finished) >= min(2, len(contenders)):
                try:
                    result.agreement = case.check({contender: run.work for contender, run in finished.items()})
                except Disagreement as disagreement:
                    result.disagreement = str(disagreement)
                    break
        result.notes = case.notes(finished)
    return result


def _empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


def _said(measurement: Measurement) -> str:
    if not measurement.is_done:
        return measurement.outcome
    return f"{measurement.seconds:.1f} s, {measurement.peak_memory / 2**20:.0f} MB"


def _tail(log: Path) -> str:
    lines: Sequence[str] = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_SHOWN:])
