"""The landing tables of a warehouse, as clients of applications see them."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from millwright.local_postgres import PostgresCluster
from support.world import World

SELECTED = ("+base_ops__predictions", "+base_ops__outcomes", "+base_ops__prediction_errors")
# What a client is told to be in the database must be there after a crash.
SETTINGS = "synchronous_commit = on"
SECONDS_TO_END = 30


@dataclass
class Landing:
    """A warehouse after a night, with staging over its landing tables; on PostgreSQL a server that may be killed."""

    world: World
    schema: str
    address: str
    cluster: PostgresCluster | None = None
    port: int | None = None
    stack: ExitStack | None = None

    @property
    def engine(self) -> str:
        return self.world.target.engine

    def query(self, sql: str) -> pd.DataFrame:
        """The result of a query, `ops.` and `staging.` being those of this warehouse."""
        return self.world.query(self._placed(sql))

    def execute(self, sql: str) -> None:
        self.world.execute(self._placed(sql))

    def revive(self) -> None:
        """Starts the server again, on its port, when the one that was killed is gone."""
        deadline = time.monotonic() + SECONDS_TO_END
        while (self.cluster.directory / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.stack.enter_context(self.cluster.running(port=self.port))

    def _placed(self, sql: str) -> str:
        return sql.replace("ops.", f"{self.schema}_ops.").replace("staging.", f"{self.schema}_staging.")


@contextmanager
def landing_tables(engine: str, directory: Path, schema: str = "dev_ann") -> Iterator[Landing]:
    """Has one run of dbt make them; rows that become known until tomorrow are staged."""
    with ExitStack() as stack:
        if engine == "duckdb":
            world = World(engine, directory, None, schema=schema)
            landing = Landing(world, schema, f"{directory}/world.duckdb")
        else:
            # Where the user that runs the server can reach it.
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="millwright-postgres-"))
            cluster = PostgresCluster(Path(home))
            cluster.create(SETTINGS)
            server = stack.enter_context(cluster.running())
            address = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}"
            world = World(engine, directory, server, schema=schema)
            landing = Landing(world, schema, address, cluster, server.port, stack)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        variables = f"{{as_of: '{tomorrow:%Y-%m-%d}', history_starts_on: '{tomorrow - timedelta(days=60):%Y-%m-%d}'}}"
        kinds = ["--exclude-resource-type", "test", "unit_test"]
        world.run("dbt", "build", "--select", *SELECTED, *kinds, "--vars", variables)
        yield landing
