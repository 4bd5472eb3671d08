"""Nights that are killed, lose their server or their disk: the next recovers, and readers see whole nights only.

A small project with this one's macros, hooks and landing tables stands in for the real one. What its tables must hold
in the end is asked of the raw table, in one query without any history.
"""

import os
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from support.commands import Command, begin
from support.nightly_project import copy_nightly_project, execute, query, write_nightly_project

from millwright.errors import ExitCode
from millwright.local_postgres import PostgresCluster, PostgresServer
from millwright.warehouse import load_target

FIRST_NIGHT = date(1998, 7, 1)
N_KILLS = 10
ROWS_A_DAY = 1000
NAP = "{% if target.type == 'postgres' %}cross join (select pg_sleep({{ env_var('TEST_NAP', '0') }})) as nap{% endif %}"
MODELS = {
    "stg_purchases": """
        select id, loaded_at, cast(loaded_at as date) as day, amount
        from {{ source('shop', 'purchases') }}
        where loaded_at <= '{{ var("as_of") }}'
    """,
    "fct_purchases": f"""
        {{{{ config(materialized='incremental') }}}}
        select id, day, amount from {{{{ ref('stg_purchases') }}}} {NAP}
        {{% if is_incremental() %}}where id > (select max(id) from {{{{ this }}}}){{% endif %}}
    """,
    "agg_days": """
        {{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day') }}
        select day, count(*) as n, sum(amount) as amount from {{ ref('fct_purchases') }}
        {% if is_incremental() %}where day >= (select max(day) from {{ this }}){% endif %}
        group by day
    """,
    "agg_total": "select sum(n) as n, sum(amount) as amount, max(day) as day from {{ ref('agg_days') }}",
}
PUBLIC = ("fct_purchases", "agg_days", "agg_total")
PIPELINES = ("nightly,All,nightly,,shop.purchases,,30 2 * * *,,,,,,,true",)


@pytest.fixture(scope="module")
def written_project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("faults")
    write_nightly_project(directory, MODELS, PIPELINES, public=PUBLIC)
    return directory


