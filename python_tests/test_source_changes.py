"""Change detection over several runs of a small project, which has the real source tables, detection and hooks."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd
import pytest
import yaml
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from support.empty_world import create_raw_tables, deliver
from support.postgres_server import PostgresServer, another_database
from support.world import REPOSITORY, World

from millwright.warehouse import open_warehouse

REAL_FILES = (
    "models/_docs.md",
    "models/staging/_staging__docs.md",
    "models/staging/*/_*__sources.yml",
    "models/staging/*/stg_*_changes.sql",
    "models/staging/ops/stg_ops__source_watermarks.sql",
    "models/quality/dq_source_changes.sql",
)

QUIETLY = ("--quiet", "--log-level", "none", "--log-level-file", "debug")

# What is done with the source tables: `totals` breaks on an amount that is no number, `plausible` on a negative one.
WORK = {
    "models/work/totals.sql": """
        {{- millwright.count_first('stg_shop__purchases_changes') -}}
        {{ config(materialized='table') }}
        select sum(cast(amount as numeric(18, 2))) as amount from {{ source('shop', 'purchases') }}
        where loaded_at <= {{ millwright.as_of() }}
    """,
    "models/work/report.sql": "select amount from {{ ref('totals') }}",
    "models/work/customers.sql": """
        {{- millwright.count_first('stg_erp__customers_changes') -}}
        select customer_no from {{ source('erp', 'customers') }}
    """,
    "tests/plausible.sql": "select * from {{ ref('totals') }} where amount < 0",
}


class Project:
    """A small dbt project of its own on one engine, with empty raw tables."""

    def __init__(self, world: World, server: PostgresServer):
        self.world = world
        self.directory = world.directory / "project"
        self._manifest: Manifest | None = None
        self._env = server.env() | {
            "MILLWRIGHT_TARGET": world.target.name,
            "MILLWRIGHT_SCHEMA": "prod",
            "MILLWRIGHT_DUCKDB_PATH": f"{world.directory}/world.duckdb",
            "DBT_TARGET_PATH": f"{world.directory}/target",
            "DBT_LOG_PATH": f"{world.directory}/logs",
        }
        settings = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
        settings |= {"macro-paths": [f"{REPOSITORY}/macros"], "seeds": {}}
        settings["models"] = {"millwright": {"staging": {"+schema": "staging"}, "quality": {"+schema": "quality"}}}
        files = {
            str(path.relative_to(REPOSITORY)): path.read_text() for name in REAL_FILES for path in REPOSITORY.glob(name)
        }
        self.write(files | WORK | {"dbt_project.yml": yaml.safe_dump(settings)})
        create_raw_tables(world)

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip(), encoding="utf-8")

    def invoke(self, command: str, *arguments: str, **variables: Any) -> dict[str, str]:
        """Runs dbt in this process, which parses the project once only; gives the messages of failed nodes by name."""
        options = ["--project-dir", str(self.directory), "--profiles-dir", str(REPOSITORY)]
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._env.items():
                patch.setenv(name, value)
            if self._manifest is None:
                self._manifest = dbtRunner().invoke([*QUIETLY, "parse", *options]).result
            runner = dbtRunner(manifest=self._manifest.deepcopy())
            outcome = runner.invoke([*QUIETLY, command, *options, "--vars", f"{variables}", *arguments])
        if outcome.exception:
            raise outcome.exception
        return {result.node.name: result.message for result in outcome.result if result.status in ("error", "fail")}

    def rows(self, relation: str) -> pd.DataFrame:
        """A relation, over a connection of the kind that dbt keeps open in this process."""
        with open_warehouse(self.world.target) as warehouse:
            return pd.DataFrame(warehouse.query(f"select * from {relation}"))


@dataclass(frozen=True)
class Step:
    """What a run left behind: its failures, what it says of each source, and all that is committed."""

    failed: dict[str, str]
    newest: pd.DataFrame
    committed: pd.DataFrame

    def of(self, source: str) -> tuple[int | None, bool, bool]:
        """n_changed_rows, has_changed and is_committed."""
        row = self.newest.set_index("source_name").loc[source]
        count = None if pd.isna(row["n_changed_rows"]) else int(row["n_changed_rows"])
        return count, bool(row["has_changed"]), bool(row["is_committed"])

    def watermark(self, source: str) -> str:
        """The committed one that is in force."""
        return self.committed[self.committed["source_name"] == source].sort_values("revision")["watermark"].iloc[-1]


def purchase(line: int, loaded_at: str, amount: str = "9.99") -> tuple[str, dict[str, str]]:
    return "raw_shop.purchases", {"line_number": f"{line}", "amount": amount, "loaded_at": loaded_at}


def ticket(number: int, loaded_at: str = "1997-05-30") -> tuple[str, dict[str, str]]:
    return "raw_support.tickets", {"ticket_id": f"T-{number:06}", "loaded_at": loaded_at}


def customer(number: int, name: str) -> tuple[str, dict[str, str]]:
    row = {"customer_no": f"E-{number}", "full_name": name, "changed_on": "1997-01-31", "loaded_at": "1997-02-01"}
    return "raw_erp.customers", row


def live_through(project: Project) -> dict[str, Step]:
    """The project's runs, by what is tried in them."""
    steps = {}

    def run(name: str, as_of: str, *arguments: str, **variables: Any) -> None:
        run_id = f"{name}; it's hostile"
        failed = project.invoke("build", *arguments, as_of=as_of, run_id=run_id, **variables)
        of_run = "quality.dq_source_changes where run_id = '{}'".format(run_id.replace("'", "''"))
        steps[name] = Step(failed, project.rows(of_run), project.rows("ops.source_watermarks"))

    def change(*statements: str) -> None:
        project.world.execute(";\n".join(statements))

    purchases = [purchase(1, "1997-04-30"), purchase(2, "1997-05-10"), purchase(3, "1997-05-31")]
    later = [purchase(4, "1997-06-05"), purchase(5, "1997-06-06 12:00:00")]
    customers = [customer(1, "ANN"), customer(2, "BOB")]
    deliver(project.world, [*purchases, *later, *customers, *map(ticket, (1, 2, 3))])
    run("first", "1997-06-01")
    run("again", "1997-06-01")

    deliver(project.world, [purchase(6, "1997-05-31"), ticket(2, "1997-06-03"), ticket(4, "1997-06-04")])
    change(
        "update raw_shop.purchases set amount = '1.00' where line_number = '2'",
        "update raw_erp.customers set full_name = 'ANNE' where customer_no = 'E-1'",
    )
    run("next", "1997-06-06")

    change(
        "update raw_shop.purchases set amount = 'broken' where line_number = '5'",
        "delete from raw_erp.customers where customer_no = 'E-2'",
    )
    run("broken", "1997-06-07")
    change("update raw_shop.purchases set amount = '-99.99' where line_number = '5'")
    run("implausible", "1997-06-07")
    change("update raw_shop.purchases set amount = '5.00' where line_number = '5'")
    run("part", "1997-06-07", "--select", "stg_shop__purchases_changes", "totals", "dq_source_changes")
    run("empty", "1997-06-07", "--empty")
    run("repaired", "1997-06-07")
    run("refreshed", "1997-06-07", "--full-refresh")

    change("update raw_shop.purchases set loaded_at = '1997-06-07' where line_number = '5'")
    built = ("stg_shop__purchases_changes", "totals", "dq_source_changes")
    run("retried", "1997-06-08", "--select", *built)
    steps["half"] = steps["retried"]
    run(
        "retried",
        "1997-06-08",
        "--select",
        "report",
        outcomes_before={f"model.millwright.{n}": "success" for n in built},
    )
    return steps


