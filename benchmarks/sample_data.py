"""The sample world as input of any case: made once, and anew when what makes it has changed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb

import millwright.sample
from millwright.sample import generate


def raw_warehouse(scale: int, data: Path) -> Path:
    """A DuckDB file in the directory `data` with `scale` copies of the raw tables and nothing else."""
    return made_once(f"raw_{scale}x", data, lambda duck: generate(duck, scale))


def made_once(name: str, data: Path, fill: Callable[[duckdb.DuckDBPyConnection], None], *code: Path) -> Path:
    """A DuckDB file in the directory `data`, filled by `fill`; made anew when the sample world or `code` changed."""
    path = data / f"{name}_{_version(code)}.duckdb"
    if not path.exists():
        for old in data.glob(f"{name}_*"):
            old.unlink()
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with duckdb.connect(unfinished) as duck:
            fill(duck)
        unfinished.rename(path)
    return path


def _version(code: tuple[Path, ...]) -> str:
    directory = Path(millwright.sample.__file__).parent
    digest = hashlib.md5()
    for file in sorted(file for file in directory.rglob("*") if file.suffix in (".py", ".sql", ".csv")):
        digest.update(file.read_bytes())
    for file in code:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