@pytest.fixture
def project(written_project, tmp_path, monkeypatch) -> Path:
    copy_nightly_project(written_project, tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    """A server of these tests' own, since they kill it; where the user that runs it can reach it."""
    with tempfile.TemporaryDirectory(prefix="millwright-postgres-") as directory:
        cluster = PostgresCluster(Path(directory))
        cluster.create("")
        yield cluster


@pytest.fixture
def server(cluster, project, monkeypatch) -> Iterator[PostgresServer]:
    """The server, which the environment points to; it may be dead in the end."""
    with cluster.running() as server:
        for name, value in {**server.env(), "MILLWRIGHT_TARGET": "postgres"}.items():
            monkeypatch.setenv(name, value)
        yield server


def load(project: Path, first: date, n_days: int, rows_a_day: int = ROWS_A_DAY) -> None:
    """Purchases of so many days, loaded at six in the morning."""
    execute(project, "create schema if not exists raw_shop")
    execute(project, "create table if not exists raw_shop.purchases (id bigint, loaded_at timestamp, amount bigint)")
    execute(
        project,
        f"""
        insert into raw_shop.purchases
        select
            (select coalesce(max(id), 0) from raw_shop.purchases) + number,
            timestamp '{first} 06:00:00' + ((number - 1) / {rows_a_day}) * interval '1 day',
            number % 997
        from (select cast(n as integer) as number from generate_series(1, {n_days * rows_a_day}) as s (n)) as numbers
        """.replace("/ ", "// " if load_target(project).engine == "duckdb" else "/ "),
    )


def night(day: date, *arguments: str) -> Command:
    """A night begun in a process of its own."""
    return begin(["millwright", "nightly", "--as-of", f"{day}T07:00:00", *arguments], dict(os.environ), Path.cwd())


def finish(begun: Command) -> str:
    """Waits for the night, which must succeed, and returns what it said."""
    code, said = begun.wait()
    assert code == ExitCode.OK, said
    return said


def kill(begun: Command) -> None:
    """Ends the night at once, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(begun.pid, signal.SIGKILL)
    begun.wait()


def check_tables(project: Path, day: date) -> None:
    """All that was loaded by the day is in the tables once."""
    purchases = f"select * from raw_shop.purchases where loaded_at <= timestamp '{day} 07:00:00'"
    assert query(project, "select id, day, amount from prod.fct_purchases order by id") == query(
        project, f"select id, cast(loaded_at as date), amount from ({purchases}) as p order by id"
    )
    assert query(project, "select day, n, amount from prod.agg_days order by day") == query(
        project, f"select cast(loaded_at as date), count(*), sum(amount) from ({purchases}) as p group by 1 order by 1"
    )
    assert query(project, "select n, amount, day from prod.agg_total") == query(
        project, f"select count(*), sum(amount), max(cast(loaded_at as date)) from ({purchases}) as p"
    )


def published_day(project: Path) -> date:
    """The day up to which readers see purchases, which all published tables agree on."""
    with duckdb.connect(project / "millwright_published.duckdb", read_only=True) as reader:
        purchases = reader.execute("select count(*), sum(amount), max(day) from prod.fct_purchases").fetchone()
        assert reader.execute("select sum(n), sum(amount), max(day) from prod.agg_days").fetchone() == purchases
        assert reader.execute("select n, amount, day from prod.agg_total").fetchone() == purchases
    return purchases[2]


def check_log(project: Path) -> int:
    """Every run that began has one ending, and all without one of their own are said to have died; returns how many."""
    runs = query(
        project,
        """
        select
            run_id,
            count(case when event = 'died' then 1 end) as n_died,
            count(case when event in ('completed', 'failed') and invocation_id is null then 1 end) as n_ended
        from ops.runs
        group by run_id
        """,
    )
    assert all(n_died + n_ended == 1 for _, n_died, n_ended in runs), runs
    return sum(n_died for _, n_died, _ in runs)


def test_a_night_killed_at_any_moment_is_made_good_by_the_next_and_readers_see_whole_nights_only(project):
    load(project, FIRST_NIGHT, N_KILLS + 1)
    finish(night(FIRST_NIGHT))
    began = time.monotonic()
    finish(night(FIRST_NIGHT))
    seconds = time.monotonic() - began
    for number in range(N_KILLS):
        before, day = FIRST_NIGHT + timedelta(days=number), FIRST_NIGHT + timedelta(days=number + 1)
        killed = night(day)
        time.sleep(seconds * (number + 0.5) / N_KILLS)
        kill(killed)
        assert published_day(project) in (before, day)
        finish(night(day))
        check_tables(project, day)
        assert published_day(project) == day
    assert check_log(project) >= 2


def test_a_night_killed_while_the_server_works_is_made_good_by_the_next(project, server, monkeypatch):
    load(project, FIRST_NIGHT, 2)
    finish(night(FIRST_NIGHT))
    monkeypatch.setenv("TEST_NAP", "3")
    killed = night(FIRST_NIGHT + timedelta(days=1))
    wait_for_nap(project)
    kill(killed)
    monkeypatch.setenv("TEST_NAP", "0")
    assert "has died" in finish(night(FIRST_NIGHT + timedelta(days=1)))
    check_tables(project, FIRST_NIGHT + timedelta(days=1))
    assert check_log(project) == 1


def wait_for_nap(project: Path) -> None:
    """Returns when a model sleeps on the server."""
    deadline = time.monotonic() + 60
    while not query(
        project,
        "select 1 from pg_stat_activity where wait_event = 'PgSleep' and pid <> pg_backend_pid()",
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_that_disappears_in_mid_run_and_comes_back_costs_a_retry(project, cluster, server, monkeypatch):
    for schema in ("raw_shop", "prod", "ops"):
        execute(project, f"drop schema if exists {schema} cascade")
    load(project, FIRST_NIGHT, 2)
    finish(night(FIRST_NIGHT))
    monkeypatch.setenv("TEST_NAP", "2")
    begun = night(FIRST_NIGHT + timedelta(days=1), "--retry-delay", "0.1")
    wait_for_nap(project)
    cluster.kill()
    with restarted(cluster, server.port):
        said = finish(begun)
        assert "retry 1 of 3" in said, said
        check_tables(project, FIRST_NIGHT + timedelta(days=1))
        assert check_log(project) == 0
        assert query(
            project,
            "select event from ops.runs where run_id = (select run_id from ops.runs order by recorded_at desc limit 1) "
            "order by recorded_at",
        ) == [("started",), ("failed",), ("started",), ("completed",), ("completed",)]


def restarted(cluster: PostgresCluster, port: int):
    """The server on the port that the dead one had, as soon as that one is gone."""
    deadline = time.monotonic() + 30
    while (cluster.directory / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return cluster.running(port=port)


def test_a_full_disk_ends_the_night_and_the_next_with_room_recovers(project):
    load(project, FIRST_NIGHT, 1)
    finish(night(FIRST_NIGHT))
    day = FIRST_NIGHT + timedelta(days=1)
    load(project, day, 1, rows_a_day=400_000)
    # No file may grow beyond this: what a full disk is to who writes.
    limit = (project / "millwright.duckdb").stat().st_size + 1_000_000
    begun = night(day)
    resource.prlimit(begun.pid, resource.RLIMIT_FSIZE, (limit, limit))
    code, said = begun.wait()
    assert code == ExitCode.BUILD_FAILED, said
    assert "File too large" in said, said
    assert published_day(project) == FIRST_NIGHT

    finish(night(day))
    check_tables(project, day)
    assert published_day(project) == day
    check_log(project)


def test_a_model_that_fails_publishes_nothing_and_the_repaired_night_equals_an_undisturbed_one(project):
    load(project, FIRST_NIGHT, 2)
    finish(night(FIRST_NIGHT))
    day = FIRST_NIGHT + timedelta(days=1)
    file = project / "models" / "staging" / "agg_days.sql"
    sound = file.read_text()
    file.write_text(sound.replace("sum(amount)", "sum(amount / (case when n_missing then 0 end))"))
    code, said = night(day).wait()
    assert code == ExitCode.BUILD_FAILED
    assert "failed  agg_days models/staging/agg_days.sql" in said, said
    assert published_day(project) == FIRST_NIGHT

    file.write_text(sound)
    finish(night(day))
    check_tables(project, day)
    assert published_day(project) == day
    assert check_log(project) == 0
