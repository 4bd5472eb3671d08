"""Roles of PostgreSQL: logged in as each, what it may do and what not; and what readers see of persons."""

import re
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
import yaml
from dbt.adapters.factory import reset_adapters
from support.history import LAST_NIGHT, History
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import REPOSITORY, World, copy_of

from millwright.client import PredictionLog

AS_OF = datetime(2024, 1, 1)
GROUPS = ("owner", "application", "reader", "steward")
DENIED = psycopg2.errors.InsufficientPrivilege
MARTS = {
    "people": "select 'c1' as customer_id, 'ann@example.org' as email",
    "people_masked": "select customer_id, {{ millwright.masked_text('email') }} as email from {{ ref('people') }}",
    "figures": "select 42 as figure",
    "grown": "{{ config(materialized='incremental') }} select 1 as number",
    "inner": "select 1 as secret",
}
GUESSES = "def model(dbt, session):\n    return session.sql('select 7 as guess')\n"
DECLARED = [
    {
        "name": "people",
        "config": {"access": "public", "group": "entities"},
        "columns": [{"name": "email", "config": {"meta": {"is_personal": True}}}],
    },
    {"name": "people_masked", "config": {"access": "public", "group": "entities", "materialized": "view"}},
    {"name": "figures", "config": {"access": "public", "group": "entities"}},
    {"name": "grown", "config": {"access": "public", "group": "entities"}},
    {"name": "guesses", "config": {"access": "public", "group": "entities", "materialized": "python_incremental"}},
    {"name": "inner", "config": {"grants": {"select": ["pg_read_all_data"]}}},
]
READABLE = {"prod.people_masked", "prod.figures", "prod.grown", "prod.guesses"}
# What every role but the owner may not do, whatever the table.
FORBIDDEN = (
    "create schema theirs",
    "create table ops.theirs (id integer)",
    "create function prod.theirs() returns integer language sql return 1",
    "update ops.predictions set score = 1",
    "delete from ops.predictions",
    "truncate ops.predictions",
    "drop table ops.predictions",
    "alter table ops.predictions add column more text",
    "insert into ops.model_versions (model_name) values ('mine')",
    "insert into prod.figures values (1)",
    "select * from ops.predictions",
    "select * from ops.predictions_default",
    "insert into ops.predictions_default (prediction_id) values ('around')",
    "select * from ops.runs",
    "select * from prod.inner",
)


