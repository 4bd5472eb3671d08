"""The command line: what it accepts, refuses, builds, publishes and reports, and the exit codes it ends with.

A throwaway dbt project of a few models stands in for the real one; it uses the real profiles.yml.
"""

import ast
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest
from support.command_line import call, clear_environment

from millwright.errors import ExitCode, MillwrightError
from millwright.lock import run_lock
from millwright.nightly import normalise_as_of
from millwright.progress import useful_lines
from millwright.project import Project
from millwright.publish import publish
from millwright.warehouse import load_target, open_warehouse

AS_OF = "1998-07-01"
PROFILES = Path(__file__).parents[1] / "profiles.yml"

PROJECT = {
    "dbt_project.yml": """
        name: toy
        profile: millwright
        flags: {send_anonymous_usage_stats: false}
        models:
          toy:
            staging: {+schema: staging}
            evaluation: {+schema: evaluation, +materialized: table}
            lifecycle: {+schema: lifecycle, +materialized: table}
        """,
    "selectors.yml": """
        selectors:
          - name: nightly
            definition: {union: [{method: fqn, value: "*"}, {exclude: [eval_broken]}]}
        """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}
        """,
    "models/staging/_models.yml": """
        sources:
          - name: shop
            schema: raw_shop
            tables: [{name: purchases}, {name: refunds}]
          - name: ops
            schema: ops
            tables: [{name: runs}]
        groups: [{name: analysts, owner: {name: Analysts, email: analysts@example.org}}]
        models:
          - name: stg_purchases
            columns:
              - {name: id, data_tests: [{accepted_values: {arguments: {values: ["1"]}, config: {severity: warn}}}]}
          - name: eval_metrics
            description: One row per metric. It's measured.
            config: {access: public, group: analysts}
            columns: [{name: value, description: "The metric's value."}]
          - name: eval_broken
            config: {access: public, group: analysts}
        """,
    "models/staging/stg_purchases.sql": "select * from {{ source('shop', 'purchases') }}",
    "models/evaluation/eval_broken.sql": "select cast(id || 'x' as integer) as id from {{ ref('stg_purchases') }}",
    "models/evaluation/eval_metrics.sql": """
        select 'repurchase' as model_name, '1998.2.0' as model_version, grain,
            timestamp '1998-02-01' as period_start_at, 'all' as segment, 'class' as average, is_positive_class,
            metric, value, 12 as n
        from (values ('month'), ('all')) as grains (grain)
        cross join (
            values ('prevalence', 0.25, true), ('f1', 0.5, true), ('f1', 0.9, false), ('roc_auc', null, true)
        ) as metrics (metric, value, is_positive_class)
        where exists (select 1 from {{ ref('stg_purchases') }})
        """,
    "models/evaluation/eval_confusion_cells.sql": """
        select 'repurchase' as model_name, '1998.2.0' as model_version, 'all' as grain, 'all' as segment,
            actual_class, predicted_class, n
        from (values ('no', 'no', 1007), ('no', 'yes', 2), ('yes', 'no', 3), ('yes', 'yes', 0))
            as cells (actual_class, predicted_class, n)
        """,
    "models/lifecycle/life_model_versions.sql": """
        select 'repurchase' as model_name, model_version, trained_at, 100 as n_train_rows,
            0.3 as decision_threshold, n_outcomes
        from (values ('1998.2.0', timestamp '1998-02-01', 12), ('1998.3.0', timestamp '1998-03-01', 0))
            as versions (model_version, trained_at, n_outcomes)
        """,
}


@pytest.fixture
def millwright(monkeypatch, capsys):
    """Calls the command line in this process, as its entry point does."""
    return partial(call, monkeypatch, capsys)


@pytest.fixture(scope="module")
def parsed_project(tmp_path_factory) -> tuple[Path, Manifest]:
    """The throwaway project with dbt's cache of it, so that not every test waits for a full parse."""
    directory = tmp_path_factory.mktemp("toy")
    for name, content in PROJECT.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(dedent(content))
    shutil.copy(PROFILES, directory)
    with pytest.MonkeyPatch.context() as patch:
        clear_environment(patch)
        return directory, Project(directory, load_target(directory)).parse()


