"""The rules of the house, each a function that yields the offenders: where, and what is wrong there.

A rule's docstring says what to do about them; it stands above the offenders in the failure.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml
from jinja2 import Environment, nodes

from support import dbt_yaml
from support.house import DBT_FOLDERS, PACKAGE, House

Rule = Callable[[House], Iterator[str]]

RULES: list[Rule] = []

# Data flows down this list and never back.
LAYERS = (
    "staging",
    "intermediate",
    "entities",
    "features",
    "quality",
    "feature_store",
    "training",
    "predictors",
    "evaluation",
    "monitoring",
    "lifecycle",
)
PUBLIC_LAYERS = {"entities", "quality", "evaluation", "monitoring", "lifecycle"}

# Names by folder; {} stands for the folder below the layer's.
NAMES = {
    "staging": "(stg|base)_{}__",
    "intermediate": "int_",
    "entities": "(dim|fct|customer)_",
    "quality": "dq_",
    "features": "feat_{}__",
    "feature_store": "fs_",
    "training": "train_{}__",
    "predictors": "pred_{}__",
    "evaluation": "eval_",
    "monitoring": "mon_",
    "lifecycle": "life_",
}
LAYERS_WITH_FOLDERS = {"staging", "intermediate", "features", "training", "predictors"}

MAX_LINE = 150
MAX_MACRO_LINES = 80
MAX_MACRO_ARGUMENTS = 7
MAX_IDENTIFIER = 63

ENGINE_BRANCH = re.compile(
    r"""\btarget\s*(\.\s*|\[\s*['"])type\b|\badapter\.type\(|\btarget\.name\s*([=!]=|(not\s+)?in\b)"""
    r"""|\bif\b[^%}]*\btarget\.name\b|\badapter\.dispatch\(|\bmacro\s+(default|duckdb|postgres|spark)__"""
)
ENGINE_VARIANT = re.compile(r"^(default|duckdb|postgres|spark)__")
WALL_CLOCK = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|sysdate|systimestamp|run_started_at)\b"
    r"|\b(now|utcnow|today|getdate|timeofday|get_current_timestamp|(clock|statement|transaction)_timestamp)\s*\(",
    re.IGNORECASE,
)
AS_OF = re.compile(r"""\bvar\(\s*['"]as_of\b|\bas_of\(\)""")
LUCK = re.compile(
    r"\b(random|rand|setseed|uuid|uuidv4|uuidv7|gen_random_uuid)\s*\(|\b(tablesample|using\s+sample)\b", re.IGNORECASE
)
QUIET_TEST = re.compile(
    r"\bseverity\s*[:=]\s*['\"]?warn|\benabled\s*[:=]\s*['\"]?false|\b(warn|error)_if\b", re.IGNORECASE
)
MACHINE_PATH = re.compile(r"(?<![\w.:/}-])/(home|root|Users|work|tmp)/\w")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\b(ghp|gho|ghs|glpat|xox[abp])[-_]\w{20}")
SECRET_FILE = re.compile(r"(^|/)(\.env(\..*)?|id_(rsa|ed25519)|[^/]*\.(pem|key|p12|pfx))$")
INDEX_ADDRESS = re.compile(r"https?://|^\s*(--|-[ifr]\b)")


def rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


@rule
def dbt_parses_the_project_without_a_warning(house: House) -> Iterator[str]:
    """Do what dbt says in its warning."""
    yield from house.warnings


@rule
def yaml_has_no_key_that_dbt_would_ignore(house: House) -> Iterator[str]:
    """Correct the key, or put it where dbt's schema has it: settings stand in `config`, all else beside it."""
    for path, text in house.written(".yml", ".yaml", under=(*DBT_FOLDERS, "dbt_project.yml", "selectors.yml")):
        yield from dbt_yaml.violations(path, text)


@rule
def engines_are_known_only_to_the_engine_macros(house: House) -> Iterator[str]:
    """Put the fragment that differs into a dispatched macro in macros/engine/."""
    python_models = {model["name"] for model in house.nodes("model") if model["language"] == "python"}
    for path, text in house.written(".sql", ".py", ".yml", under=(*DBT_FOLDERS, "dbt_project.yml")):
        if path.startswith("macros/engine/"):
            continue
        if path.endswith(".yml") and ENGINE_BRANCH.search(text):
            text = _without_materializations(text, python_models)
        yield from _found(ENGINE_BRANCH, path, text)


