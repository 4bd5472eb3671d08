"""The rules of the house hold, and each of them notices an offender."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from support import house_rules
from support.house import House, parse, read_house
from support.house_rules import RULES, Rule

PROJECT = Path(__file__).parents[1]

CUSTOMERS = "model.millwright.dim_customers"
ERP_CUSTOMERS = "model.millwright.base_erp__customers"
ORDERED_METRICS = "model.millwright.eval_ordered_metrics"
METRICS = "model.millwright.eval_metrics"
PARAMETERS = "model.millwright.pred_repurchase__parameters"
RFM = "model.millwright.feat_customer__rfm"
PRIORITIES = "seed.millwright.source_priorities"
PRIORITIES_CSV = "seeds/config/source_priorities.csv"


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> tuple[Manifest, list[str]]:
    return parse(PROJECT, tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="module")
def house(parsed) -> House:
    return read_house(PROJECT, *parsed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_rule(house, rule: Rule):
    offenders = list(rule(house))
    assert not offenders, "\n".join([rule.__doc__, *offenders])


# What somebody might do to the house.
Planting = Callable[[House], None]


def writing(path: str, text: str) -> Planting:
    """Add a file, or write it anew."""
    return lambda house: house.files.update({path: text})


def replacing(path: str, old: str, new: str) -> Planting:
    """Change a file."""
    return lambda house: house.files.update({path: house.files[path].replace(old, new)})


def setting(unique_id: str, *keys: str, to: object) -> Planting:
    """Change a node as dbt understands it."""

    def plant(house: House) -> None:
        entry = house.manifest["nodes"][unique_id]
        for key in keys[:-1]:
            entry = entry[key]
        entry[keys[-1]] = to

    return plant


def macro(name: str, path: str, signature: str = "", body: str = "", **changes: object) -> Planting:
    """Add a macro, documented but for the changes."""
    entry = {
        "name": name,
        "original_file_path": path,
        "macro_sql": f"{{%- macro {name}({signature}) -%}}{body}{{%- endmacro -%}}",
        "description": "Something.",
        "patch_path": f"millwright://{Path(path).parent}/_macros.yml",
        "arguments": [argument(name) for name in signature.split(", ") if name],
        **changes,
    }
    return lambda house: house.manifest["macros"].update({f"macro.millwright.{name}": entry})


def argument(name: str, type: str | None = "string") -> dict[str, str | None]:
    return {"name": name, "type": type, "description": "It."}


def column(description: str = "The x.", data_type: str | None = "text") -> dict[str, dict]:
    return {"x": {"name": "x", "description": description, "data_type": data_type}}


def properties(text: str) -> Planting:
    return writing("models/quality/_x__models.yml", text)


# Of every rule: plantings, and what the message about each must say.
PLANTED: dict[Rule, list[tuple[Planting, *tuple[str, ...]]]] = {
    house_rules.dbt_parses_the_project_without_a_warning: [
        (lambda house: house.warnings.append("There is a patch for no macro"), "There is a patch for no macro"),
    ],
    house_rules.yaml_has_no_key_that_dbt_would_ignore: [
        (properties("models: [{name: x, config: {data_tests: [unique]}}]"), "models[0].config", "'data_tests'"),
        (properties("models: [{name: x, config: {materialised: view}}]"), "models[0].config", "'materialised'"),
        (properties("models: [{name: x, config: {access: publik}}]"), "models[0].config.access", "'publik'"),
        (properties("models: [{name: x, materialized: view}]"), "models[0]", "'materialized'"),
        (
            properties("models: [{name: x, columns: [{name: y, descripton: z}]}]"),
            "models[0].columns[0]",
            "'descripton'",
        ),
        (
            properties("models: [{name: x, data_tests: [{a: {severity: warn}}]}]"),
            "models[0].data_tests[0].a",
            "'severity'",
        ),
        (
            properties("models: [{name: x, data_tests: [{a: {config: {b: c}}}]}]"),
            "models[0].data_tests[0].a.config",
            "'b'",
        ),
        (properties("modles: [{name: x}]"), "models/quality/_x__models.yml: top level", "'modles'"),
        (properties("models: [{name: x, name: y}]"), "models/quality/_x__models.yml", "'name' is there twice"),
        (properties("models: [{name: x"), "models/quality/_x__models.yml", "expected"),
        (writing("seeds/x.yml", "seeds: [{name: x, column_types: {}}]"), "seeds/x.yml: seeds[0]", "'column_types'"),
        (writing("macros/x.yml", "macros: [{name: x, args: []}]"), "macros/x.yml: macros[0]", "'args'"),
        (
            writing("tests/x.yml", "unit_tests: [{name: x, model: y, givn: [], expect: {}}]"),
            "tests/x.yml: unit_tests[0]",
            "'givn'",
        ),
        (replacing("dbt_project.yml", "+materialized", "+materialised"), "dbt_project.yml: models", "'+materialised'"),
        (replacing("dbt_project.yml", "macro_args:", "macro_arg:"), "dbt_project.yml: flags", "'validate_macro_arg'"),
        (replacing("selectors.yml", "description:", "descripton:"), "selectors.yml", "'descripton'"),
    ],
    house_rules.engines_are_known_only_to_the_engine_macros: [
        (writing("models/x.sql", "select 1\n{% if target.type == 'duckdb' %}"), "models/x.sql:2: {% if target.type"),
        (writing("models/x.sql", "{{ target['type'] }}"), "models/x.sql:1"),
        (writing("tests/x.sql", "{{ 1 if target.name != 'duckdb' else 2 }}"), "tests/x.sql:1"),
        (writing("macros/time/x.sql", "{% if adapter.type() == 'duckdb' %}"), "macros/time/x.sql:1"),
        (writing("macros/time/x.sql", "{% macro duckdb__x() %}"), "macros/time/x.sql:1"),
        (writing("macros/time/x.sql", "{{ adapter.dispatch('x')() }}"), "macros/time/x.sql:1"),
        (
            properties('models: [{name: dim_customers, config: {materialized: "{{ target.type }}"}}]'),
            "models/quality/_x__models.yml",
            "target.type",
        ),
        (
            properties('models: [{name: pred_repurchase__parameters, config: {enabled: "{{ target.type }}"}}]'),
            "models/quality/_x__models.yml",
            "target.type",
        ),
    ],
    house_rules.layers_refer_only_downwards: [
        (
            setting(CUSTOMERS, "depends_on", "nodes", to=["model.millwright.eval_metrics"]),
            "models/entities/dim_customers.sql",
            "eval_metrics of the later layer evaluation",
        ),
        (setting(CUSTOMERS, "original_file_path", to="models/marts/dim_customers.sql"), "models/marts", "no layer"),
    ],
    house_rules.only_staging_reads_sources: [
        (
            setting(CUSTOMERS, "depends_on", "nodes", to=["source.millwright.crm.customers"]),
            "models/entities/dim_customers.sql: reads crm.customers",
        ),
        (
            setting(ERP_CUSTOMERS, "depends_on", "nodes", to=["source.millwright.crm.customers"]),
            "models/staging/erp/base_erp__customers.sql: reads crm.customers",
        ),
    ],
    house_rules.models_say_their_grain_and_describe_their_columns: [
        (setting(CUSTOMERS, "description", to="All customers."), "models/entities/dim_customers.sql", "All customers."),
        (setting(CUSTOMERS, "columns", to={}), "models/entities/dim_customers.sql: no column"),
        (setting(CUSTOMERS, "columns", to=column(description=" ")), "models/entities/dim_customers.sql: x has no"),
        (
            setting(CUSTOMERS, "patch_path", to="millwright://models/schema.yml"),
            "dim_customers.sql",
            "models/schema.yml",
        ),
    ],
    house_rules.model_names_say_where_the_model_lives: [
        (setting(CUSTOMERS, "alias", to="clients"), "models/entities/dim_customers.sql", "clients"),
        *(
            (setting(CUSTOMERS, "original_file_path", to=f"models/{path}"), f"models/{path}: {reason}")
            for path, reason in [
                ("entities/people/dim_customers.sql", "stands deeper"),
                ("staging/dim_customers.sql", "stands higher"),
                ("staging/crm/dim_customers.sql", "the name does not begin with (stg|base)_crm__"),
                ("quality/dim_customers.sql", "the name does not begin with dq_"),
            ]
        ),
    ],
    house_rules.public_models_have_contract_group_and_use: [
        (setting(CUSTOMERS, "contract", "enforced", to=False), "models/entities/dim_customers.sql", "contract"),
        (setting(CUSTOMERS, "group", to=None), "models/entities/dim_customers.sql", "without a group"),
        (
            setting(CUSTOMERS, "columns", to=column(data_type=None)),
            "models/entities/dim_customers.sql",
            "x has no data_type",
        ),
        (
            setting(CUSTOMERS, "access", to="protected"),
            "models/entities/dim_customers.sql",
            "protected but an exposure",
        ),
        (setting(ORDERED_METRICS, "access", to="public"), "models/evaluation/eval_ordered_metrics.sql", "no exposure"),
        (
            setting(PARAMETERS, "access", to="public"),
            "pred_repurchase__parameters.py",
            "public in the layer predictors",
        ),
    ],
    house_rules.personal_data_is_marked: [
        (
            setting(METRICS, "columns", to={"home_phone": {"config": {"meta": {}}}}),
            "models/evaluation/eval_metrics.sql: home_phone is personal data elsewhere",
        ),
        (
            setting(RFM, "columns", to={"email": {"config": {"meta": {}}}}),
            "models/features/customer/feat_customer__rfm.sql: email is",
        ),
    ],
    house_rules.incremental_models_get_an_index_once: [
        (
            setting(ORDERED_METRICS, "config", "post-hook", to=[{"sql": "{{ millwright.index_on(this, ['grain']) }}"}]),
            "eval_ordered_metrics.sql: every night makes another index",
        ),
    ],
    house_rules.macro_files_hold_one_macro_of_their_name: [
        (macro("helper", "macros/time/as_of.sql"), "macros/time/as_of.sql: holds helper"),
        (macro("duckdb__x", "macros/engine/x.sql"), "macros/engine/x.sql: holds only implementations"),
    ],
    house_rules.macros_are_documented_with_types: [
        (macro("x", "macros/engine/x.sql", description=""), "macros/engine/x.sql: x has no description"),
        (macro("x", "macros/engine/x.sql", patch_path=None), "macros/engine/x.sql", "macros/engine/_macros.yml"),
        (
            macro("x", "macros/engine/x.sql", "a, b", arguments=[argument("b")]),
            "x takes ['a', 'b'], documented are ['b']",
        ),
        (macro("x", "macros/engine/x.sql", "a", arguments=[argument("a", None)]), "the argument a of x lacks its type"),
    ],
    house_rules.engines_implement_the_same_signature: [
        (
            macro("duckdb__try_cast", "macros/engine/try_cast.sql", "a"),
            "macros/engine/try_cast.sql",
            "'duckdb__try_cast': ['a']",
            "'default__try_cast': ['expression', 'type']",
        ),
    ],
    house_rules.macros_stay_small: [
        (macro("x", "macros/time/x.sql", body="\n" * 80), "macros/time/x.sql: x has 81 lines"),
        (macro("x", "macros/time/x.sql", "a, b, c, d, e, f, g, h"), "macros/time/x.sql: x has 8 arguments"),
    ],
    house_rules.nothing_reads_the_wall_clock: [
        (writing("models/x.sql", "select\n    current_timestamp"), "models/x.sql:2: current_timestamp"),
        (writing("tests/x.sql", "select NOW()"), "tests/x.sql:1"),
        (writing("analyses/x.sql", "select current_date - 1"), "analyses/x.sql:1"),
        (writing("models/x.sql", "{{ run_started_at }}"), "models/x.sql:1"),
        (writing("macros/x.sql", "{{ modules.datetime.datetime.utcnow() }}"), "macros/x.sql:1"),
        (writing("models/x.py", "moment = datetime.now(UTC)"), "models/x.py:1"),
        (writing("seeds/x.csv", "condition\nevent_at > now()"), "seeds/x.csv:2"),
    ],
    house_rules.nothing_that_dbt_reads_depends_on_as_of: [
        (writing("models/x.yml", "meta:\n  moment: \"{{ var('as_of') }}\""), "models/x.yml:2"),
        (writing("models/x.sql", "{{ config(meta={'moment': millwright.as_of()}) }}"), "models/x.sql:1"),
    ],
    house_rules.nothing_is_left_to_chance: [
        (writing("models/x.sql", "select 1\nwhere random() < 0.1"), "models/x.sql:2"),
        (writing("models/x.sql", "from x tablesample bernoulli (10)"), "models/x.sql:1"),
        (writing("macros/x.sql", "using sample 10%"), "macros/x.sql:1"),
        (writing("models/x.sql", "select uuid() as x_id"), "models/x.sql:1"),
    ],
    house_rules.seed_columns_are_described_and_typed: [
        (replacing(PRIORITIES_CSV, "priority", "rank"), f"{PRIORITIES_CSV}: rank is not described"),
        (replacing(PRIORITIES_CSV, "priority", "rank"), f"{PRIORITIES_CSV}: priority is described but not there"),
        (setting(PRIORITIES, "config", "column_types", to={}), f"{PRIORITIES_CSV}: priority is not typed"),
        (setting(PRIORITIES, "description", to="Ranks."), PRIORITIES_CSV, "Ranks."),
    ],
    house_rules.unit_test_names_fit_postgres: [
        (
            lambda house: next(iter(house.manifest["unit_tests"].values())).update(name="x" * 64),
            ".yml",
            "64 characters",
        ),
    ],
    house_rules.tests_are_quiet_only_for_a_reason: [
        (writing("models/x.yml", "- not_null:\n    config: {severity: warn}"), "models/x.yml:2"),
        (writing("models/x.yml", "config:\n  enabled: false"), "models/x.yml:2"),
        (writing("tests/x.sql", "\n{{ config(severity='WARN') }}"), "tests/x.sql:2"),
        (writing("tests/x.sql", "{{ config(error_if='>10') }}"), "tests/x.sql:1"),
    ],
    house_rules.lines_can_be_read: [
        (writing("macros/x.sql", "\n" + "x" * 151), "macros/x.sql:2: has 151 characters"),
    ],
    house_rules.nothing_names_a_place_on_somebodys_machine: [
        (writing("docs/x.md", "cd " + "/".join(["", "home", "ann"])), "docs/x.md:1"),
        (writing("Makefile", "X := " + "/".join(["", "tmp", "x"])), "Makefile:1"),
    ],
    house_rules.secrets_come_from_the_environment: [
        (writing("orchestration/.env", "A=1"), "orchestration/.env: looks like a file of secrets"),
        (writing("docs/x.md", "AKIA" + "A" * 16), "docs/x.md:1"),
        (writing("profiles.yml", "x: {outputs: {y: {password: open}}}"), "profiles.yml: password of y is written out"),
    ],
    house_rules.the_lock_works_with_any_index: [
        (writing("requirements.lock", "--index-url https://example.org/simple"), "requirements.lock:1"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "plant", "expected"),
    [
        pytest.param(rule, plant, expected, id=f"{rule.__name__}-{number}")
        for rule, plantings in PLANTED.items()
        for number, (plant, *expected) in enumerate(plantings)
    ],
)
def test_house_rule_notices_an_offender(house, rule: Rule, plant: Planting, expected: list[str]):
    planted = copy.deepcopy(house)
    plant(planted)
    offenders = set(rule(planted)) - set(rule(house))
    assert any(all(part in offender for part in expected) for offender in offenders), offenders


def test_every_house_rule_is_seen_to_notice():
    assert set(PLANTED) == set(RULES)


@pytest.fixture(scope="module")
def select(parsed, tmp_path_factory) -> Callable[..., set[str]]:
    """Lists the unique ids that `dbt ls` finds for its arguments."""
    scratch = str(tmp_path_factory.mktemp("dbt_ls"))
    options = ["--target", "duckdb", "--target-path", scratch, "--log-path", scratch]
    options += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--output", "json"]

    def run(*arguments: str) -> set[str]:
        outcome = dbtRunner(manifest=parsed[0]).invoke(
            ["--quiet", "ls", *options, "--output-keys", "unique_id", *arguments]
        )
        if outcome.exception:
            raise outcome.exception
        return {json.loads(line)["unique_id"] for line in outcome.result}

    return run


def test_weekly_is_everything_and_nightly_leaves_out_audits_and_unit_tests(select):
    audits, unit_tests = select("--select", "tag:weekly"), select("--resource-type", "unit_test")
    assert audits
    assert unit_tests
    built = select() - select("--resource-type", "source")
    assert select("--selector", "weekly") == built
    assert select("--selector", "nightly") == built - audits - unit_tests


def test_the_spark_subset_stands_alone(house, select):
    """Nothing in it is a Python model, a unit test, or reads what is not in it."""
    subset = select("--selector", "spark_subset")
    assert not any(node.startswith("unit_test.") for node in subset)
    nodes = {node: house.manifest["nodes"][node] for node in subset if not node.startswith("source.")}
    layers = {node["fqn"][1] for node in nodes.values()}
    assert {"staging", "intermediate"} <= layers
    assert all(node.get("language", "sql") == "sql" for node in nodes.values())
    reads = {name: set(node.get("depends_on", {}).get("nodes", [])) for name, node in nodes.items()}
    assert {name: parents - subset for name, parents in reads.items() if parents - subset} == {}
