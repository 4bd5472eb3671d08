"""The states that projects, versions and the rest go through, as the seed `lifecycle_transitions` has them.

`python -m millwright.lifecycle > docs/lifecycle.md`, in the project's directory, draws them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

SEED = "lifecycle_transitions"
Rows = Sequence[tuple[int, dict[str, str | None]]]

_HEAD = """\
# The lifecycle of models

What may become of what, and by which procedure; everything else is refused. It is the seed
[lifecycle_transitions](../seeds/config/lifecycle_transitions.csv), drawn by
`python -m millwright.lifecycle > docs/lifecycle.md`.
"""
_TITLES = {
    "project": "Projects",
    "experiment": "Experiments",
    "version": "Versions",
    "deployment": "Deployments of a project in an environment",
    "incident": "Incidents",
    "retraining_job": "Retraining jobs",
}


def problems_of_transitions(rows: Rows, procedures: set[str]) -> Iterator[tuple[int, str]]:
    """What is wrong with rows of the seed, by their lines: unknown procedures, states without a way to them."""
    reached = {(row["entity"], row["to_status"]) for _, row in rows}
    begun = {row["entity"] for _, row in rows if row["from_status"] is None}
    for line, row in rows:
        if row["procedure"] is not None and row["procedure"] not in procedures:
            yield line, f"there is no procedure {row['procedure']!r} in macros/procedures/"
        if row["from_status"] is not None and (row["entity"], row["from_status"]) not in reached:
            yield line, f"nothing ever becomes {row['from_status']!r}, since no line for {row['entity']} leads to it"
        if row["entity"] not in begun:
            yield line, f"nothing for {row['entity']} has a blank from_status, so none ever begins"


def drawn(rows: Rows) -> str:
    """A page of state diagrams, one per entity, in the order of the seed."""
    edges: dict[str, dict[tuple[str, str], list[str]]] = {}
    for _, row in rows:
        edge = (row["from_status"] or "[*]", row["to_status"])
        edges.setdefault(row["entity"], {}).setdefault(edge, []).append(row["procedure"])
    parts = [_HEAD]
    for entity, by_edge in edges.items():
        lines = [f"    {begin} --> {end}: {', '.join(said)}" for (begin, end), said in by_edge.items()]
        parts.append(
            "\n".join([f"## {_TITLES.get(entity, entity)}", "", "```mermaid", "stateDiagram-v2", *lines, "```", ""])
        )
    return "\n".join(parts)


def main() -> None:
    with Path("seeds", "config", f"{SEED}.csv").open(newline="") as file:
        rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
    print(drawn(list(enumerate(rows, 2))), end="")


if __name__ == "__main__":
    main()