@pytest.fixture
def manifest(parsed_project) -> Manifest:
    """The throwaway project as dbt parsed it for the target duckdb."""
    return parsed_project[1]


@pytest.fixture
def project(parsed_project, tmp_path, monkeypatch) -> Path:
    """A copy of the throwaway project as the current directory, without a warehouse."""
    clear_environment(monkeypatch)
    shutil.copytree(parsed_project[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def warehouse(project) -> Path:
    """The project's DuckDB file with its raw tables."""
    path = project / "millwright.duckdb"
    with duckdb.connect(path) as duck:
        duck.execute("create schema raw_shop")
        duck.execute("create table raw_shop.purchases as select range as id from range(3)")
        duck.execute("create view raw_shop.refunds as select 1 as id")
    return path


@contextmanager
def other_process(code: str, then: str = ""):
    """A Python process that has run `code` and waits for a line to run `then`; it ends with the block."""
    script = f"{code}\nprint('ready', flush=True)\ninput()\n{then}"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def rows(path: Path, query: str) -> list[tuple]:
    """A query's rows, read by a process of its own: within one process DuckDB shares the file it opened first."""
    code = f"import duckdb; print(duckdb.connect({str(path)!r}, read_only=True).execute({query!r}).fetchall())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1998-07-01", "1998-07-01 00:00:00"),
        ("2000-02-29", "2000-02-29 00:00:00"),
        ("1998-07-01T06:30:15", "1998-07-01 06:30:15"),
        ("1998-07-01 06:30:15", "1998-07-01 06:30:15"),
        ("1998-07-01T06:30:15Z", "1998-07-01 06:30:15"),
        ("1998-07-01T01:00:00+02:00", "1998-06-30 23:00:00"),
        ("1998-12-31T23:00:00-05:30", "1999-01-01 04:30:00"),
    ],
)
def test_as_of_is_normalised_to_utc(text, moment):
    assert normalise_as_of(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yesterday",
            "1998-7-1",
            "19980701",
            "1998-02-29",
            "1998-13-01",
            "1998-07-01T25:00:00",
            "1998-07-01T06:00",
        ),
        *("1998-07-01T06:00:00.5", "1998-07-01T06:00:00+2", "1998-W27-3", "0001-01-01T00:00:00+01:00", "1998-07-01\n"),
        *("１９９８-07-01", "1998-07-01' or '1'='1"),
    ],
)
def test_as_of_refuses_anything_else(text):
    with pytest.raises(MillwrightError, match="write 1998-07-01, ") as refusal:
        normalise_as_of(text)
    assert repr(text) in str(refusal.value)
    assert refusal.value.exit_code == ExitCode.USAGE


def test_as_of_defaults_to_todays_midnight():
    assert normalise_as_of(None).endswith(" 00:00:00")


def test_bad_as_of_ends_with_one_line_and_no_traceback(millwright, project):
    outcome = millwright("nightly", "--as-of", "tomorrow")
    assert outcome.code == ExitCode.USAGE
    assert outcome.error.startswith("error: --as-of 'tomorrow'")
    assert "Traceback" not in outcome.error


def test_help_names_the_exit_codes_and_does_not_wait_for_dbt():
    code = "import sys; from millwright.cli import app; app(['--help'], standalone_mode=False)"
    code += "; assert not {'dbt', 'duckdb'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Exit codes: 0 done" in done.stdout
    assert all(command in done.stdout for command in ("sample", "nightly", "report", "publish", "explain", "archive"))


def test_unknown_target_names_the_known_ones(millwright, project):
    outcome = millwright("nightly", "--target", "prodd")
    assert outcome.code == ExitCode.USAGE
    assert "'prodd'" in outcome.error
    assert "available: duckdb, postgres, spark" in outcome.error


def test_directory_without_project(millwright, tmp_path):
    outcome = millwright("report", "--project-dir", str(tmp_path))
    assert outcome.code == ExitCode.USAGE
    assert f"{tmp_path} holds no dbt_project.yml" in outcome.error