@rule
def layers_refer_only_downwards(house: House) -> Iterator[str]:
    """Move the dbt model, or what it needs of the later layer, along staging → … → lifecycle."""
    layers = {model["unique_id"]: _layer(model) for model in house.nodes("model")}
    for model in house.nodes("model"):
        layer = _layer(model)
        if layer not in LAYERS:
            yield f"{model['original_file_path']}: {layer!r} is no layer"
            continue
        for parent in model["depends_on"]["nodes"]:
            if layers.get(parent) in LAYERS and LAYERS.index(layers[parent]) > LAYERS.index(layer):
                yield f"{model['original_file_path']}: reads {_name(parent)} of the later layer {layers[parent]}"


@rule
def only_staging_reads_sources(house: House) -> Iterator[str]:
    """Read the source in models/staging/<source>/ and refer to that dbt model."""
    for model in house.nodes("model"):
        path = PurePosixPath(model["original_file_path"])
        for parent in model["depends_on"]["nodes"]:
            if parent.startswith("source.") and path.parts[1:-1] != ("staging", parent.split(".")[2]):
                yield f"{path}: reads {_name(parent)}"


@rule
def models_say_their_grain_and_describe_their_columns(house: House) -> Iterator[str]:
    """Describe the dbt model in _<folder>__models.yml beside it: "One row per …" first, then every column."""
    for model in house.nodes("model"):
        path = PurePosixPath(model["original_file_path"])
        properties = f"{PACKAGE}://{path.parent}/_{path.parent.name}__models.yml"
        if model["patch_path"] != properties:
            yield f"{path}: its properties are in {model['patch_path']} instead of {properties}"
        if not model["description"].startswith("One row per "):
            yield f"{path}: the description begins with {model['description'][:30]!r}"
        if not model["columns"]:
            yield f"{path}: no column is described"
        yield from (f"{path}: {name} has no description" for name in _undescribed(model["columns"].values()))


@rule
def model_names_say_where_the_model_lives(house: House) -> Iterator[str]:
    """Name the file like the others of its folder, and give the dbt model no alias."""
    for model in house.nodes("model"):
        path = PurePosixPath(model["original_file_path"])
        layer, *folders = path.parts[1:-1]
        if len(folders) != (layer in LAYERS_WITH_FOLDERS):
            yield f"{path}: stands {'deeper' if folders else 'higher'} than the other models of {layer}"
        elif not re.fullmatch(NAMES.get(layer, "").format(*folders) + "[a-z][a-z0-9_]*", path.stem):
            yield f"{path}: the name does not begin with {NAMES.get(layer, '').format(*folders)}"
        if {model["name"], model["alias"]} != {path.stem}:
            yield f"{path}: makes the relation {model['alias']}"


@rule
def public_models_have_contract_group_and_use(house: House) -> Iterator[str]:
    """Give it an enforced contract with typed columns, a group and an exposure, or make it protected."""
    exposed = {node for exposure in house.manifest["exposures"].values() for node in exposure["depends_on"]["nodes"]}
    for model in house.nodes("model"):
        path = model["original_file_path"]
        if model["access"] != "public":
            if model["unique_id"] in exposed:
                yield f"{path}: is {model['access']} but an exposure uses it"
            continue
        if _layer(model) not in PUBLIC_LAYERS:
            yield f"{path}: is public in the layer {_layer(model)}"
        if not model["contract"]["enforced"]:
            yield f"{path}: is public without an enforced contract"
        if not model["group"]:
            yield f"{path}: is public without a group"
        if model["unique_id"] not in exposed:
            yield f"{path}: is public but no exposure uses it"
        yield from (
            f"{path}: {name} has no data_type" for name, column in model["columns"].items() if not column["data_type"]
        )


@rule
def personal_data_is_marked(house: House) -> Iterator[str]:
    """Mark the column with `config: {meta: {is_personal: true}}`, or with `is_masked` if it shows a shape only."""
    marked = {
        name
        for model in house.nodes("model")
        for name, column in model["columns"].items()
        if _meta(column, "is_personal")
    }
    personal = re.compile(f"(.+_)?({'|'.join(marked)})")
    variables = dbt_yaml.load(house.files["dbt_project.yml"])["vars"]
    shown = {*variables["ruled_relations"], *variables["profiled_relations"]}
    for model in house.nodes("model"):
        if model["access"] == "public" or model["name"] in shown:
            for name, column in model["columns"].items():
                if personal.fullmatch(name) and not (_meta(column, "is_personal") or _meta(column, "is_masked")):
                    yield f"{model['original_file_path']}: {name} is personal data elsewhere"