@pytest.fixture(scope="module")
def lives_of_sources(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, Step]]]:
    with another_database(postgres, f"{postgres.database}_changes") as server:
        yield {
            engine: live_through(Project(World(engine, tmp_path_factory.mktemp(engine), server), server))
            for engine in ("duckdb", "postgres")
        }


@pytest.fixture(params=["duckdb", "postgres"])
def steps(request: pytest.FixtureRequest, lives_of_sources: dict[str, dict[str, Step]]) -> dict[str, Step]:
    return lives_of_sources[request.param]


def test_the_first_run_looks_back_thirty_days_and_no_further_than_as_of(steps: dict[str, Step]):
    first = steps["first"]
    assert first.failed == {}
    assert first.of("shop") == (2, True, True)
    assert first.watermark("shop") == "1997-05-31 00:00:00"
    assert first.of("support") == (3, True, True)
    assert first.watermark("support") == "3"
    assert first.of("erp") == (2, True, True)
    assert first.of("crm") == (0, False, True)
    assert first.watermark("crm") == "1997-05-02 00:00:00"


def test_the_same_night_again_finds_nothing_and_leaves_the_watermarks(steps: dict[str, Step]):
    for source in ("shop", "crm", "erp", "marketing", "support"):
        assert steps["again"].of(source) == (0, False, True)
        assert steps["again"].watermark(source) == steps["first"].watermark(source)
    assert sorted(steps["again"].committed["revision"]) == [1] * 5 + [2] * 5


