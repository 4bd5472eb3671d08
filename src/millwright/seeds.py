"""Seeds as they are written: the lines of a CSV file, before dbt has loaded it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SeedNode

    from millwright.project import Project

# What dbt loads as NULL, in any case.
_NULLS = ("", "null")


@dataclass(frozen=True)
class Seed:
    """A CSV file: where it lies in its project, its header, and its rows with their line numbers.

    `rows` have a value, or None, for every column of the header; `ragged` are the lines with more fields or fewer.
    """

    node: SeedNode
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str | None]], ...]
    ragged: tuple[tuple[int, int], ...]

    @property
    def file(self) -> str:
        """The file's path in its project."""
        return self.node.original_file_path


def read_seed(project: Project, manifest: Manifest, name: str) -> Seed | None:
    """The seed of that name; None where the project has none."""
    nodes = (node for node in manifest.nodes.values() if (node.resource_type, node.name) == ("seed", name))
    node = next(nodes, None)
    if node is None:
        return None
    rows, ragged = [], []
    # A mark of the byte order, as spreadsheets write it, is no part of the first column's name.
    with Path(node.root_path or project.directory, node.original_file_path).open(
        encoding="utf-8-sig", newline=""
    ) as file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                ragged.append((reader.line_num, len(fields)))
                continue
            values = (None if field.strip().lower() in _NULLS else field for field in fields)
            rows.append((reader.line_num, dict(zip(header, values, strict=True))))
    return Seed(node, header, tuple(rows), tuple(ragged))