class Logins:
    """A person in each group of roles, and someone in none, all with one password."""

    def __init__(self, server: PostgresServer):
        self._server = server
        self._mark = f"access_{secrets.token_hex(4)}"
        self.password = secrets.token_hex(8)
        self.roles = {purpose: f"{self._mark}_{purpose}" for purpose in GROUPS}
        self._made = []

    def server(self, name: str) -> PostgresServer:
        return replace(self._server, user=self.name(name), password=self.password)

    def name(self, name: str) -> str:
        return f"{self._mark}_login_{name}"

    def make(self, name: str, rights: str = "", groups: tuple[str, ...] = ()) -> None:
        member = f"in role {', '.join(self.roles[group] for group in groups)}" if groups else ""
        self._server.execute(f"create role {self.name(name)} login password '{self.password}' {rights} {member}")
        self._made.append(self.name(name))

    def do(self, name: str, *statements: str) -> list[tuple]:
        """The rows of the last statement, all in one transaction; DENIED is raised as PostgreSQL raises it."""
        with closing(self.server(name).connect()) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def may(self, name: str, statement: str) -> bool:
        try:
            self.do(name, statement)
        except DENIED:
            return False
        return True

    def remove(self) -> None:
        rows = self.rows("select rolname from pg_roles where rolname like %s", f"{self._mark}%")
        for (role,) in rows:
            self._server.execute(f"reassign owned by {role} to {self._server.user}")
            self._server.execute(f"drop owned by {role}")
        for (role,) in rows:
            self._server.execute(f"drop role {role}")

    def rows(self, query: str, *values: Any) -> list[tuple]:
        with closing(self._server.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()

    def readable(self, role: str) -> set[str]:
        """Every table and view that the role may read a column of, but for the catalogs."""
        found = self.rows(
            """
            select pg_namespace.nspname || '.' || pg_class.relname
            from pg_class
            inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
            where
                pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
                and pg_namespace.nspname not in ('pg_catalog', 'information_schema')
                and pg_namespace.nspname not like 'pg_toast%%'
                and has_schema_privilege(%s, pg_namespace.oid, 'usage')
                and has_any_column_privilege(%s, pg_class.oid, 'select')
            """,
            role,
            role,
        )
        return {name for (name,) in found}


@contextmanager
def logins_of(server: PostgresServer) -> Iterator[Logins]:
    logins = Logins(server)
    try:
        yield logins
    finally:
        logins.remove()


class Marts(SmallProject):
    """A few marts, a Python one among them, with the project's landing tables and one of its seeds."""

    def __init__(self, world: World, roles: dict[str, str]):
        self.roles = roles
        super().__init__(world, MARTS, DECLARED, {"history_starts_on": "2023-12-01", "access_roles": roles})

    def become(self, server: PostgresServer, role: str = "") -> None:
        """From now on dbt logs in as that server says, and takes the role."""
        self.world.variables |= server.env() | {"MILLWRIGHT_POSTGRES_ROLE": role}
        # dbt would go on as it was.
        reset_adapters()

    def _write(self, models: dict[str, str], declared: list[dict[str, Any]], variables: dict[str, Any]) -> None:
        super()._write(models, declared, variables)
        (self.directory / "models" / "loaded" / "guesses.sql").unlink()
        (self.directory / "models" / "built" / "guesses.py").write_text(GUESSES)
        project = yaml.safe_load((self.directory / "dbt_project.yml").read_text())
        project["on-run-start"] = ["{{ millwright.create_landing_tables() }}", "{{ millwright.grant_access() }}"]
        project["seeds"] = {"+schema": "config"}
        (self.directory / "dbt_project.yml").write_text(yaml.safe_dump(project))
        seeds = yaml.safe_load((REPOSITORY / "seeds" / "config" / "_config__seeds.yml").read_text())["seeds"]
        (self.directory / "seeds").mkdir()
        (self.directory / "seeds" / "_seeds.yml").write_text(
            yaml.safe_dump({"seeds": [seed for seed in seeds if seed["name"] == "model_tasks"]})
        )
        (self.directory / "seeds" / "model_tasks.csv").write_text(
            "model_name,task,positive_class,label_delay_days\nchurn,binary,churns,0\n"
        )
        for file in ("staging/ops/_ops__sources.yml", "staging/_staging__docs.md", "_groups.yml", "_docs.md"):
            (self.directory / "models" / Path(file).name).write_text((REPOSITORY / "models" / file).read_text())


@pytest.fixture(scope="module")
def logins(postgres: PostgresServer) -> Iterator[Logins]:
    with logins_of(postgres) as logins:
        yield logins


@pytest.fixture(scope="module")
def refusals() -> dict[str, str]:
    """What was said to who may not make the roles, and to the run that lacked them."""
    return {}


@pytest.fixture(scope="module")
def marts(logins: Logins, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, refusals) -> Marts:
    """Two nights of an owner's login, after the database's owner, who is no superuser, made the roles."""
    logins.make("admin", "createrole")
    logins.make("stranger")
    postgres.execute(f"alter database {postgres.database} owner to {logins.name('admin')}")
    world = World("postgres", tmp_path_factory.mktemp("marts"), logins.server("admin"))
    marts = Marts(world, logins.roles)
    refusals["run without roles"] = marts.dbt("run", as_of=AS_OF)[1]
    marts.become(logins.server("stranger"))
    refusals["stranger"] = marts.dbt("run-operation", "create_access_roles", as_of=AS_OF)[1]
    marts.become(logins.server("admin"))
    for _ in range(2):
        result, said = marts.dbt("run-operation", "create_access_roles", as_of=AS_OF)
        assert result.success, said
    logins.make("night", groups=("owner",))
    marts.become(logins.server("night"), logins.roles["owner"])
    for group in GROUPS[1:]:
        logins.make(group, groups=(group,))
    for command in ("seed", "run", "seed", "run"):
        options = ["--select", "path:models/built"] if command == "run" else ["--full-refresh"]
        result, said = marts.dbt(command, *options, as_of=AS_OF)
        assert result.success, said
    return marts


def test_roles_are_missed_by_name_and_made_by_nobody_else(marts: Marts, logins: Logins, refusals: dict[str, str]):
    missed = refusals["run without roles"]
    assert all(name in missed.partition("There is no role ")[2] for name in logins.roles.values())
    assert "dbt run-operation create_access_roles" in missed
    assert (
        f"create_access_roles: {logins.name('stranger')} may not do this; call it as the owner of the database"
        in (refusals["stranger"])
    )
    rights = logins.rows(
        "select rolcanlogin or rolsuper or rolcreaterole from pg_roles where rolname = any(%s)",
        list(logins.roles.values()),
    )
    assert rights == [(False,)] * len(GROUPS)


def test_the_owner_owns_what_its_logins_build(marts: Marts, logins: Logins):
    owners = logins.rows("""
        select distinct pg_get_userbyid(pg_class.relowner), pg_get_userbyid(pg_namespace.nspowner)
        from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where pg_namespace.nspname in ('ops', 'config')
    """)
    assert owners == [(logins.roles["owner"],) * 2]
    assert logins.may("night", f"set role {logins.roles['owner']}; create schema more; drop schema more")


@pytest.mark.parametrize("name", ["application", "reader", "steward", "stranger"])
def test_nobody_else_changes_anything(marts: Marts, logins: Logins, name: str):
    assert [statement for statement in FORBIDDEN if logins.may(name, statement)] == []


def test_each_group_reads_what_is_for_it(marts: Marts, logins: Logins):
    roles = logins.roles
    assert logins.readable(roles["reader"]) == READABLE
    assert logins.readable(roles["steward"]) == READABLE | {"prod.people"}
    assert logins.readable(roles["application"]) == {
        *("ops.predictions", "ops.outcomes", "ops.prediction_errors", "ops.experiment_assignments"),
        *("ops.model_versions", "ops.model_version_revisions", "ops.model_features", "config.model_tasks"),
    }
    assert logins.readable(logins.name("stranger")) == set()
    assert logins.do("reader", "select email from prod.people_masked") == [("xxx@xxxxxxx.xxx",)]
    assert logins.do("reader", "select guess from prod.guesses order by 1") == [(7,), (7,)]
    assert logins.do("steward", "select email from prod.people") == [("ann@example.org",)]
    # What was granted in the YAML of the dbt model is granted beside it.
    assert logins.rows("select has_table_privilege('pg_read_all_data', 'prod.inner', 'select with grant option')")
    assert "pg_read_all_data=r/" in str(logins.rows("select relacl::text from pg_class where relname = 'inner'"))


def test_an_application_inserts_where_applications_write(marts: Marts, logins: Logins):
    for table in ("predictions", "outcomes", "prediction_errors", "experiment_assignments", "feature_values"):
        # Into the month's partition, and into that of all other months.
        for moment in ("2023-12-24", "1066-10-14"):
            assert logins.may("application", f"insert into ops.{table} (event_at) values ('{moment}')"), table
    assert logins.may("application", "select prediction_id, event_at from ops.predictions")
    for refused in ("select score from ops.predictions", "select created_by from ops.model_versions"):
        assert not logins.may("application", refused)
    for name in ("reader", "steward"):
        assert not logins.may(name, "insert into ops.predictions (event_at) values ('2023-12-24')")


def test_the_client_works_as_an_application(marts: Marts, logins: Logins, tmp_path: Path):
    marts.world.execute(f"""
        set role {logins.roles["owner"]};
        insert into ops.model_versions (model_name, model_version, event_at, known_at)
        values ('churn', '1', '2023-12-01', '2023-12-01')
    """)
    server = logins.server("application")
    address = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}"
    said = {"model_name": "churn", "model_version": "1", "entity_id": "c1", "score": 0.8, "predicted_class": "churns"}
    with PredictionLog(address, spool=tmp_path) as log:
        # Without an id of one's own it is a COPY; with one, what is there is looked up first.
        log.log_prediction(**said)
        for _ in range(2):
            log.log_prediction(prediction_id="mine", event_at=datetime(2023, 12, 24), **said)
            assert log.flush()
        log.log_outcome(prediction_id="mine", model_name="churn", actual_class="stays", outcome_id="came")
        log.log_error(error_type="timeout", message="no answer")
    assert logins.rows("select count(*) from ops.predictions where model_name = 'churn'") == [(2,)]
    assert logins.rows("select count(*) from ops.outcomes where outcome_id = 'came'") == [(1,)]