def test_new_rows_and_those_that_tie_with_the_watermark_are_found_exactly(steps: dict[str, Step]):
    """Line 4 is now known, line 6 came late; ticket 4 is new, ticket 2 came again. The edit of line 2 is not seen."""
    assert steps["next"].of("shop") == (2, True, True)
    assert steps["next"].watermark("shop") == "1997-06-05 00:00:00"
    assert steps["next"].of("support") == (2, True, True)
    assert steps["next"].watermark("support") == "4"


def test_a_checksum_sees_an_edited_row_and_a_deleted_one(steps: dict[str, Step]):
    assert steps["next"].of("erp") == (None, True, True)
    assert steps["broken"].of("erp") == (None, True, True)
    assert len({steps[name].watermark("erp") for name in ("first", "next", "broken")}) == 3
    assert steps["implausible"].of("erp") == (0, False, True)


@pytest.mark.parametrize("step", ["broken", "implausible", "part"])
def test_the_watermark_stays_until_all_the_work_succeeded(steps: dict[str, Step], step: str):
    """A dbt model failed, a test failed, one consumer was not run: the same row is seen again and again."""
    assert list(steps[step].failed) == {"broken": ["totals"], "implausible": ["plausible"], "part": []}[step]
    assert steps[step].of("shop") == (1, True, False)
    assert steps[step].watermark("shop") == "1997-06-05 00:00:00"


def test_a_run_on_no_rows_commits_nothing(steps: dict[str, Step]):
    assert steps["empty"].failed == {}
    pd.testing.assert_frame_equal(steps["empty"].committed, steps["part"].committed)


def test_other_sources_go_on_while_one_fails(steps: dict[str, Step]):
    for source in ("crm", "erp", "marketing", "support"):
        assert steps["broken"].of(source)[2]


def test_after_the_repair_the_changes_are_seen_once_more_and_committed(steps: dict[str, Step]):
    assert steps["repaired"].failed == {}
    assert steps["repaired"].of("shop") == (1, True, True)
    assert steps["repaired"].watermark("shop") == "1997-06-06 12:00:00"


def test_a_full_refresh_starts_over_and_numbers_on(steps: dict[str, Step]):
    assert steps["refreshed"].of("shop") == (5, True, True)
    assert steps["refreshed"].of("support") == (5, True, True)
    assert steps["refreshed"].of("erp") == (1, True, True)
    revisions = steps["refreshed"].committed.groupby("source_name")["revision"].agg(sorted)
    assert revisions["shop"] == [1, 2, 3, 4, 5]
    assert revisions["erp"] == [1, 2, 3, 4, 5, 6, 7]


def test_a_retry_commits_what_the_invocations_of_its_run_did_together(steps: dict[str, Step]):
    assert steps["half"].of("shop")[1:] == (True, False)
    assert steps["retried"].of("shop")[2]
    assert steps["retried"].watermark("shop") == "1997-06-07 00:00:00"


def test_what_is_committed_says_when_it_was_known_and_by_which_run(steps: dict[str, Step]):
    committed = steps["refreshed"].committed
    last = committed[(committed["source_name"] == "shop") & (committed["revision"] == 4)].iloc[0]
    assert last["as_of"] == last["known_at"] == pd.Timestamp("1997-06-07")
    assert last["run_id"] == "repaired; it's hostile"
    assert last["previous_watermark"] == "1997-06-05 00:00:00"


