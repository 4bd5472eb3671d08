"""Runs of pipelines: checked first, stage by stage, tried again where that may help, and told in `ops`.

A small project with this one's macros and landing tables stands in for the real one.
"""

import hashlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from support.command_line import call
from support.nightly_project import SEED, copy_nightly_project, execute, query, write_nightly_project
from support.world import REPOSITORY

from millwright.errors import ExitCode
from millwright.lock import run_lock
from millwright.pipelines import Pipeline
from millwright.schedule import next_run_at, plan
from millwright.transient import is_transient
from millwright.warehouse import load_target

AS_OF = "1998-07-01"
NIGHT = ("nightly", "--as-of", AS_OF, "--no-publish", "--retry-delay", "0")

MODELS = {
    "fragile": "select id from {{ ref('stg_purchases') }} where {{ var('fragility', 'id > 0') }}",
    "last": "select id from {{ ref('fragile') }}",
    "broken": "select cast(id || 'x' as integer) as id from {{ ref('stg_purchases') }}",
    "feat_customer__toy": "select id from {{ ref('stg_purchases') }}",
    "stg_purchases": "select * from {{ source('shop', 'purchases') }}",
    "dq_rule_results": "select * from raw_shop.verdicts",
    "mon_health_metrics": "select * from raw_shop.metrics",
    "mon_alerts": "select 'a1' as alert_id, 'open' as status",
}
CHECKED = ("dq_rule_results", "mon_health_metrics", "mon_alerts")
PIPELINES = (
    "nightly,All that works,nightly,,shop.purchases,customer__toy,30 2 * * *,,Europe/Berlin,2,,,,true",
    "often,One model,,fragile+,,,,60,,,0,,,true",
    "paused,Nothing,nightly,,,,0 0 * * *,,,,,,,false",
)


@pytest.fixture(scope="module")
def written_project(tmp_path_factory) -> Path:
    """The project, parsed once for all tests."""
    directory = tmp_path_factory.mktemp("small")
    write_nightly_project(directory, MODELS, PIPELINES, unselected=("broken", *CHECKED))
    return directory


@pytest.fixture
def project(written_project, tmp_path, monkeypatch) -> Path:
    """A copy of the project as the current directory, its raw tables in a DuckDB file of its own."""
    copy_nightly_project(written_project, tmp_path, monkeypatch)
    load_raw_tables(tmp_path)
    return tmp_path


@pytest.fixture
def on_postgres(project, postgres, monkeypatch) -> Path:
    """The same on PostgreSQL."""
    for name, value in {**postgres.env(), "MILLWRIGHT_TARGET": "postgres"}.items():
        monkeypatch.setenv(name, value)
    for schema in ("raw_shop", "prod", "ops"):
        execute(project, f"drop schema if exists {schema} cascade")
    load_raw_tables(project)
    return project


@pytest.fixture
def millwright(monkeypatch, capsys):
    """Calls the command line in this process, as its entry point does."""
    return partial(call, monkeypatch, capsys)


def load_raw_tables(project: Path) -> None:
    execute(project, "create schema raw_shop")
    execute(project, "create table raw_shop.purchases as select 1 as id, timestamp '1998-06-30 06:00:00' as loaded_at")
    execute(project, "create table raw_shop.refunds as select 1 as id")


def test_a_run_tells_its_stages_and_its_end(millwright, project):
    for name, days in (("young", 89), ("old", 91)):
        kept = project / "target" / "runs" / name
        kept.mkdir(parents=True)
        os.utime(kept, (time.time() - days * 86400,) * 2)
    outcome = millwright(*NIGHT)
    assert outcome.code == ExitCode.OK, outcome.error
    stages = ["configuration", "freshness", "queue", "build", "checkpoint", "retraining", "publish", "health", "report"]
    assert [line.split()[0] for line in outcome.out.splitlines() if line in stages] == stages
    assert "  1 raw tables; raw_shop.purchases is 18 hours old (" in outcome.out
    assert "Next run of nightly: " in outcome.out
    assert query(project, "select stage, status, pipeline_id from ops.run_stages order by started_at") == [
        (stage, "completed", "nightly") for stage in stages
    ]
    assert query(project, "select event, pipeline_id from ops.runs order by recorded_at") == [
        (event, "nightly") for event in ("started", "completed", "completed")
    ]
    assert len(list(Path("target/runs").glob("*/run_results_1.json"))) == 1
    assert len(list(Path("target/runs").iterdir())) == 2
    assert Path("target/runs/young").exists()

    listed = millwright("schedule").out.replace("│", " ").splitlines()
    assert next(line.split()[:2] for line in listed if "All that works" in line) == ["nightly", "completed"]
    assert next(line.split()[:3] for line in listed if "One model" in line) == ["often", "·", "·"]
    assert next(line.split()[3] for line in listed if line.split()[:1] == ["paused"]) == "inactive"