def test_no_server_names_address_and_variables(millwright, project, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening: a connection is refused
        port = taken.getsockname()[1]
        monkeypatch.setenv("MILLWRIGHT_POSTGRES_PORT", str(port))
        outcome = millwright("nightly", "--target", "postgres")
    assert outcome.code == ExitCode.UNAVAILABLE
    assert f"127.0.0.1:{port}" in outcome.error
    assert "MILLWRIGHT_POSTGRES_HOST, MILLWRIGHT_POSTGRES_PORT" in outcome.error


def test_missing_warehouse_file_and_directory(millwright, project, monkeypatch):
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.UNAVAILABLE
    assert "millwright sample" in outcome.error
    monkeypatch.setenv("MILLWRIGHT_DUCKDB_PATH", "nowhere/millwright.duckdb")
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.UNAVAILABLE
    assert "MILLWRIGHT_DUCKDB_PATH" in outcome.error
    assert not (project / "nowhere").exists()


def test_missing_raw_tables_are_named(millwright, warehouse):
    with duckdb.connect(warehouse) as duck:
        duck.execute("drop table raw_shop.purchases")
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.UNAVAILABLE
    assert f"raw_shop.purchases is missing in {warehouse}" in outcome.error
    assert "refunds" not in outcome.error


def test_nightly_builds_publishes_and_reports(millwright, warehouse):
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.OK, outcome.error
    published = warehouse.with_name("millwright_published.duckdb")

    # Progress and problems: a line for a layer, the warning with its file.
    assert "nodes done  evaluation" in outcome.out
    assert "warned  accepted_values_stg_purchases_id__1 models/staging/_models.yml" in outcome.out
    assert "dbt show --select accepted_values_stg_purchases_id__1" in outcome.out

    # Report: the newest version waits, so the one before is measured; the matrix has totals.
    assert "2 versions, the newest 1998.3.0" in outcome.out
    assert "measured below is 1998.2.0, the newest version with outcomes" in outcome.out.replace("\n", " ")
    lines = [line.split() for line in outcome.out.replace("│", " ").splitlines()]
    assert ["no", "1,007", "2", "1,009"] in lines
    assert ["total", "1,010", "2", "1,012"] in lines
    assert ["f1", "0.5000", "12"] in lines

    # Publication: the public tables only, with their comments.
    assert rows(published, "select schema_name, table_name, comment from duckdb_tables()") == [
        ("evaluation", "eval_metrics", "One row per metric. It's measured.")
    ]
    assert rows(published, "select comment from duckdb_columns() where column_name = 'value'") == [
        ("The metric's value.",)
    ]
    # Bytes 12 to 20 of a DuckDB file are the version of its storage: DuckDB 1.2 reads 64 and 65.
    assert struct.unpack("<Q", published.read_bytes()[12:20]) == (65,)

    # Nothing of the run stays behind: the file can be opened with another configuration.
    duckdb.connect(warehouse, read_only=True).close()


def test_a_night_ends_well_when_nobody_reads_what_it_prints(warehouse):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "millwright.cli", "nightly", "--as-of", AS_OF]
    night = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(writer)
    assert night.returncode == ExitCode.OK, night.stderr
    assert warehouse.with_name("millwright_published.duckdb").exists()


def test_failed_build_names_the_node_and_publishes_nothing(millwright, warehouse):
    outcome = millwright("nightly", "--as-of", AS_OF, "--select", "+eval_broken")
    assert outcome.code == ExitCode.BUILD_FAILED
    assert "failed  eval_broken models/evaluation/eval_broken.sql" in outcome.out
    assert "Could not convert string '0x'" in outcome.out
    assert "logs/dbt.log" in outcome.error
    assert not warehouse.with_name("millwright_published.duckdb").exists()


def test_rules_are_evaluated_after_all_when_one_stops_the_night(millwright, warehouse):
    project = warehouse.parent
    (project / "models/quality").mkdir()
    (project / "models/quality/dq_rule_results.sql").write_text("""
        select 'few' as rule_id, 'stg_purchases' as relation_name, 'id' as column_name, 3 as n_rows, 1 as n_failed,
            0.25 as failed_rate, 'fail' as verdict, 'There are few purchases' as description, null as problem
        from {{ ref('stg_purchases') }} limit 1
    """)
    (project / "tests").mkdir()
    (project / "tests/purchases_are_few.sql").write_text("select * from {{ ref('stg_purchases') }}")
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.BUILD_FAILED
    assert "failed  purchases_are_few tests/purchases_are_few.sql" in outcome.out
    assert "25.00% │ stg_purchases │ There are few purchases" in outcome.out
    assert not warehouse.with_name("millwright_published.duckdb").exists()


