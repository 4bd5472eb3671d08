"""A run of the nightly command: what was wished for, and what its stages know of each other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from millwright.lock import RunLock
from millwright.pipelines import DEFAULT, Pipeline
from millwright.project import Project
from millwright.publish import Publication
from millwright.run_log import RunLog, wall_clock

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from millwright.build import Step


@dataclass(frozen=True)
class Wishes:
    """What the caller asks for.

    `as_of` is written as `normalise_as_of` does. `select` are dbt's selection expressions, in place of the pipeline's
    selection. `retries` and `retry_delay_minutes` are the pipeline's if None.
    """

    as_of: str
    pipeline_id: str = DEFAULT
    select: Sequence[str] = ()
    full_refresh: bool = False
    publishing: bool = True
    retries: int | None = None
    retry_delay_minutes: float | None = None


@dataclass
class Run:
    """One run: the parsed project, `steps` that dbt has done by node, and what was wished for.

    `pipeline` is a stand-in until the configuration is known to be right; `log` are the landing tables about runs.
    """

    project: Project
    console: Console
    wishes: Wishes
    lock: RunLock
    manifest: Manifest
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    steps: dict[str, Step] = field(default_factory=dict)
    n_retried: int = 0
    publication: Publication | None = None

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(self.wishes.pipeline_id)
        self.log = RunLog(self.project.target, self.manifest)

    @property
    def selection(self) -> list[str]:
        """What is built, as dbt's arguments."""
        wished = [argument for expression in self.wishes.select for argument in ("--select", expression)]
        return wished or self.pipeline.selection

    @property
    def n_retries(self) -> int:
        """So often what failed for a passing reason is tried again."""
        return self.pipeline.max_retries if self.wishes.retries is None else self.wishes.retries

    @property
    def retry_delay_minutes(self) -> float:
        """Minutes before each retry."""
        delay = self.wishes.retry_delay_minutes
        return self.pipeline.retry_delay_minutes if delay is None else delay

    @property
    def may_retry(self) -> bool:
        """Whether what failed for a passing reason will be tried again."""
        return self.n_retried < self.n_retries

    def event(self, event: str, message: str) -> dict[str, Any]:
        """A row of `ops.runs` about this run."""
        return {
            "run_id": self.run_id,
            "pipeline_id": self.pipeline.pipeline_id,
            "event": event,
            "command": "build",
            "target_name": self.project.target.name,
            "as_of": self.wishes.as_of,
            "is_full_refresh": self.wishes.full_refresh,
            "recorded_at": wall_clock(),
            "message": message,
        }

    def warn(self, message: str) -> None:
        """Prints something that does not end the run."""
        self.console.print(f"[yellow]warning[/] {escape(message)}", highlight=False, soft_wrap=True)

    def selected(self, selection: Sequence[str]) -> list[str]:
        """Unique ids of the nodes that a selection builds."""
        return self.project.selected(self.manifest, selection)
