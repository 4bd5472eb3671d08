"""Upkeep: statistics and indexes, partitions, plans, and the archive of old rows, of which nothing is ever lost."""

import csv
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest
from support.postgres_server import PostgresServer
from support.world import REPOSITORY, World

from millwright import archive
from millwright.archive import Archive, Archived, Policy, active_policies
from millwright.errors import ExitCode, MillwrightError
from millwright.explain import explain, find_model
from millwright.project import Project

AS_OF = "1998-07-01"
VARS = ("--vars", f"{{as_of: '{AS_OF}'}}")
# 90 days before as_of.
LIMIT = "1998-04-02 00:00:00"
HOSTILE = ["'; drop table ops.runs; --", '"', "\\N", "", "a,b\r\n\tc", "ünï€", "%s {x} [y]", "\\"]
# The engines write some of these differently as text.
FLOATS = [0.1, -3733913468737276.5, -5.030238775193166e16, 1e300, 5e-324, -0.0, math.inf, math.nan, None]


@dataclass
class Warehouse:
    """A world with nothing but landing tables, and what the archive needs of it."""

    world: World
    manifest: Manifest
    directory: Path

    @property
    def is_postgres(self) -> bool:
        return self.world.target.engine == "postgres"

    def policy(self, table: str, time_column: str, keep_days: int = 90) -> Policy:
        return Policy(self.manifest.sources[f"source.millwright.ops.{table}"], time_column, keep_days)

    def archive(self, policy: Policy, as_of: str = f"{AS_OF} 00:00:00") -> list[Archived]:
        files = Archive(self.world.target, self.manifest, as_of, self.directory)
        return [files.archive(batch) for batch, _ in files.due(policy)]

    def append(self, table: str, rows: list[dict[str, object]]) -> None:
        def literal(value: object) -> str:
            return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

        for row in rows:
            self.world.execute(
                f"insert into ops.{table} ({', '.join(row)}) values ({', '.join(map(literal, row.values()))})"
            )

    def values(self, query: str) -> list[object]:
        """The first column of a query."""
        return self.world.query(query).iloc[:, 0].to_list()

    def events(self, month: str) -> list[tuple]:
        events = self.world.query(f"""
            select file, n_rows, removed_at is not null as is_removed
            from ops.archives
            where table_name = 'feature_vectors' and month_on = '{month}-01'
            order by file, archived_at, removed_at nulls first
        """)
        return [(Path(file).name, n_rows, is_removed) for file, n_rows, is_removed in events.itertuples(index=False)]


def in_files(directory: Path, column: str, files: str = "*.parquet") -> list[object]:
    return [row[0] for row in duckdb.sql(f"select {column} from '{directory}/{files}' order by all").fetchall()]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory) -> Warehouse:
    directory = tmp_path_factory.mktemp(request.param)
    world = World(request.param, directory, postgres)
    world.run("dbt", "run", "--select", "int_snapshots", "mon_indexes", *VARS)
    written = WritableManifest.read_and_check_versions(str(directory / "target" / "manifest.json"))
    return Warehouse(world, Manifest.from_writable_manifest(written), directory / "archive")


def test_archive__a_row_exactly_at_the_limit_stays_and_every_value_survives(warehouse: Warehouse):
    before = "1998-04-01 23:59:59.999999"
    old = [
        {"run_id": text, "execution_seconds": number, "n_rows": position, "completed_at": before}
        for position, (text, number) in enumerate(zip([*HOSTILE, None], FLOATS, strict=True))
    ]
    # The same row twice is two rows.
    young = [{"run_id": "young", "completed_at": at} for at in (LIMIT, "1998-06-30", None)]
    warehouse.world.execute("delete from ops.run_steps")
    warehouse.append("run_steps", [*old, old[0], *young])
    (archived,) = warehouse.archive(warehouse.policy("run_steps", "completed_at"))
    assert (archived.month, archived.n_rows, archived.outcome) == (datetime(1998, 4, 1), len(old) + 1, "removed")
    assert warehouse.values("select run_id from ops.run_steps") == ["young"] * 3
    kept = duckdb.sql(
        f"select distinct n_rows, run_id, execution_seconds from '{archived.file}' order by n_rows"
    ).fetchall()
    assert [row[1] for row in kept] == [*HOSTILE, None]
    assert [repr(row[2]) for row in kept] == list(map(repr, FLOATS))
    assert warehouse.archive(warehouse.policy("run_steps", "completed_at")) == []