def test_both_engines_find_the_same(lives_of_sources: dict[str, dict[str, Step]]):
    keys = ["source_name", "revision"]
    duckdb, postgres = (
        lives_of_sources[engine]["refreshed"].committed.sort_values(keys, ignore_index=True).astype(object)
        for engine in ("duckdb", "postgres")
    )
    pd.testing.assert_frame_equal(duckdb, postgres)


# Per way to get it wrong: the setting, and what the error says of it.
BAD_SETTINGS = {
    "absent": (None, "config.meta.change_detection is missing; say there how"),
    "unknown_method": (
        {"method": "magic", "column": "loaded_at"},
        'the method "magic"; say one of timestamp, sequence, checksum',
    ),
    "no_column": ({"method": "sequence"}, "by sequence needs a `column` whose values grow; the table has number, name"),
    "unknown_column": (
        {"method": "timestamp", "column": "moved_at"},
        'names the column "moved_at", which is not declared; declare it with its data_type, or name one of number',
    ),
    "unfit_column": (
        {"method": "timestamp", "column": "number"},
        'by timestamp cannot follow the column "number" of type "bigint"; name one of type timestamp, text',
    ),
    "unknown_setting": (
        {"method": "timestamp", "column": "loaded_at", "lookback": 3},
        'has no setting "lookback"; remove it, or say one of method, column, look_back',
    ),
    "unknown_columns": ({"method": "checksum", "columns": ["name", "size"]}, 'names the column "size"'),
    "columns_as_text": ({"method": "checksum", "columns": "name"}, "by checksum needs a list of columns"),
    "bad_look_back": (
        {"method": "sequence", "column": "number", "look_back": -1},
        'has the look_back "-1"; say a whole number of the sequence, 0 or more',
    ),
}


@pytest.fixture(scope="module")
def refusals(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What dbt says of each table that is declared badly, and of a well declared one with bad vars."""
    project = Project(World("duckdb", tmp_path_factory.mktemp("refusals"), postgres), postgres)
    for folder in ("models/quality", "models/work", "tests"):
        shutil.rmtree(project.directory / folder)
    columns = [
        {"name": name, "data_type": data_type}
        for name, data_type in {"number": "bigint", "name": "text", "loaded_at": "timestamp"}.items()
    ]
    tables = [
        {"name": name, "columns": columns, "config": {"meta": {"change_detection": said} if said else {}}}
        for name, (said, _) in BAD_SETTINGS.items()
    ]
    models = {
        f"models/bad/stg_bad__{name}_changes.sql": f"{{{{ millwright.source_changes('bad', '{name}') }}}}"
        for name in BAD_SETTINGS
    }
    models["models/hasty/hasty.sql"] = "select * from {{ source('erp', 'customers') }}"
    project.write(models | {"models/bad/sources.yml": yaml.safe_dump({"sources": [{"name": "bad", "tables": tables}]})})
    selection = ["--select", "path:models/bad", "stg_shop__purchases_changes", "stg_erp__customers_changes"]
    return project.invoke("run", *selection, change_lookback_days="x")


@pytest.mark.parametrize("table", BAD_SETTINGS)
def test_a_bad_setting_is_refused_by_name_with_the_remedy(refusals: dict[str, str], table: str):
    message = refusals[f"stg_bad__{table}_changes"]
    assert f"Source table bad.{table} in {Path('models/bad/sources.yml')}: " in message
    assert BAD_SETTINGS[table][1] in message


def test_a_bad_var_is_refused(refusals: dict[str, str]):
    message = refusals["stg_shop__purchases_changes"]
    assert 'The var change_lookback_days is "x"; it must be a whole number of days, 0 or more' in message


def test_whoever_reads_before_the_count_is_refused(refusals: dict[str, str]):
    message = refusals["stg_erp__customers_changes"]
    assert "hasty.sql reads the source table erp.customers perhaps before what is new there is counted; put " in message
    assert "{{- millwright.count_first('stg_erp__customers_changes') -}} at its top" in message
