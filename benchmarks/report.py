"""The Markdown page of a case's results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.frame import Case, ScaleResult
from benchmarks.markdown import markdown_table


@dataclass
class Report:
    """What one call of the command measured; rendered after each scale, so that a long call leaves what it has."""

    name: str
    case: Case
    command: str
    began_on: str
    machine: dict[str, str]
    results: list[ScaleResult] = field(default_factory=list)

    def markdown(self) -> str:
        """The page: the main table, what there is to say about each scale, the machine and the command."""
        headline, _, rest = self.case.description.strip().partition("\n")
        parts = [f"# {self.name}: {headline}", rest.strip(), self._table()]
        parts += [_remarks(result, self.case.ratios) for result in self.results]
        return "\n\n".join(part for part in [*parts, self._origin()] if part) + "\n"

    def _table(self) -> str:
        header = ["scale", self.case.unit, "contender", "seconds", "range", "runs", "times the peer"]
        header += ["processor seconds", "busy elsewhere", "peak MB", f"seconds per {self.case.unit}"]
        return markdown_table(
            header, [_row(result, contender) for result in self.results for contender in result.measurements]
        )

    def _origin(self) -> str:
        facts = ", ".join(f"{fact} {value}" for fact, value in self.machine.items())
        return (
            "## Where and how\n\n"
            f"On {self.began_on}; {facts}.\n\n"
            "The contenders ran in turns, every run in fresh processes. Seconds are medians of the wall clock; *busy "
            "elsewhere* is how many processors everything else on the machine kept busy meanwhile. Peak memory is the "
            "largest sum over the processes of a run, looked at ten times a second; 1 MB is 2^20 bytes.\n\n"
            f"```\n{self.command}\n```"
        )


def _row(result: ScaleResult, contender: str) -> list[str]:
    measured = result.measurements[contender]
    name = [f"{result.scale}x", _figure(result.size), contender]
    peak = f"{max(m.peak_memory for m in measured) / 2**20:,.0f}"
    busy_elsewhere = f"{median(m.busy_elsewhere for m in measured):.1f}"
    seconds = result.seconds(contender)
    if seconds is None:
        return [*name, measured[-1].outcome, "", str(len(measured)), "", "", busy_elsewhere, peak, ""]
    all_seconds = [m.seconds for m in measured]
    peer_seconds = result.seconds(next(reversed(result.measurements)))
    return [
        *name,
        f"{seconds:.1f}",
        f"{min(all_seconds):.1f} to {max(all_seconds):.1f}",
        str(len(measured)),
        f"{seconds / peer_seconds:.2f}" if peer_seconds else "",
        f"{median(m.processor_seconds for m in measured):.1f}",
        busy_elsewhere,
        peak,
        f"{seconds / result.size:.{1 if seconds >= result.size else 3}f}",
    ]


def _figure(size: float) -> str:
    return f"{size:,.0f}" if size >= 100 else f"{size:.3g}"


def _remarks(result: ScaleResult, ratios: Sequence[tuple[str, str]]) -> str:
    compared = f"**The results differ:** {result.disagreement}" if result.disagreement else result.agreement
    logs = [f"{contender} ended with:\n\n```\n{log}\n```" for contender, log in result.logs.items() if log]
    parts = (f"## At {result.scale}x", compared, _ratios(result, ratios), *logs, result.notes)
    return "\n\n".join(part for part in parts if part)


def _ratios(result: ScaleResult, ratios: Sequence[tuple[str, str]]) -> str:
    rows = []
    for pair in ratios:
        if all(contender in result.measurements and result.seconds(contender) for contender in pair):
            seconds, processor_seconds = (
                measure(pair[0]) / measure(pair[1]) for measure in (result.seconds, result.processor_seconds)
            )
            rows.append([*pair, f"{seconds:.2f}", f"{processor_seconds:.2f}"])
    return (
        markdown_table(["contender", "beside", "times the seconds", "times the processor seconds"], rows)
        if rows
        else ""
    )