def test_selection_of_nothing_is_refused(millwright, warehouse):
    outcome = millwright("nightly", "--as-of", AS_OF, "--select", "no_such_model")
    assert outcome.code == ExitCode.USAGE
    assert "no_such_model" in outcome.error


def test_project_that_does_not_parse(millwright, warehouse):
    (warehouse.parent / "models/staging/stg_purchases.sql").write_text("select * from {{ ref('no_such_model') }}")
    outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.BUILD_FAILED
    assert "no_such_model" in outcome.error


def test_history_does_not_go_back_unless_refreshed(millwright, warehouse):
    with duckdb.connect(warehouse) as duck:
        duck.execute("create schema ops")
        duck.execute("""
            create table ops.runs as
            select * from (values
                ('started', timestamp '1998-09-01', false, timestamp '2026-01-01'),
                ('started', timestamp '1998-06-01', true, timestamp '2026-01-02'),
                ('started', timestamp '1998-07-01 00:00:01', false, timestamp '2026-01-03'),
                ('died', timestamp '1998-09-01', false, timestamp '2026-01-04')
            ) as runs (event, as_of, is_full_refresh, recorded_at)
        """)
    call = ("nightly", "--as-of", AS_OF, "--select", "stg_purchases", "--no-publish")
    refused = millwright(*call)
    assert refused.code == ExitCode.USAGE
    assert "1998-07-01 00:00:00" in refused.error
    assert "1998-07-01 00:00:01" in refused.error
    assert millwright(*call, "--full-refresh").code == ExitCode.OK
    with duckdb.connect(warehouse) as duck:
        duck.execute("delete from ops.runs where as_of = timestamp '1998-07-01 00:00:01'")
        duck.execute("insert into ops.runs values ('started', timestamp '1998-07-01', false, timestamp '2026-01-04')")
    assert millwright(*call).code == ExitCode.OK


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_lock_names_its_holder_and_dies_with_it(engine, millwright, warehouse, request, monkeypatch):
    if engine == "postgres":
        for name, value in request.getfixturevalue("postgres").env().items():
            monkeypatch.setenv(name, value)
    target = load_target(warehouse.parent, engine)
    # Importing dbt would take the other process seconds, so it gets what dbt has read.
    holder = f"""
from types import SimpleNamespace
from millwright.lock import run_lock
from millwright.warehouse import Target
target = Target({target.name!r}, {engine!r}, SimpleNamespace(**{vars(target.credentials)!r}))
lock = run_lock(target)
lock.__enter__()
"""
    with other_process(holder) as process:
        outcome = millwright("nightly", "--target", engine)
        assert outcome.code == ExitCode.LOCKED
        who = f"process {process.pid}" if engine == "duckdb" else "millwright nightly, server process "
        assert f"another run holds the lock of {target.address}: {who}" in outcome.error
        assert " since " in outcome.error
        process.send_signal(signal.SIGKILL)
        process.wait()
    with run_lock(target):
        pass


def test_file_open_in_another_program(millwright, warehouse):
    with other_process(f"import duckdb; duck = duckdb.connect({str(warehouse)!r})") as process:
        outcome = millwright("nightly", "--as-of", AS_OF)
    assert outcome.code == ExitCode.LOCKED
    assert f"PID {process.pid}" in outcome.error


@pytest.fixture
def built(warehouse) -> Path:
    """The DuckDB file with the public table evaluation.eval_metrics: one row, value 1."""
    with duckdb.connect(warehouse) as duck:
        duck.execute("create schema evaluation; create table evaluation.eval_metrics as select 1 as value")
    return warehouse