@rule
def incremental_models_get_an_index_once(house: House) -> Iterator[str]:
    """A hook is run every night, too: put `{% if not is_incremental() %}` around `index_on`."""
    for model in house.nodes("model"):
        hooks = [hook["sql"] for hook in model["config"]["post-hook"]]
        if model["config"]["materialized"] == "incremental" and any(
            "index_on(" in hook and "if not is_incremental()" not in hook for hook in hooks
        ):
            yield f"{model['original_file_path']}: every night makes another index"


@rule
def macro_files_hold_one_macro_of_their_name(house: House) -> Iterator[str]:
    """Give each macro a file of its name; only its implementations for engines stand beside it."""
    names = defaultdict(list)
    for macro in house.macros():
        names[macro["original_file_path"]].append(macro["name"])
    for path, macros in names.items():
        stem = PurePosixPath(path).stem
        strangers = [name for name in macros if ENGINE_VARIANT.sub("", name) != stem]
        if strangers or stem not in macros:
            yield f"{path}: holds {', '.join(strangers) or 'only implementations'}"


@rule
def macros_are_documented_with_types(house: House) -> Iterator[str]:
    """Describe the macro in _macros.yml beside it, and every argument with its type, in the order of the signature."""
    for macro in house.macros():
        path, name = PurePosixPath(macro["original_file_path"]), macro["name"]
        if ENGINE_VARIANT.match(name):
            continue
        if macro["patch_path"] != f"{PACKAGE}://{path.parent}/_macros.yml" or not macro["description"]:
            yield f"{path}: {name} has no description in {path.parent}/_macros.yml"
        documented = [argument["name"] for argument in macro["arguments"]]
        if documented != _signature(macro):
            yield f"{path}: {name} takes {_signature(macro)}, documented are {documented}"
        for argument in macro["arguments"]:
            if not (argument["type"] and argument["description"]):
                yield f"{path}: the argument {argument['name']} of {name} lacks its type or description"


@rule
def engines_implement_the_same_signature(house: House) -> Iterator[str]:
    """Give all implementations of a macro the arguments that it dispatches with."""
    signatures = defaultdict(dict)
    for macro in house.macros():
        if ENGINE_VARIANT.match(macro["name"]):
            signatures[macro["original_file_path"]][macro["name"]] = _signature(macro)
    for path, by_name in signatures.items():
        if len(set(map(tuple, by_name.values()))) > 1:
            yield f"{path}: {by_name}"


@rule
def macros_stay_small(house: House) -> Iterator[str]:
    """Make it a dbt model, a seed or Python, or split it."""
    for macro in house.macros():
        name = f"{macro['original_file_path']}: {macro['name']}"
        n_lines, n_arguments = macro["macro_sql"].strip().count("\n") + 1, len(_signature(macro))
        if n_lines > MAX_MACRO_LINES:
            yield f"{name} has {n_lines} lines, more than {MAX_MACRO_LINES}"
        if n_arguments > MAX_MACRO_ARGUMENTS:
            yield f"{name} has {n_arguments} arguments, more than {MAX_MACRO_ARGUMENTS}"


@rule
def nothing_reads_the_wall_clock(house: House) -> Iterator[str]:
    """Use `millwright.as_of()`, the one "now" of a run."""
    for path, text in house.written(".sql", ".py", ".yml", ".csv"):
        # The logs have their own time.
        if not path.startswith("macros/schema/wall_clock"):
            yield from _found(WALL_CLOCK, path, text)


@rule
def nothing_that_dbt_reads_depends_on_as_of(house: House) -> Iterator[str]:
    """Ask for as_of in queries: the nightly command reads the project without it, so that dbt need not read it anew."""
    for path, text in house.written(".yml"):
        yield from _found(AS_OF, path, text)
    for path, text in house.written(".sql"):
        for config in re.finditer(r"\{\{\s*config\((.*?)\)\s*\}\}", text, flags=re.DOTALL):
            yield from _found(AS_OF, path, config[1])


@rule
def nothing_is_left_to_chance(house: House) -> Iterator[str]:
    """Use `millwright.hash_fraction()` of a key and a salt."""
    for path, text in house.written(".sql", ".yml"):
        yield from _found(LUCK, path, text)


