"""Fixtures that every test may ask for.

The suite runs in one process or, file by file, in several workers of pytest-xdist, which share a PostgreSQL server and
the server of commands. `histories` is where most of its time goes: both engines, side by side, live through the same
nights with a tenth of the sample's customers, and DuckDB builds some of it with all of them, each begun by one of
the workers. They begin with the session, and the tests that look at them come last.
"""

import json
import pickle
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from support import commands
from support.history import History, live_through, live_with_everybody
from support.postgres_server import PostgresServer, another_database, postgres_server
from support.world import World, copy_of

ENGINES = ("duckdb", "postgres")
LIVES = {
    "postgres": ("postgres", live_through),
    "duckdb": ("duckdb", live_through),
    "whole": ("duckdb", live_with_everybody),
}
# Which of them a test waits for, by the fixture that it asks for.
WAITS_FOR = {"histories": {"postgres", "duckdb"}, "whole_world": {"whole"}}
SHARED = pytest.StashKey[dict[str, Any]]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the process that directs the workers: hands each what they share."""
    node.workerinput["shared"] = shared(node.config)
    node.workerinput["commands"] = commands.address()


def pytest_configure(config: pytest.Config) -> None:
    """Spares dbt work; in a worker, takes what the workers share."""
    commands.spare_dbt_work()
    if hasattr(config, "workerinput"):
        config.stash[SHARED] = config.workerinput["shared"]
        commands.use(config.workerinput["commands"])


def shared(config: pytest.Config) -> dict[str, Any]:
    """Where PostgreSQL listens, with which databases; started when first asked for."""
    if SHARED not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        server = stack.enter_context(postgres_server())
        # A database of their own, since other tests take the lock of theirs meanwhile.
        lives = stack.enter_context(another_database(server, f"{server.database}_lives"))
        config.stash[SHARED] = {"postgres": asdict(server), "lives": asdict(lives)}
    return config.stash[SHARED]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that wait for the lives come last, so that the others run while they go on."""
    items.sort(key=lambda item: bool(waits_for(item)))


def waits_for(item: pytest.Item) -> set[str]:
    """The lives that a test waits for."""
    return set().union(*(WAITS_FOR.get(fixture, set()) for fixture in item.fixturenames))


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The number of this process among those that run the tests, from 0, and how many they are."""
    given = getattr(request.config, "workerinput", {"workerid": "gw0", "workercount": 1})
    return int(given["workerid"].removeprefix("gw")), given["workercount"]


@pytest.fixture(scope="module")
def postgres(request: pytest.FixtureRequest, worker: tuple[int, int]) -> Iterator[PostgresServer]:
    """A PostgreSQL server with an empty database, which is this file's own."""
    server = PostgresServer(**shared(request.config)["postgres"])
    with another_database(server, f"{server.database}_{worker[0]}") as own:
        yield own


@pytest.fixture(scope="session", autouse=True)
def lives_under_way(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: tuple[int, int]
) -> Iterator[Path]:
    """The lives that any test waits for, begun side by side before the first one; tests that need none run meanwhile.

    Gives the directory in which each leaves what it became, or what went wrong.
    """
    number, n_workers = worker
    own = tmp_path_factory.getbasetemp()
    directory = own.parent if n_workers > 1 else own
    waited_for = set().union(*map(waits_for, request.session.items))
    if not waited_for:
        yield directory
        return
    server = PostgresServer(**shared(request.config)["lives"])
    with ThreadPoolExecutor() as pool:
        for position, (name, (engine, life)) in enumerate(LIVES.items()):
            if name in waited_for and position % n_workers == number:
                pool.submit(live, life, World(engine, tmp_path_factory.mktemp(name), server), directory / name)
        yield directory


def live(life: Callable[[World], Any], world: World, file: Path) -> None:
    """Leaves what a life became in a file, which is there once it is whole; or what went wrong, as text."""
    try:
        outcome = life(world)
    except BaseException:
        outcome = traceback.format_exc()
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_bytes(pickle.dumps(outcome))
    unfinished.rename(file.with_suffix(".life"))


def outcome_of(name: str, directory: Path) -> Any:
    """What a life became, once it is over."""
    file = directory / f"{name}.life"
    while not file.exists():
        time.sleep(0.1)
    outcome = pickle.loads(file.read_bytes())
    assert not isinstance(outcome, str), f"the life {name} came to a bad end:\n{outcome}"
    return outcome


@pytest.fixture(scope="session")
def histories(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker: tuple[int, int],
    lives_under_way: Path,
) -> Iterator[dict[str, History]]:
    """What each engine's warehouse lived through, once it is over; the warehouses are copies of this process's own."""
    outcomes = {engine: outcome_of(engine, lives_under_way) for engine in ENGINES}
    directory = tmp_path_factory.mktemp("copies")
    with ExitStack() as stack:
        for engine, history in outcomes.items():
            copy = copy_of(history.world, directory / engine, str(worker[0]))
            outcomes[engine] = replace(history, world=stack.enter_context(copy))
        yield outcomes


@pytest.fixture(scope="session")
def whole_world(lives_under_way: Path) -> World:
    """On DuckDB what `support.history.OF_EVERYBODY` names, of all customers of the sample; only to be read."""
    return outcome_of("whole", lives_under_way)


@pytest.fixture(scope="session", params=ENGINES)
def history(request: pytest.FixtureRequest, histories: dict[str, History]) -> History:
    """The history on each engine in turn."""
    return histories[request.param]


@pytest.fixture(scope="session")
def world(history: History) -> World:
    """The warehouse on each engine in turn, with a tenth of the customers, as of the end of the sample world."""
    return history.world


@pytest.fixture(scope="session")
def manifest(histories: dict[str, History]) -> dict:
    """dbt's manifest of the project."""
    return json.loads((histories["duckdb"].world.directory / "target" / "manifest.json").read_text())