def test_failures_that_pass_are_retried_from_where_they_happened_under_one_run_id(millwright, on_postgres):
    """The first attempt meets a serialization failure; the second loses every connection, the lock's, too."""
    execute(
        on_postgres,
        """
        create schema prod;
        create sequence prod.attempts;
        create function prod.passes() returns boolean volatile language plpgsql as $$
        begin
            case nextval('prod.attempts')
                when 1 then
                    raise exception 'could not serialize access due to concurrent update' using errcode = '40001';
                when 2 then
                    perform pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid();
                    perform pg_terminate_backend(pg_backend_pid());
                    perform pg_sleep(5);
                else
            end case;
            return true;
        end $$
        """,
    )
    (on_postgres / "models/staging/fragile.sql").write_text(
        "select id from {{ ref('stg_purchases') }} where prod.passes()"
    )
    outcome = millwright(*NIGHT)
    assert outcome.code == ExitCode.OK, outcome.error
    assert "could not serialize access due to concurrent update" in outcome.out
    assert "retry 2 of 3" in outcome.out
    assert len(query(on_postgres, "select distinct run_id, as_of from ops.runs")) == 1
    events = query(on_postgres, "select event from ops.runs order by recorded_at")
    told = ["started", "failed", "started", "failed", "started", "completed", "completed"]
    assert [event for (event,) in events] == told
    steps = query(
        on_postgres,
        """
        select split_part(node_id, '.', 3) as node, string_agg(status, ' ' order by recorded_at) as statuses
        from ops.run_steps
        inner join ops.runs using (run_id, invocation_id)
        where event = 'started' and resource_type = 'model'
        group by node
        order by node
        """,
    )
    assert steps == [
        ("feat_customer__toy", "success"),
        ("fragile", "error error success"),
        ("last", "skipped skipped success"),
        ("stg_purchases", "success"),
    ]


def test_rules_and_health_are_told_and_a_blocking_rule_that_nothing_stopped_keeps_marts_from_readers(
    millwright, project
):
    verdicts = (
        "create or replace table raw_shop.verdicts as "
        "select 'sane' as rule_id, 'fct_toys' as relation_name, 'block' as action, '{}' as verdict, "
        "null as column_name, 2 as n_rows, 1 as n_failed, 0.5 as failed_rate, 'Toys are sane' as description, "
        "null as problem "
        "union all select 'loose', 'fct_toys', 'log', 'fail', null, 2, 1, 0.5, 'Toys are tied', null"
    )
    execute(project, verdicts.format("warn"))
    execute(
        project,
        "create table raw_shop.metrics as select timestamp '1998-07-01' as measured_at, 'age' as metric_name, "
        "'toys' as subject, 30.456789 as value, 'max' as limit_kind, 24.0 as limit_value, true as is_violated "
        "union all select timestamp '1998-06-30', 'age', 'toys', 40, 'max', 24, true",
    )
    night = ("nightly", "--as-of", AS_OF, *(argument for name in CHECKED for argument in ("--select", name)))
    outcome = millwright(*night)
    assert outcome.code == ExitCode.OK, outcome.error
    assert "  2 quality rules: 1 fail, 1 warn (" in outcome.out
    assert "warning age of toys is 30.46, max 24" in outcome.out, outcome.out
    assert "1 metrics, 1 beyond their threshold; 1 alerts open (" in outcome.out

    execute(project, verdicts.format("fail"))
    outcome = millwright(*night)
    assert outcome.code == ExitCode.BUILD_FAILED
    assert "rules that block do not hold: sane on fct_toys; nothing is published" in outcome.error
    assert query(project, "select stage, status from ops.run_stages order by started_at")[-1] == (
        "checkpoint",
        "failed",
    )