@rule
def seed_columns_are_described_and_typed(house: House) -> Iterator[str]:
    """Describe every column of the CSV file in the seed's YAML, and give its type in `column_types`."""
    for seed in house.nodes("seed"):
        path = seed["original_file_path"]
        header = next(csv.reader(house.files[path].splitlines()))
        if not seed["description"].startswith("One row per "):
            yield f"{path}: the description begins with {seed['description'][:30]!r}"
        described = seed["columns"].keys() - set(_undescribed(seed["columns"].values()))
        for what, names in (("described", described), ("typed", seed["config"]["column_types"].keys())):
            yield from (f"{path}: {name} is not {what}" for name in header if name not in names)
            yield from (f"{path}: {name} is {what} but not there" for name in names if name not in header)


@rule
def unit_test_names_fit_postgres(house: House) -> Iterator[str]:
    """Shorten the name: PostgreSQL cuts what is longer."""
    for test in house.manifest["unit_tests"].values():
        path, name = test["original_file_path"], test["name"]
        if len(name) > MAX_IDENTIFIER:
            yield f"{path}: {name} has {len(name)} characters, more than {MAX_IDENTIFIER}"


@rule
def tests_are_quiet_only_for_a_reason(house: House) -> Iterator[str]:
    """Let the test fail the build, or say in a comment on or above the line why it need not."""
    for path, text in house.written(".yml", ".sql", under=(*DBT_FOLDERS, "dbt_project.yml")):
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            comments = [re.search(r"#|--", candidate) for candidate in lines[max(number - 2, 0) : number]]
            if QUIET_TEST.search(line) and not any(comments):
                yield f"{path}:{number}: {line.strip()}"


@rule
def lines_can_be_read(house: House) -> Iterator[str]:
    """Break the line. (sqlfluff measures the rendered line instead.)"""
    for path, text in house.written(".sql"):
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > MAX_LINE:
                yield f"{path}:{number}: has {len(line)} characters, more than {MAX_LINE}"


@rule
def nothing_names_a_place_on_somebodys_machine(house: House) -> Iterator[str]:
    """Write the path relative to the project, or take it from the environment."""
    for path, text in house.files.items():
        yield from _found(MACHINE_PATH, path, text)


@rule
def secrets_come_from_the_environment(house: House) -> Iterator[str]:
    """Remove the secret, change it where it is valid, and read it with env_var() in profiles.yml."""
    for path, text in house.files.items():
        if SECRET_FILE.search(path):
            yield f"{path}: looks like a file of secrets"
        yield from _found(SECRET, path, text)
    for profile in dbt_yaml.load(house.files["profiles.yml"]).values():
        for name, output in profile["outputs"].items():
            for key, value in output.items():
                if re.search("password|token|secret|private_key|^user$", key) and "env_var(" not in str(value):
                    yield f"profiles.yml: {key} of {name} is written out"


@rule
def the_lock_works_with_any_index(house: House) -> Iterator[str]:
    """Resolve it anew with `make lock`, without an index in the environment."""
    yield from _found(INDEX_ADDRESS, "requirements.lock", house.files["requirements.lock"])


def _found(pattern: re.Pattern[str], path: str, text: str) -> Iterator[str]:
    """The lines of a file that the pattern occurs in; in SQL, comments do not count."""
    if path.endswith(".sql"):
        text = re.sub(r"\{#.*?#\}|--[^\n]*", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield f"{path}:{number}: {line.strip()}"


def _without_materializations(text: str, models: set[str]) -> str:
    """YAML without the `materialized` of these models, which for Python models dbt reads from here only."""
    content = dbt_yaml.load(text)
    for properties in content.get("models", []):
        if isinstance(properties, dict) and properties.get("name") in models:
            properties.get("config", {}).pop("materialized", None)
    return yaml.safe_dump(content, width=10**6)


def _meta(column: dict[str, Any], key: str) -> Any:
    return column["config"]["meta"].get(key)


def _signature(macro: dict[str, Any]) -> list[str]:
    (definition,) = Environment(extensions=["jinja2.ext.do"]).parse(macro["macro_sql"]).find_all(nodes.Macro)
    return [argument.name for argument in definition.args]


def _undescribed(columns: Any) -> list[str]:
    return [column["name"] for column in columns if not column["description"].strip()]


def _layer(model: dict[str, Any]) -> str:
    return PurePosixPath(model["original_file_path"]).parts[1]


def _name(unique_id: str) -> str:
    return ".".join(unique_id.split(".")[2:])