def test_rights_that_somebody_gave_are_taken_back(marts: Marts, logins: Logins):
    reader, owner = logins.roles["reader"], f"set role {logins.roles['owner']}"
    logins.do("night", owner, f"grant all on prod.people, prod.grown, prod.inner, ops.predictions to {reader}")
    logins.do("night", owner, f"grant create, usage on schema ops to {reader}, public")
    result, said = marts.dbt("run", "--select", "people+", "grown", "inner", as_of=AS_OF)
    assert result.success, said
    assert logins.readable(reader) == READABLE
    assert not logins.may("reader", "insert into prod.grown values (2)")
    assert not logins.may("reader", "create table ops.theirs (id integer)")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"reader": "Robert'); drop table ops.runs; --"}, 'the name of reader is "Robert\'); drop table ops.runs; --"'),
        ({"reader": "pg_read_all_data"}, 'the name of reader is "pg_read_all_data"'),
        ({"reader": "one", "steward": "one"}, "one role has two purposes"),
        ({"writer": "one"}, 'there is no role for "writer", only for owner, application, reader, steward'),
        ({"reader": "select"}, "select is a word of SQL"),
        ("millwright", 'The var access_roles is "millwright"'),
        (None, "the var access_roles names none"),
    ],
)
def test_roles_that_cannot_be_are_refused(marts: Marts, given: Any, problem: str):
    result, said = marts.dbt("run-operation", "create_access_roles", as_of=AS_OF, access_roles=given)
    assert not result.success
    assert problem in said


