"""Fixtures that every test may ask for.

`histories` is where most of the suite's time goes: both engines, side by side, live through the same nights. They begin
with the session, and the tests that look at them come last.
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from support.history import History, live_through
from support.postgres_server import PostgresServer, another_database, postgres_server
from support.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that wait for the lives come last, so that the others run while they go on."""
    items.sort(key=lambda item: "histories" in item.fixturenames)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with an empty database, started once for the session."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def lives_under_way(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future]]:
    """Both lives, begun side by side before the first test; those tests that need none of them run meanwhile."""
    if not any("histories" in item.fixturenames for item in request.session.items):
        yield {}
        return
    postgres = request.getfixturevalue("postgres")
    # A database of their own, since other tests take the lock of theirs meanwhile.
    with another_database(postgres, f"{postgres.database}_lives") as server, ThreadPoolExecutor() as pool:
        worlds = {engine: World(engine, tmp_path_factory.mktemp(engine), server) for engine in ("duckdb", "postgres")}
        yield {engine: pool.submit(live_through, world) for engine, world in worlds.items()}


@pytest.fixture(scope="session")
def histories(lives_under_way: dict[str, Future]) -> dict[str, History]:
    """What each engine's warehouse lived through, once it is over."""
    return {engine: life.result() for engine, life in lives_under_way.items()}


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