STEPS = {
    "written": (archive, "write"),
    "proven": (archive, "prove"),
    "put_in_place": (archive, "put_in_place"),
    "noted": (Archive, "_note"),
    "locked": (archive, "lock"),
    "removed": (archive, "remove"),
}


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("number", "step"), enumerate(STEPS, 1), ids=list(STEPS))
def test_archive__ended_at_any_step_loses_nothing_and_is_completed(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, number: int, step: str, is_after: bool
):
    month = f"1997-{number + 6 * is_after:02}"
    policy = warehouse.policy("feature_vectors", "computed_at")
    warehouse.append("feature_vectors", [{"entity_id": text, "computed_at": f"{month}-15 12:00:00"} for text in "aab"])
    place, name = STEPS[step]
    real = getattr(place, name)

    def interrupted(*arguments: object) -> None:
        if is_after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            warehouse.archive(policy)
    assert left_in(warehouse, month) == ["a", "a", "b"]
    assert not any(is_removed for _, _, is_removed in warehouse.events(month))
    (archived,) = warehouse.archive(policy)
    assert archived.outcome == "removed"
    assert left_in(warehouse, month) == []
    assert in_files(archived.file.parent, "entity_id", f"{month}*.parquet") == ["a", "a", "b"]
    assert warehouse.events(month) == [(f"{month}.0001.parquet", 3, False), (f"{month}.0001.parquet", 3, True)]
    assert not list(archived.file.parent.glob("*.unfinished"))


def left_in(warehouse: Warehouse, month: str) -> list[object]:
    return warehouse.values(f"""
        select entity_id from ops.feature_vectors
        where date_trunc('month', computed_at) = timestamp '{month}-01'
        order by entity_id
    """)


def test_archive__late_rows_go_into_a_further_file(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch):
    """One comes between proof and removal, and makes the archiving begin again; one when all is done."""
    policy = warehouse.policy("feature_vectors", "computed_at")

    def append(entity: str) -> None:
        warehouse.append("feature_vectors", [{"entity_id": entity, "computed_at": "1998-01-31 23:59:59"}])

    def note_and_append(*arguments: object) -> datetime:
        noted_at = note(*arguments)
        append("between")
        return noted_at

    append("first")
    note = Archive._note
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_note", note_and_append)
        (archived,) = warehouse.archive(policy)
    assert archived.outcome == "rows came meanwhile: run again"
    assert left_in(warehouse, "1998-01") == ["between", "first"]
    (archived,) = warehouse.archive(policy)
    append("late")
    (further,) = warehouse.archive(policy)
    assert in_files(archived.file.parent, "entity_id", archived.file.name) == ["between", "first"]
    assert in_files(archived.file.parent, "entity_id", further.file.name) == ["late"]
    assert left_in(warehouse, "1998-01") == []
    assert warehouse.events("1998-01") == [
        ("1998-01.0001.parquet", 1, False),
        ("1998-01.0001.parquet", 2, False),
        ("1998-01.0001.parquet", 2, True),
        ("1998-01.0002.parquet", 1, False),
        ("1998-01.0002.parquet", 1, True),
    ]


def test_archive__whole_months_leave_with_their_partition_and_a_part_without(warehouse: Warehouse):
    days = ("1998-02-10", "1998-03-10", "1998-03-20")
    warehouse.append("feature_vectors", [{"entity_id": day, "computed_at": day} for day in days])
    archived = warehouse.archive(warehouse.policy("feature_vectors", "computed_at", keep_days=108))  # to 15 March
    assert [one.n_rows for one in archived] == [1, 1]
    assert left_in(warehouse, "1998-03") == ["1998-03-20"]
    if warehouse.is_postgres:
        partitions = "select to_regclass('ops.feature_vectors_1998_0' || n) is not null from (values (2), (3)) as m (n)"
        assert warehouse.values(f"{partitions} order by n") == [False, True]


def test_archive__a_file_with_other_rows_is_never_replaced(warehouse: Warehouse):
    warehouse.append("feature_vectors", [{"entity_id": "ours", "computed_at": "1996-05-05"}])
    foreign = warehouse.directory / "ops" / "feature_vectors" / "1996-05.0001.parquet"
    duckdb.sql(f"copy (select 'theirs' as entity_id) to '{foreign}' (format parquet)")
    policy = warehouse.policy("feature_vectors", "computed_at")
    with pytest.raises(MillwrightError, match="with rows that feature_vectors does not have"):
        warehouse.archive(policy)
    assert left_in(warehouse, "1996-05") == ["ours"]
    assert in_files(foreign.parent, "entity_id", foreign.name) == ["theirs"]
    foreign.unlink()
    warehouse.archive(policy)
    assert left_in(warehouse, "1996-05") == []


