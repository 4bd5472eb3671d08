"""The sample world as input of any case: made once, and anew when what makes it has changed."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

import millwright.sample
from benchmarks import postgres
from millwright.local_postgres import PostgresCluster
from millwright.sample import generate


def raw_warehouse(scale: int, data: Path) -> Path:
    """A DuckDB file in the directory `data` with `scale` copies of the raw tables and nothing else."""
    return made_once(f"raw_{scale}x", data, lambda duck: generate(duck, scale))


def made_once(name: str, data: Path, fill: Callable[[duckdb.DuckDBPyConnection], None], *code: Path) -> Path:
    """A DuckDB file in the directory `data`, filled by `fill`; made anew when the sample world or `code` changed."""

    def make(path: Path) -> None:
        with duckdb.connect(path) as duck:
            fill(duck)

    return _made_once(name, ".duckdb", data, make, code)


def cluster_made_once(name: str, data: Path, fill: Callable[[Path], None], *code: Path) -> Path:
    """As `made_once`, a PostgreSQL cluster; made anew when its settings changed, too."""

    def make(path: Path) -> None:
        path.mkdir()
        PostgresCluster(path).create(postgres.SETTINGS)
        fill(path)

    return _made_once(name, ".postgres", data, make, (*code, Path(postgres.__file__)))


def _made_once(name: str, suffix: str, data: Path, make: Callable[[Path], None], code: Sequence[Path]) -> Path:
    path = (data / f"{name}_{_version(code)}").with_suffix(suffix)
    if not path.exists():
        for old in data.glob(f"{name}_*"):
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink()
        unfinished = path.with_suffix(".unfinished")
        make(unfinished)
        unfinished.rename(path)
    return path


def _version(code: Sequence[Path]) -> str:
    directory = Path(millwright.sample.__file__).parent
    digest = hashlib.md5()
    for file in sorted(file for file in directory.rglob("*") if file.suffix in (".py", ".sql", ".csv")):
        digest.update(file.read_bytes())
    for file in code:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
