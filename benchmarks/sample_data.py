"""The sample world at some scale, for any case: made once, and anew when what makes it has changed."""

import hashlib
from pathlib import Path

import duckdb

import millwright.sample
from millwright.sample import generate


def raw_warehouse(scale: int, data: Path) -> Path:
    """A DuckDB file in the directory `data` with `scale` copies of the raw tables and nothing else."""
    path = data / f"raw_{scale}x_{_version()}.duckdb"
    if not path.exists():
        for old in data.glob(f"raw_{scale}x_*"):
            old.unlink()
        unfinished = path.with_suffix(".unfinished")
        with duckdb.connect(unfinished) as duck:
            generate(duck, scale)
        unfinished.rename(path)
    return path


def _version() -> str:
    directory = Path(millwright.sample.__file__).parent
    digest = hashlib.md5()
    for file in sorted(file for file in directory.rglob("*") if file.suffix in (".py", ".sql", ".csv")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