def test_archive_by_command_follows_the_seed(warehouse: Warehouse, tmp_path: Path):
    """As of long after, so that the limit is clear of the wall clock of the run's own steps."""
    steps = len(warehouse.values("select 1 from ops.run_steps where completed_at is not null"))
    call = ("millwright", "archive", "--as-of", "2100-01-01", "--to", str(tmp_path / "it's here"))
    assert "would be archived" in warehouse.world.run(*call, "--dry-run")
    assert not list(tmp_path.iterdir())
    warehouse.world.run(*call)
    assert len(in_files(tmp_path / "it's here".replace("'", "''"), "run_id", "ops/run_steps/*.parquet")) == steps
    assert warehouse.values("select 1 from ops.run_steps where completed_at is not null") == []


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ("nothing,event_at,90,parquet,true", "there is no landing table 'nothing'; there are alert_events, archives, "),
        ("ops.runs';--,event_at,90,parquet,true", 'there is no landing table "ops.runs\';--"'),
        ("run_steps,finished_at,90,parquet,true", "run_steps has no timestamp 'finished_at'; it has started_at, compl"),
        ("run_steps,node_id,90,parquet,true", "run_steps has no timestamp 'node_id'"),
        ("customer_assignments,known_at,90,parquet,false", "the rows of customer_assignments must never be removed"),
        ("run_steps,completed_at,-1,parquet,true", "keep_days of run_steps is '-1'"),
        ("run_steps,completed_at,90,csv,true", "archive_format of run_steps is 'csv'; it must be parquet"),
        ("run_steps,completed_at,90,parquet,yes", "is_active of run_steps is 'yes'; it must be true or false"),
        ("query_plans,explained_at,,parquet,true", "query_plans has a policy already"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_named_with_file_and_line(
    warehouse: Warehouse, tmp_path: Path, policy: str, problem: str
):
    path = tmp_path / "seeds" / "config" / "retention_policies.csv"
    path.parent.mkdir(parents=True)
    header = "table_name,time_column,keep_days,archive_format,is_active\nquery_plans,explained_at,,parquet,true\n"
    path.write_text(header)
    assert [policy.keep_days for policy in active_policies(warehouse.manifest, tmp_path)] == [90]
    path.write_text(f"{header}{policy}\n")
    with pytest.raises(MillwrightError) as refusal:
        active_policies(warehouse.manifest, tmp_path)
    assert str(refusal.value).startswith(f"seeds/config/retention_policies.csv, line 3: {problem}")


def test_every_table_that_may_be_archived_has_a_policy_and_those_that_are_read_are_inactive(warehouse: Warehouse):
    sources = [source for source in warehouse.manifest.sources.values() if source.source_name == "ops"]
    retention = {source.name: source.config.meta.get("retention") for source in sources}
    with (REPOSITORY / "seeds" / "config" / "retention_policies.csv").open() as file:
        assert {row["table_name"] for row in csv.DictReader(file)} == {name for name, kind in retention.items() if kind}
    active = {policy.source.name for policy in active_policies(warehouse.manifest, REPOSITORY)}
    assert active == {name for name, kind in retention.items() if kind == "free"}


def test_explain_measures_a_query_keeps_its_plan_and_builds_nothing(warehouse: Warehouse):
    node = "model.millwright.train_customer__time_splits"
    run = {"node_id": node, "status": "success", "started_at": "2026-01-01", "execution_seconds": 12.345, "n_rows": 7}
    warehouse.append("run_steps", [run])
    printed = warehouse.world.run("millwright", "explain", node.split(".")[-1], "--as-of", "1998-03-01")
    assert "2026-01-01 00:00:00 │ success │   12.35 │    7" in printed
    plans = warehouse.world.query("select * from ops.query_plans")
    assert plans[["node_id", "as_of"]].to_numpy().tolist() == [[node, datetime(1998, 3, 1)]]
    assert plans["seconds"].iloc[0] > 0
    plan = plans["plan"].iloc[0]
    assert ("Execution Time" if warehouse.is_postgres else "Total Time") in plan
    assert all(line in printed for line in plan.splitlines())
    assert ("training", "train_customer__time_splits") not in relations(warehouse)


def relations(warehouse: Warehouse) -> set[tuple[str, str]]:
    found = warehouse.world.query("select table_schema, table_name from information_schema.tables")
    return set(found.itertuples(index=False, name=None))


NOT_EXPLAINED: dict[str, tuple[str, ExitCode]] = {
    "dim_custmers": ("there is no dbt model 'dim_custmers'; did you mean dim_customers", ExitCode.USAGE),
    "eval_mcnemar_p_values": ("is a Python model", ExitCode.USAGE),
    "stg_ops__runs": ("is a view: nothing is computed until it is read; explain what reads it: ", ExitCode.USAGE),
}


@pytest.mark.parametrize("name", NOT_EXPLAINED)
def test_what_cannot_be_explained_is_refused(warehouse: Warehouse, name: str):
    problem, code = NOT_EXPLAINED[name]
    with pytest.raises(MillwrightError) as refusal:
        find_model(warehouse.manifest, name)
    assert problem in str(refusal.value)
    assert refusal.value.exit_code == code


def test_a_model_whose_inputs_are_not_built_is_not_explained(warehouse: Warehouse):
    with pytest.raises(
        MillwrightError, match=r"is not built in .*: .*staging\.stg_shop__purchases.*--select \+fct_tra"
    ):
        explain(Project(REPOSITORY, warehouse.world.target), warehouse.manifest, "fct_transactions", AS_OF)


def test_make_partitions_moves_rows_out_of_the_default_partition(warehouse: Warehouse):
    """Of five months ahead, within twelve, and of a year too far."""

    def call(arguments: str) -> str:
        return warehouse.world.run("dbt", "run-operation", "make_partitions", "--args", arguments, *VARS)

    days = ["1998-12-01", "1998-12-31 23:59:59", "1999-01-01", "1999-08-01", "1996-12-31", None]
    warehouse.append("predictions", [{"prediction_id": day or "never", "event_at": day} for day in days])
    printed = call("{months_ahead: 12}")
    assert len(warehouse.values("select 1 from ops.predictions")) == len(days)
    if not warehouse.is_postgres:
        assert "there is nothing to do" in printed
        return
    assert "predictions: 9 partitions made, 3 rows moved out of the default partition" in printed
    held = "select prediction_id from ops.predictions_{} order by prediction_id"
    assert warehouse.values(held.format("1998_12")) == days[:2]
    assert warehouse.values(held.format("1999_01")) == days[2:3]
    assert warehouse.values(held.format("default")) == ["1996-12-31", "1999-08-01", "never"]
    indexes = "select count(*) from pg_indexes where schemaname = 'ops' and tablename = 'predictions_{}'"
    assert warehouse.values(indexes.format("1998_12")) == warehouse.values(indexes.format("1998_06")) == [2]
    for arguments in ("{months_ahead: 0}", "{months_ahead: '1; drop'}"):
        with pytest.raises(AssertionError, match="it must be a whole number of months, 1 to 120"):
            call(arguments)


def test_update_ml_statistics_logs_what_it_does(warehouse: Warehouse):
    if warehouse.is_postgres:
        warehouse.world.execute("""
            insert into ops.customer_assignments (assignment_id, record_key)
            select 'assignment ' || n, 'record' from generate_series(1, 20000) as numbers (n);
            delete from ops.customer_assignments where assignment_id <> 'assignment 7';
            create index steps_ccnew on ops.run_steps (run_id);
            update pg_index set indisvalid = false where indexrelid = 'ops.steps_ccnew'::regclass;
        """)
    warehouse.world.run("dbt", "run-operation", "update_ml_statistics", "--args", "{min_index_mb: 0.1}", *VARS)
    actions = warehouse.world.query(
        "select * from ops.maintenance_actions where status <> 'started' order by started_at"
    )
    assert set(actions["status"]) == {"completed"}
    assert actions["seconds"].min() > 0
    done = set(zip(actions["action"], actions["relation"], strict=True))
    assert ("analyze", "ops.query_plans") in done
    if warehouse.is_postgres:
        assert ("vacuum", "ops.customer_assignments") in done
        assert ("reindex", "ops.customer_assignments_assignment_id_idx") in done
        assert ("drop_index", "ops.steps_ccnew") in done
        assert warehouse.values("select pg_relation_size('ops.customer_assignments_assignment_id_idx')") == [16384]
    else:
        assert actions["action"].iloc[-1] == "checkpoint"
    started = warehouse.values("select count(*) from ops.maintenance_actions where status = 'started'")
    assert started == [len(actions)]
    with pytest.raises(AssertionError, match="it must be a share between 0 and 1"):
        warehouse.world.run("dbt", "run-operation", "update_ml_statistics", "--args", "{bloat_rate: '1) or (1'}", *VARS)


def test_mon_indexes_tells_declared_indexes_with_their_partitions(warehouse: Warehouse):
    declared = warehouse.world.query("""
        select index_name, column_names, verdict
        from monitoring.mon_indexes
        where is_declared and table_name = 'predictions' and verdict in ('used', 'unused')
        order by index_name
    """)
    names = ["predictions_model_name_known_at_idx", "predictions_prediction_id_idx"] if warehouse.is_postgres else []
    assert declared["index_name"].to_list() == names
