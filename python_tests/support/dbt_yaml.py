"""Checks dbt's YAML files against the JSON schemas that dbt ships.

dbt itself applies them for four other adapters only: on DuckDB and PostgreSQL it ignores a key that it does not know.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from dbt.contracts.project import ProjectFlags
from dbt.contracts.selection import SelectorDefinition, SelectorFile
from dbt.jsonschemas import JSONSCHEMAS_PATH
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

# dbt's schemas know its own materializations only.
OWN_MATERIALIZATIONS = {
    path.stem for path in (Path(__file__).parents[2] / "macros" / "engine" / "materializations").glob("*.sql")
}


class _Loader(yaml.CSafeLoader):
    """Refuses a key that is written twice in one mapping: of the two, the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} is there twice", node.start_mark)
        return mapping


def load(text: str) -> Any:
    """The content of a YAML text. Raises yaml.YAMLError, also for a key that is there twice."""
    return yaml.load(text, _Loader)


@cache
def violations(path: str, text: str) -> list[str]:
    """What dbt would ignore or misread in one of its YAML files, each as `path: place: reason`.

    `path` is relative to the project and decides on the schema: dbt_project.yml, selectors.yml or a property file.
    """
    return list(_violations(path, text))


def _violations(path: str, text: str) -> Iterator[str]:
    try:
        content = load(text)
    except yaml.YAMLError as error:
        yield f"{path}: {error}"
        return
    if path == "selectors.yml":
        yield from _unknown_selector_keys(path, content)
        return
    is_project = path == "dbt_project.yml"
    # The schema has the metrics of a later dbt; this one itself refuses a metric for a key that it does not know.
    if isinstance(content, dict):
        content.pop("metrics", None)
    for error in _validator("project/0.0.110.json" if is_project else "resources/latest.json").iter_errors(content):
        cause = best_match([error])
        yield f"{path}: {_place(cause)}: {cause.message}"
    if is_project:
        known = {field.name for field in fields(ProjectFlags)}
        yield from (f"{path}: flags: dbt has no flag {key!r}" for key in content.get("flags", {}) if key not in known)


def _unknown_selector_keys(path: str, content: dict) -> Iterator[str]:
    for known, entries in ((SelectorFile, [content]), (SelectorDefinition, content.get("selectors", []))):
        names = {field.name for field in fields(known)}
        yield from (
            f"{path}: {key!r} is no key of a {known.__name__}" for entry in entries for key in entry.keys() - names
        )


@cache
def _validator(name: str) -> Draft7Validator:
    schema = json.loads((Path(JSONSCHEMAS_PATH) / name).read_text(encoding="utf-8"))
    rules = {rule: _unless_jinja(Draft7Validator.VALIDATORS[rule]) for rule in ("type", "enum")}
    return extend(Draft7Validator, rules)(schema)


def _unless_jinja(rule: Callable[..., Iterator[ValidationError]]) -> Callable[..., Iterator[ValidationError]]:
    """The rule, but satisfied by a Jinja expression, which may become a value of any type, and by a materialization."""

    def check(validator: Draft7Validator, value: Any, instance: Any, schema: dict) -> Iterator[ValidationError]:
        if not (isinstance(instance, str) and ("{{" in instance or instance in OWN_MATERIALIZATIONS)):
            yield from rule(validator, value, instance, schema)

    return check


def _place(error: ValidationError) -> str:
    """Where the error is, e.g. `models[0].config`."""
    return error.json_path.removeprefix("$").removeprefix(".") or "top level"