def test_a_connection_lost_while_dbt_logs_its_end_is_made_good(millwright, on_postgres):
    assert millwright(*NIGHT, "--select", "stg_purchases").code == ExitCode.OK
    execute(
        on_postgres,
        """
        create schema if not exists prod;
        create sequence prod.endings;
        create function prod.lose() returns trigger language plpgsql as $$
        begin
            if nextval('prod.endings') = 1 then
                perform pg_terminate_backend(pg_backend_pid());
                perform pg_sleep(5);
            end if;
            return null;
        end $$;
        create trigger lose before insert on ops.run_steps for each statement execute function prod.lose();
        delete from ops.runs; delete from ops.run_steps
        """,
    )
    outcome = millwright(*NIGHT)
    assert outcome.code == ExitCode.OK, outcome.error
    events = query(
        on_postgres, "select event, invocation_id is not null as is_of_dbt from ops.runs order by recorded_at"
    )
    assert events == [("started", True), ("failed", True), ("completed", False)]
    steps = query(
        on_postgres, "select status, count(*) as n from ops.run_steps where invocation_id <> '' group by status"
    )
    assert sorted(steps) == [("pass", 3), ("success", 5)]


def test_a_failure_of_code_or_data_is_not_retried(millwright, project):
    outcome = millwright(*NIGHT, "--select", "+broken")
    assert outcome.code == ExitCode.BUILD_FAILED
    assert "retry" not in outcome.out
    assert query(project, "select event from ops.runs order by recorded_at") == [("started",), ("failed",), ("failed",)]
    assert query(project, "select stage, status from ops.run_stages order by started_at")[-1] == ("build", "failed")


def test_a_run_that_never_ended_is_told_by_the_next(millwright, project):
    assert millwright(*NIGHT, "--select", "stg_purchases").code == ExitCode.OK
    execute(
        project,
        """
        insert into ops.runs (run_id, invocation_id, pipeline_id, event, as_of, is_full_refresh, recorded_at) values
            ('dead', 'i1', 'nightly', 'started', '1998-07-01', false, '2026-01-01 02:00:00'),
            ('by hand', 'i2', null, 'started', '1998-07-01', false, '2026-01-01 03:00:00')
        """,
    )
    outcome = millwright(*NIGHT, "--select", "stg_purchases")
    assert "run dead, begun 2026-01-01 02:00:00 UTC, has died" in outcome.out
    assert "by hand" not in outcome.out
    assert query(project, "select run_id, invocation_id from ops.runs where event = 'died'") == [("dead", "i1")]
    assert "has died" not in millwright(*NIGHT, "--select", "stg_purchases").out


def test_of_two_runs_started_together_one_runs_and_one_says_why_not(project):
    command = [sys.executable, "-m", "millwright.cli", *NIGHT]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [ExitCode.OK, ExitCode.LOCKED], said
    loser = next(number for number, run in enumerate(runs) if run.returncode == ExitCode.LOCKED)
    assert f"process {runs[1 - loser].pid} since " in said[loser]


BAD_LINES = {
    "a,,nightly,,shop.sales,,0 2 * * *,,,,,,,true": "there is no source table 'shop.sales'",
    "b,,nightly,,,customer__odd,0 2 * * *,,,,,,,true": "there is no feature group 'customer__odd'",
    "c,,nightli,,,,0 2 * * *,,,,,,,true": "there is no selector 'nightli' in selectors.yml, which has nightly",
    "d,,nightly,,,,0 25 * * *,,,,,,,true": "the cron '0 25 * * *' cannot be read",
    "e,,nightly,,,,0 2 * * *,60,,,,,,true": "it needs a cron or interval_minutes, one of them",
    "f,,nightly,,,,,,,,,,,true": "it needs a cron or interval_minutes, one of them",
    "g,,nightly,,,,,-5,,0,-1,-2,-3,true": "interval_minutes is -5, less than 1",
    "nightly,,nightly,,,,0 2 * * *,,,,,,,true": "pipeline_id 'nightly' is that of line 2, too",
    "h,,nightly,fragile,,,0 2 * * *,,Mars/Base,,,,,true": "there is no time zone 'Mars/Base'",
    "i,,nightly,,,,0 2 * * *,,,two,,,,yes": "threads is 'two', no integer",
    "j,,nightly": "3 fields where the header has 14",
    ",,nightly,,,,0 2 * * *,,,,,,,true": "pipeline_id is empty",
}


