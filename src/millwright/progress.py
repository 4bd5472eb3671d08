"""What a person watching a build sees: a bar on a terminal, a line per layer in a log, every problem as it happens."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

OUTCOMES = {
    "success": "ok",
    "pass": "ok",
    "no-op": "ok",
    "reused": "ok",
    "warn": "warned",
    "error": "failed",
    "fail": "failed",
    "runtime error": "failed",
    "partial success": "failed",
    "skipped": "skipped",
}
_STYLES = {"ok": "green", "warned": "yellow", "failed": "red", "skipped": "dim"}
_KINDS = {"operation": "hook", "test": "data test", "unit_test": "unit test"}
_LONGEST_MESSAGE = 20  # lines
# dbt's own wording of a test's warning; the node's result says the same with its path.
_REPEATED_WARNINGS = {"LogTestResult", "RunResultWarning", "RunResultWarningMessage"}


class BuildProgress:
    """Callback for dbt's events; a context manager while the build runs. dbt calls it from several threads.

    `finished` has what dbt told of every node that it came to, also when it could not tell the end of the whole.
    """

    def __init__(self, console: Console, manifest: Manifest):
        self._console = console
        self._manifest = manifest
        self._guard = threading.Lock()
        self._began = time.monotonic()
        self._running: dict[str, str] = {}
        self._layers: set[str] = set()
        self.finished: dict[str, Any] = {}
        self.invocation_id: str | None = None
        self._total = 0
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def __call__(self, event: EventMsg) -> None:
        """Takes one event of dbt."""
        with self._guard:
            self.invocation_id = event.info.invocation_id
            match event.info.name:
                case "LogStartLine" | "SkippingDetails":
                    self._total = event.data.total
                case "NodeStart":
                    self._start(event.data.node_info)
                case "NodeFinished":
                    self._finish(event.data)
                case name if event.info.level == "warn" and name not in _REPEATED_WARNINGS:
                    self._console.print(f"[yellow]warning[/] {escape(event.info.msg)}")

    def _start(self, node_info) -> None:
        self._running[node_info.unique_id] = node_info.node_name
        self._redraw()
        node = self._manifest.nodes.get(node_info.unique_id)
        if self._console.is_terminal or node is None or node.resource_type == "test":
            return
        layer = layer_of(node)
        if layer not in self._layers:
            self._layers.add(layer)
            seconds = time.monotonic() - self._began
            self._console.print(f"{seconds:6.1f} s  {len(self.finished):>4} nodes done  {layer}")

    def _finish(self, data) -> None:
        self.finished[data.node_info.unique_id] = data
        self._running.pop(data.node_info.unique_id, None)
        self._redraw()
        node_id, result = data.node_info.unique_id, data.run_result
        if OUTCOMES.get(result.status) in ("failed", "warned"):
            node = self._manifest.nodes.get(node_id) or self._manifest.unit_tests.get(node_id)
            path = node.original_file_path if node else data.node_info.node_path
            name, message = data.node_info.node_name, result.message
            if data.node_info.resource_type == "test":
                message += f"\nsee the rows: dbt show --select {name}"
            print_problem(self._console, result.status, name, path, message)

    def _redraw(self) -> None:
        names = ", ".join(self._running.values())
        self._bar.update(self._task, completed=len(self.finished), total=self._total or None, description=escape(names))


def layer_of(node) -> str:
    """The layer of a dbt model, i.e. its folder; the kind of another node, in the plural."""
    return node.fqn[1] if node.resource_type == "model" and len(node.fqn) > 2 else f"{node.resource_type}s"


def print_problem(console: Console, status: str, name: str, path: str, message: str) -> None:
    """Prints what is wrong with one node: its name, its file and the lines of dbt's message that help."""
    outcome = OUTCOMES[status]
    console.print(f"[{_STYLES[outcome]}]{outcome:<7}[/] [bold]{escape(name)}[/] [dim]{escape(path)}[/]", soft_wrap=True)
    for line in useful_lines(message or ""):
        console.print(f"        {escape(line)}", soft_wrap=True, highlight=False)


def useful_lines(message: str) -> list[str]:
    """A message of dbt without the heading that repeats node and file, and without the middle if it is long."""
    lines = [line.rstrip() for line in message.strip().splitlines() if line.strip()]
    if len(lines) > 1 and re.match(r"\w+ Error in \w+", lines[0]):
        lines = lines[1:]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    lines = [line[indent:] for line in lines]
    if len(lines) <= _LONGEST_MESSAGE:
        return lines
    # The cause comes first in a database's message and last in Python's traceback.
    half = _LONGEST_MESSAGE // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} more lines in the log …", *lines[-half:]]


def print_summary(console: Console, ended: Sequence[tuple[str, str]], seconds: float) -> None:
    """Prints how many nodes of each kind ended how, by (resource type, dbt's status), and how long the build took."""
    counts: dict[str, dict[str, int]] = {}
    for resource_type, status in ended:
        row = counts.setdefault(_KINDS.get(resource_type, resource_type), dict.fromkeys(_STYLES, 0))
        row[OUTCOMES[status]] += 1
    table = Table("kind", show_edge=False)
    for outcome, style in _STYLES.items():
        table.add_column(outcome, justify="right", style=style)
    for kind, row in sorted(counts.items()):
        table.add_row(kind, *(str(n) if n else "·" for n in row.values()))
    console.print(f"\n[bold]{len(ended)} nodes in {seconds:.1f} s[/]", highlight=False)
    console.print(table)
