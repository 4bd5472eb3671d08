"""The seed `data_quality_rules` as it is written: which of its lines cannot be evaluated, and why."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from millwright.project import Project

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

SEED = "data_quality_rules"
BLOCKING_TEST = "blocking_rules_hold"
_NUMBERS = {"warn_rate": float, "error_rate": float, "min_rows": int}


def problems_of_rules(project: Project, manifest: Manifest) -> Iterator[str]:
    """What is wrong with the active rules, each with file and line; nothing where the project has no such seed.

    Columns are looked up in what the warehouse holds; rules on what is not built yet are not looked at.
    """
    seed = next((node for node in manifest.nodes.values() if (node.resource_type, node.name) == ("seed", SEED)), None)
    if seed is None:
        return
    path = Path(seed.root_path or project.directory, seed.original_file_path)
    problems, rules = [], []
    seen: dict[str, int] = {}
    guarded = _guarded(manifest)
    for line, row in _rows(path):
        rule = {name: value or None for name, value in row.items() if name}
        if str(rule.get("is_active")).lower() != "true":
            continue
        for name, read in _NUMBERS.items():
            try:
                rule[name] = None if rule.get(name) is None else read(rule[name])
            except ValueError:
                problems.append((line, f"{name} is {rule[name]!r}, not a number"))
                break
        else:
            rules.append((line, rule))
        if (first := seen.setdefault(rule["rule_id"], line)) != line:
            problems.append((line, f"rule_id {rule['rule_id']!r} is that of line {first}, too"))
        if rule.get("action") == "block" and rule["relation_name"] not in guarded:
            problems.append(
                (line, f"{rule['relation_name']} has no test {BLOCKING_TEST}, so the rule would stop nothing")
            )
    for number, problem in _evaluated(project, manifest, [rule for _, rule in rules]):
        problems.append((rules[number][0], problem))
    for line, problem in sorted(problems):
        yield f"{seed.original_file_path}:{line}: {problem}"


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, row


def _guarded(manifest: Manifest) -> set[str]:
    """Names of the dbt models with the test that blocks."""
    tests = (node for node in manifest.nodes.values() if getattr(node, "test_metadata", None))
    return {
        manifest.nodes[test.attached_node].name
        for test in tests
        if test.test_metadata.name == BLOCKING_TEST and test.attached_node in manifest.nodes
    }


def _evaluated(project: Project, manifest: Manifest, rules: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return json.loads(project.run_operation(manifest, "report_rule_problems", {"rules": rules}))