def test_publication_replaces_the_file_under_its_readers(built, manifest):
    target, destination = load_target(built.parent), built.with_name("out.duckdb")
    query = "select sum(value) from evaluation.eval_metrics"
    first = publish(target, manifest, destination)
    assert (first.rows, first.missing) == ({"evaluation.eval_metrics": 1}, ("eval_broken",))

    opened = f"import duckdb; duck = duckdb.connect({str(destination)!r}, read_only=True)"
    with other_process(opened, then=f"print(duck.execute({query!r}).fetchall())") as process:
        with duckdb.connect(built) as duck:
            duck.execute("insert into evaluation.eval_metrics values (41)")
        publish(target, manifest, destination)
        assert process.communicate("go on\n")[0] == "[(1,)]\n"
    assert rows(destination, query) == [(42,)]


def test_publication_killed_in_the_middle_leaves_the_old_file(built, manifest):
    target, destination = load_target(built.parent), built.with_name("millwright_published.duckdb")
    unfinished = destination.with_name(f"{destination.name}.unfinished")
    publish(target, manifest)
    before = destination.read_bytes()
    model = manifest.nodes["model.toy.eval_metrics"]
    fields = ("name", "resource_type", "access", "schema", "alias", "relation_name", "description")
    given = {name: str(getattr(model, name)) for name in fields}
    code = f"""
import os
from types import SimpleNamespace
from millwright import publish
from millwright.warehouse import Target
publish.flush = lambda path: os.kill(os.getpid(), {signal.SIGKILL:d})
model = SimpleNamespace(columns={{}}, config=SimpleNamespace(meta={{}}), **{given!r})
target = Target({target.name!r}, "duckdb", SimpleNamespace(**{vars(target.credentials)!r}))
publish.publish(target, SimpleNamespace(nodes={{"model": model}}))
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert unfinished.exists()
    assert destination.read_bytes() == before
    publish(target, manifest)
    assert not unfinished.exists()


def test_publication_that_cannot_be_written(built, manifest):
    with pytest.raises(MillwrightError, match="cannot be written") as refusal:
        publish(load_target(built.parent), manifest, built.parent / "nowhere" / "out.duckdb")
    assert refusal.value.exit_code == ExitCode.UNAVAILABLE


def test_publication_over_the_warehouse_is_refused(built, manifest):
    with pytest.raises(MillwrightError, match="the warehouse itself") as refusal:
        publish(load_target(built.parent), manifest, built)
    assert refusal.value.exit_code == ExitCode.USAGE


def test_publication_from_a_server_is_refused(project, manifest):
    with pytest.raises(MillwrightError, match=r"readers query 127\.0\.0\.1:5432/millwright directly") as refusal:
        publish(load_target(project, "postgres"), manifest)
    assert refusal.value.exit_code == ExitCode.USAGE


def test_publication_of_nothing_is_refused(millwright, warehouse):
    outcome = millwright("publish")
    assert outcome.code == ExitCode.UNAVAILABLE
    assert "no public table is built" in outcome.error
    assert not warehouse.with_name("millwright_published.duckdb").exists()


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_warehouse_commits_or_rolls_back_a_block(engine, project, request, monkeypatch):
    if engine == "postgres":
        for name, value in request.getfixturevalue("postgres").env().items():
            monkeypatch.setenv(name, value)
    target = load_target(project, engine)
    with open_warehouse(target) as warehouse:
        warehouse.execute("create schema cli_test")
        warehouse.execute("create table cli_test.kept as select 1 as x; insert into cli_test.kept values (2)")
    with suppress(ZeroDivisionError), open_warehouse(target) as warehouse:
        warehouse.execute("insert into cli_test.kept values (3)")
        raise ZeroDivisionError
    with open_warehouse(target, read_only=True) as warehouse:
        assert warehouse.query("select x, 'a%b' as text from cli_test.kept order by x") == [
            {"x": 1, "text": "a%b"},
            {"x": 2, "text": "a%b"},
        ]
        assert ("cli_test", "kept") in warehouse.relations()


def test_useful_lines_drop_the_heading_and_the_middle():
    assert useful_lines("Database Error in model a (models/a.sql)\n  no such column\n    LINE 1\n") == [
        "no such column",
        "  LINE 1",
    ]
    assert useful_lines("Got 2 results, configured to fail if != 0") == ["Got 2 results, configured to fail if != 0"]
    long = useful_lines("\n".join(f"line {i}" for i in range(100)))
    assert (long[0], long[10], long[-1]) == ("line 0", "… 80 more lines in the log …", "line 99")