def test_duckdb_has_no_roles(tmp_path: Path, postgres: PostgresServer):
    project = SmallProject(
        World("duckdb", tmp_path, postgres),
        {"figures": MARTS["figures"]},
        [{"name": "figures", "config": {"access": "public"}}],
        {"access_roles": {"reader": "readers"}},
    )
    result, said = project.dbt("run", as_of=AS_OF)
    assert result.success
    assert "Grants" not in said
    result, said = project.dbt("run-operation", "create_access_roles", as_of=AS_OF)
    assert not result.success
    assert "only PostgreSQL has roles, not duckdb" in said


@pytest.fixture(scope="module")
def whole(histories: dict[str, History], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Logins]]:
    """A copy of the sample world on PostgreSQL, with roles since its last night and a run as the owner after that."""
    directory = tmp_path_factory.mktemp("access") / "postgres"
    with copy_of(histories["postgres"].world, directory, "access") as world, logins_of(world.postgres) as logins:
        variables = yaml.safe_dump({"as_of": LAST_NIGHT, "access_roles": logins.roles}, default_flow_style=True)
        world.run("dbt", "run-operation", "create_access_roles", "--vars", variables)
        # A table, a view, an incremental one, a Python one and a feature group are built again.
        built = ["dim_customers_masked", "eval_baselines", "eval_periods", "eval_mcnemar_p_values"]
        selected = ["--select", *built, "feat_customer__rfm", "--vars", variables]
        logins.make("reader", groups=("reader",))
        raw = ", ".join(name for (name,) in logins.rows("select nspname from pg_namespace where nspname like 'raw_%'"))
        world.execute(f"grant usage on schema {raw} to {logins.roles['owner']}")
        world.execute(f"grant select on all tables in schema {raw} to {logins.roles['owner']}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(world.variables, "PGOPTIONS", f"-c role={logins.roles['owner']}")
            world.run("dbt", "run", *selected)
        yield world, logins


def test_readers_read_the_public_marts_and_nothing_else(whole: tuple[World, Logins], manifest: dict):
    _, logins = whole
    public, personal = set(), set()
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["access"] == "public":
            name = f"{node['schema']}.{node['alias']}"
            public.add(name)
            if any(column["config"]["meta"].get("is_personal") for column in node["columns"].values()):
                personal.add(name)
    assert "entities.dim_customers" in personal
    assert logins.readable(logins.roles["reader"]) == public - personal
    assert logins.readable(logins.roles["steward"]) == public
    for name in sorted(public - personal):
        logins.do("reader", f"select * from {name} limit 0")


PERSONAL_VALUES = """
    select distinct value
    from (
        select email as value from entities.dim_customers
        union all
        select phone from entities.dim_customers
        union all
        select street from entities.dim_customers
        union all
        select surname from entities.dim_customers
        where length(surname) > 4
    ) as known
    where
        value is not null
        and value not in (select city from entities.dim_customers where city is not null)
"""
TEXT_COLUMNS = """
    select table_schema || '.' || table_name as relation, column_name
    from information_schema.columns
    where lower(data_type) in ('text', 'varchar', 'character varying')
"""
# Not `x99@xxx.xx`, which is what is shown of one.
ADDRESS = re.compile(r"[a-wyz][a-z0-9._+-]*@")


def test_readers_see_no_persons_anywhere(whole: tuple[World, Logins]):
    world, logins = whole
    readable = logins.readable(logins.roles["reader"])
    persons = {value for (value,) in logins.rows(PERSONAL_VALUES)}
    # What is for look-ups shows columns of others.
    columns = [
        (relation, column)
        for relation, column in logins.rows(TEXT_COLUMNS)
        if relation in readable and not relation.startswith("lifecycle.life_prediction_")
    ]
    assert len(persons) > 1000
    assert ("quality.dq_common_values", "value") in columns
    assert seen(world, columns, persons) == {}


def test_the_published_file_has_no_persons(histories: dict[str, History]):
    world = histories["duckdb"].world
    persons = set(world.query(PERSONAL_VALUES)["value"])
    with duckdb.connect(world.directory / "millwright_published.duckdb", read_only=True) as published:
        columns = published.execute(TEXT_COLUMNS).fetchall()
        relations = {relation for relation, _ in columns}
        assert {"entities.dim_customers_masked", "evaluation.eval_predictions"} < relations
        assert not relations & {"entities.dim_customers", "lifecycle.life_prediction_chain"}
    assert seen(world, columns, persons) == {}


def seen(world: World, columns: list[tuple[str, str]], persons: set[str]) -> dict[tuple[str, str], str]:
    """A value about a person in each of the columns that has one."""
    found = {}
    for relation, column in columns:
        for value in world.query(f"select distinct {column} from {relation} where {column} is not null")[column]:
            if value in persons or ADDRESS.search(value):
                found[relation, column] = value
                break
    return found
