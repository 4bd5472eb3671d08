"""Fixtures that every test may ask for.

`lives` is where most of the suite's time goes: both engines, side by side, live through the same nights.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
import pytest
from support.history import History, live_once, live_through
from support.postgres_server import PostgresServer, postgres_server
from support.world import World


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with an empty database, started once for the session."""
    with postgres_server() as server:
        yield server


@dataclass(frozen=True)
class Lives:
    """What the warehouses of the suite lived through: night by night on each engine, and in one night on DuckDB."""

    histories: dict[str, History]
    one_night: dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def lives(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """All of them, side by side."""
    worlds = {engine: World(engine, tmp_path_factory.mktemp(engine), postgres) for engine in ("duckdb", "postgres")}
    other = World("duckdb", tmp_path_factory.mktemp("one_night"), postgres)
    with ThreadPoolExecutor() as pool:
        lived = {engine: pool.submit(live_through, world) for engine, world in worlds.items()}
        one_night = pool.submit(live_once, other)
        return Lives({engine: life.result() for engine, life in lived.items()}, one_night.result())


@pytest.fixture(scope="session")
def histories(lives: Lives) -> dict[str, History]:
    """The night by night history, by engine."""
    return lives.histories


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def history(request: pytest.FixtureRequest, histories: dict[str, History]) -> History:
    """The history on each engine in turn."""
    return histories[request.param]


@pytest.fixture(scope="session")
def world(history: History) -> World:
    """The warehouse on each engine in turn, as of the end of the sample world."""
    return history.world


@pytest.fixture(scope="session")
def manifest(histories: dict[str, History]) -> dict:
    """dbt's manifest of the project."""
    return json.loads((histories["duckdb"].world.directory / "target" / "manifest.json").read_text())
