"""Fixtures that every test may ask for.

`histories` is where most of the suite's time goes: both engines, side by side, live through the same runs.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.history import History, live_through
from support.postgres_server import PostgresServer, postgres_server
from support.world import World


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with an empty database, started once for the session."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def histories(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, History]:
    """The history by engine."""
    worlds = {engine: World(engine, tmp_path_factory.mktemp(engine), postgres) for engine in ("duckdb", "postgres")}
    with ThreadPoolExecutor() as pool:
        return dict(zip(worlds, pool.map(live_through, worlds.values()), strict=True))


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