def test_a_wrong_configuration_is_named_by_file_and_line_and_nothing_is_built(millwright, project):
    assert millwright(*NIGHT, "--select", "stg_purchases").code == ExitCode.OK
    with (project / SEED).open("a") as seed:
        seed.write("\n".join(BAD_LINES))
    outcome = millwright(*NIGHT)
    assert outcome.code == ExitCode.CONFIGURATION
    first = len(PIPELINES) + 2
    for number, problem in enumerate(BAD_LINES.values(), first):
        assert f"{SEED}:{number}: {problem}" in outcome.error
    assert f"{SEED}:{first + 9}: is_active is 'yes', no boolean" in outcome.error
    assert f"{SEED}:{first + 8}: it needs a selector or a select_expression, one of them" in outcome.error
    assert all(f"{SEED}:{first + 6}: {name} is " in outcome.error for name in ("threads", "max_retries", "keep_days"))
    assert query(project, "select count(*) from information_schema.tables where table_name = 'last'") == [(0,)]
    last = query(project, "select event, pipeline_id, message from ops.runs order by recorded_at desc limit 1")
    assert last[0][:2] == ("failed", "nightly")
    assert f"{SEED}:{first}: " in last[0][2]


def test_a_pipeline_builds_its_selection_and_what_it_lacks_is_refused(millwright, project):
    outcome = millwright(*NIGHT, "--pipeline", "often", "--select", "stg_purchases")
    assert outcome.code == ExitCode.OK, outcome.error
    assert query(project, "select distinct pipeline_id from ops.runs") == [("often",)]
    for name, reason in (("paused", "the pipeline 'paused' is not active"), ("odd", "there is no pipeline 'odd'")):
        outcome = millwright(*NIGHT, "--pipeline", name)
        assert outcome.code == ExitCode.USAGE
        assert reason in outcome.error
    seed = project / SEED
    seed.write_text(seed.read_text().replace("fragile+,,,,60", "fragile+,,customer__toy,,60"))
    outcome = millwright(*NIGHT, "--pipeline", "often")
    assert outcome.code == ExitCode.CONFIGURATION
    assert "has feature groups that it does not build: customer__toy" in outcome.error


def test_old_raw_tables_warn_and_then_end_the_run_before_it_builds(millwright, project):
    warned = millwright("nightly", "--as-of", "1998-07-02T05:00:00", "--select", "stg_purchases", "--no-publish")
    assert warned.code == ExitCode.OK
    assert "warning raw_shop.purchases is 47 hours old" in warned.out
    stale = millwright("nightly", "--as-of", "1998-07-02T07:00:00")
    assert stale.code == ExitCode.STALE
    assert "raw_shop.purchases is 2 days old" in stale.error
    early = millwright("nightly", "--as-of", "1998-06-30T05:00:00", "--full-refresh")
    assert early.code == ExitCode.STALE
    assert "raw_shop.purchases has no row that was loaded by then" in early.error
    assert query(project, "select stage, status from ops.run_stages order by started_at")[-1] == ("freshness", "failed")


def fingerprints(directory: Path) -> dict[Path, tuple[str, int]]:
    return {
        file: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in directory.rglob("*")
        if file.is_file()
    }


def test_a_dry_run_says_what_would_run_and_changes_no_file(millwright, project):
    call = ("nightly", "--as-of", AS_OF, "--dry-run")
    (project / "millwright.duckdb").unlink()
    cache = (project / "target").rename(project / "cache")
    before = fingerprints(project)
    assert millwright(*call).code == ExitCode.OK
    assert fingerprints(project) == before

    cache.rename(project / "target")
    load_raw_tables(project)
    assert millwright(*NIGHT).code == ExitCode.OK
    with run_lock(load_target(project)):
        before = fingerprints(project)
        outcome = millwright(*call, "--retries", "1", "--retry-delay", "2.5")
        assert outcome.code == ExitCode.OK, outcome.error
        assert fingerprints(project) == before
    for fact in (
        "stages:    configuration → freshness → queue → build → checkpoint → retraining → publish → health → report",
        "retries:   1, 2.5 minutes apart",
        "lock:      held by process ",
        "last run:  completed, begun ",
        "next run:  ",
        "Would build 8 nodes",
    ):
        assert fact in outcome.out
    with (project / SEED).open("a") as seed:
        seed.write(next(iter(BAD_LINES)))
    outcome = millwright(*call)
    assert outcome.code == ExitCode.CONFIGURATION
    assert f"{SEED}:{len(PIPELINES) + 2}: " in outcome.out


