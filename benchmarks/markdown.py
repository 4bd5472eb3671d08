"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a column is right-aligned if all its cells are numbers, possibly with a range, or empty."""
    rows = list(rows)
    marks = ["---:" if all(_is_numeric(row[position]) for row in rows) else "---" for position in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def _is_numeric(cell: str) -> bool:
    return not cell.strip("0123456789.,") or (cell[0].isdigit() and cell[-1].isdigit())