def test_a_dry_run_on_a_server_writes_nothing_and_names_the_holder(millwright, on_postgres):
    # There are no landing tables yet, so whatever it wrote would be one more.
    written = "select count(*) from pg_class"
    with run_lock(load_target(on_postgres)):
        before = query(on_postgres, written)
        outcome = millwright("nightly", "--dry-run")
        assert query(on_postgres, written) == before
    assert outcome.code == ExitCode.OK, outcome.error
    assert "held by millwright nightly, server process " in outcome.out


@pytest.mark.parametrize(
    ("cron", "after", "upcoming"),
    [
        ("30 2 * * *", "2026-03-27T12:00:00+01:00", "2026-03-28T02:30:00+01:00"),
        # 02:30 is skipped when summer time begins, and there twice when it ends.
        ("30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("30 2 * * *", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"),
        ("30 2 * * *", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"),
        ("0 4 29 2 *", "2026-03-01T00:00:00+01:00", "2028-02-29T04:00:00+01:00"),
        ("0 4 28 2 *", "2028-02-28T03:00:00Z", "2029-02-28T04:00:00+01:00"),
    ],
)
def test_next_run_in_a_time_zone(cron, after, upcoming):
    pipeline = Pipeline("p", cron=cron, time_zone="Europe/Berlin")
    found = next_run_at(pipeline, datetime.fromisoformat(after))
    assert found.isoformat() == upcoming


def test_an_interval_counts_real_minutes_when_the_clock_moves():
    pipeline = Pipeline("p", interval_minutes=120, time_zone="Europe/Berlin")
    found = next_run_at(pipeline, datetime.fromisoformat("2026-03-29T01:30:00+01:00"))
    assert found.isoformat() == "2026-03-29T04:30:00+02:00"


def test_a_pipeline_is_overdue_once_a_moment_at_which_it_was_due_has_passed():
    now = datetime(2026, 1, 10, 12, tzinfo=UTC)
    pipelines = [
        Pipeline("nightly", cron="0 2 * * *"),
        Pipeline("hourly", interval_minutes=60),
        Pipeline("new", cron="0 2 * * *"),
        Pipeline("paused", cron="0 2 * * *", is_active=False),
    ]

    def overdue(**hours_ago: float) -> list[str]:
        runs = {name: {"started_at": (now - timedelta(hours=n)).replace(tzinfo=None)} for name, n in hours_ago.items()}
        return [each.pipeline.pipeline_id for each in plan(pipelines, runs, now) if each.is_overdue]

    assert overdue(nightly=9.9, hourly=0.9, paused=99) == []
    assert overdue(nightly=10.1, hourly=1) == ["nightly", "hourly"]


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("Database Error in model m (models/m.sql)\n  server closed the connection unexpectedly\n  \tThis", True),
        (
            'Database Error\n  connection to server at "db" failed: FATAL:  the database system is starting up',
            True,
        ),
        ("Database Error in model m (m.sql)\n  could not serialize access due to concurrent update", True),
        ("Database Error in model m (m.sql)\n  deadlock detected\n  DETAIL:  Process 1 waits", True),
        ("Database Error in model m (m.sql)\n  canceling statement due to lock timeout", True),
        ("Database Error in model m (m.sql)\n  out of memory\n  DETAIL:  Failed on request of size 1", True),
        ("psycopg2.OperationalError: terminating connection due to administrator command", True),
        ("Runtime Error in model m (m.sql)\n  TransactionContext Error: Catalog write-write conflict on create", True),
        ("Runtime Error in model m (m.sql)\n  Out of Memory Error: failed to allocate data", False),
        ("Database Error in model m (m.sql)\n  division by zero", False),
        ("Database Error in model m (m.sql)\n  syntax error\n  LINE 1: select 'deadlock detected'", False),
        ("Compilation Error in model m (m.sql)\n  deadlock detected", False),
        ("Database Error in model m (m.sql)\n  canceling statement due to statement timeout", False),
        ("Got 2 results, configured to fail if != 0", False),
    ],
)
def test_what_is_likely_to_pass_is_told_by_its_message(message, passes):
    assert is_transient(message) is passes


def test_readme_lists_every_exit_code():
    text = (REPOSITORY / "README.md").read_text()
    assert [code for code in ExitCode if f"| {code:d} |" not in text] == []
