"""What steers a run, checked before anything is built: the seeds in `seeds/config/`, every problem by file and line.

A checker is a function that yields what is wrong with the seeds it knows; a new one is added to `CHECKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from millwright.errors import ExitCode, MillwrightError
from millwright.lifecycle import SEED as TRANSITIONS
from millwright.lifecycle import problems_of_transitions
from millwright.pipelines import SEED as PIPELINES
from millwright.pipelines import listed
from millwright.rules import problems_of_rules
from millwright.seeds import Seed, read_seed

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from millwright.project import Project

_FOLDER = "seeds/config/"
_SMALLEST = {"interval_minutes": 1, "threads": 1, "max_retries": 0, "retry_delay_minutes": 0, "keep_days": 0}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong on one line; `ends_the_run` is false for what the run itself judges."""

    file: str
    line: int
    text: str
    ends_the_run: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


Checker = Callable[["Project", "Manifest"], Iterator[Problem]]


def problems_of_configuration(project: Project, manifest: Manifest) -> list[Problem]:
    """All problems that the checkers find, in the order of files and lines."""
    return sorted({problem for checker in CHECKERS for problem in checker(project, manifest)})


def refuse(problems: list[Problem]) -> None:
    """Raises MillwrightError (CONFIGURATION) with all problems that end a run, if there are any."""
    if ending := [problem for problem in problems if problem.ends_the_run]:
        raise MillwrightError(
            f"the configuration is wrong, so nothing is built: {'; '.join(map(str, ending))}", ExitCode.CONFIGURATION
        )


def seeds_follow_their_yaml(project: Project, manifest: Manifest) -> Iterator[Problem]:
    """Of every seed that configures something: columns, types, and the tests `not_null`, `unique`, `accepted_values`.

    dbt would find the same, but a seed and a test at a time, and some of it when half of the night is over.
    """
    for node in list(manifest.nodes.values()):
        if node.resource_type == "seed" and node.original_file_path.startswith(_FOLDER):
            seed = read_seed(project, manifest, node.name)
            yield from _problems_of_form(seed)
            yield from _problems_of_tests(seed, manifest)


def _problems_of_form(seed: Seed) -> Iterator[Problem]:
    types = seed.node.config.column_types
    for name in types.keys() - set(seed.header):
        yield Problem(seed.file, 1, f"the column {name} is missing")
    for line, n_fields in seed.ragged:
        yield Problem(seed.file, line, f"{n_fields} fields where the header has {len(seed.header)}")
    for line, row in seed.rows:
        for name, value in row.items():
            if value is not None and not _is_of_type(value, types.get(name, "text")):
                yield Problem(seed.file, line, f"{name} is {value!r}, no {types[name]}")


def _is_of_type(value: str, data_type: str) -> bool:
    if data_type == "boolean":
        return value.lower() in ("true", "false")
    read = {"integer": int, "bigint": int, "float8": float, "date": date.fromisoformat}.get(data_type, str)
    try:
        read(value)
    except ValueError:
        return False
    return True


def _problems_of_tests(seed: Seed, manifest: Manifest) -> Iterator[Problem]:
    for test in manifest.nodes.values():
        if getattr(test, "attached_node", None) != seed.node.unique_id or test.column_name not in seed.header:
            continue
        if test.config.where is None and test.config.severity.lower() == "error":
            values = [(line, row[test.column_name]) for line, row in seed.rows]
            for line, text in _violations(test.test_metadata.name, test.test_metadata.kwargs, values):
                yield Problem(seed.file, line, f"{test.column_name} {text}")


def _violations(
    test: str, arguments: dict[str, Any], values: list[tuple[int, str | None]]
) -> Iterator[tuple[int, str]]:
    """Of the values of a column, which a test of dbt would reject, and why; other tests than these are left to dbt."""
    accepted = {str(value) for value in arguments.get("values", ())}
    first: dict[str, int] = {}
    for line, value in values:
        if value is None:
            if test == "not_null":
                yield line, "is empty"
        elif test == "unique" and first.setdefault(value, line) != line:
            yield line, f"{value!r} is that of line {first[value]}, too"
        elif test == "accepted_values" and value not in accepted:
            yield line, f"is {value!r}, none of {', '.join(sorted(accepted))}"


def pipelines_can_run(project: Project, manifest: Manifest) -> Iterator[Problem]:
    """Of the seed `pipelines`: what it builds, from what and when exists and can be understood."""
    seed = read_seed(project, manifest, PIPELINES)
    if seed is None or not set(seed.node.config.column_types) <= set(seed.header):
        return
    for line, row in seed.rows:
        for text in (*_wrong_selection(row, manifest), *_wrong_schedule(row), *_wrong_numbers(row)):
            yield Problem(seed.file, line, text)


def _wrong_selection(row: dict[str, str | None], manifest: Manifest) -> Iterator[str]:
    if (row["selector"] is None) == (row["select_expression"] is None):
        yield "it needs a selector or a select_expression, one of them"
    if row["selector"] is not None and row["selector"] not in manifest.selectors:
        yield f"there is no selector {row['selector']!r} in selectors.yml, which has {', '.join(manifest.selectors)}"
    # What is disabled is known, and simply not there.
    sources = {
        f"{source.source_name}.{source.name}"
        for source in (*manifest.sources.values(), *(node for nodes in manifest.disabled.values() for node in nodes))
        if source.resource_type == "source"
    }
    for name in listed(row["source_tables"]):
        if name not in sources:
            yield f"there is no source table {name!r}; write source.table as in models/staging/"
    models = {node.name for node in manifest.nodes.values() if node.resource_type == "model"}
    for name in listed(row["feature_groups"]):
        if f"feat_{name}" not in models:
            yield f"there is no feature group {name!r}, i.e. no dbt model feat_{name}"


def _wrong_schedule(row: dict[str, str | None]) -> Iterator[str]:
    if (row["cron"] is None) == (row["interval_minutes"] is None):
        yield "it needs a cron or interval_minutes, one of them"
    if row["cron"] is not None:
        try:
            CronSim(row["cron"], datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            yield f"the cron {row['cron']!r} cannot be read: {error}"
    if row["time_zone"] is not None:
        try:
            ZoneInfo(row["time_zone"])
        # ZoneInfo raises whatever its way to a file of that name meets.
        except (ValueError, OSError, LookupError):
            yield f"there is no time zone {row['time_zone']!r}"


def _wrong_numbers(row: dict[str, str | None]) -> Iterator[str]:
    for name, smallest in _SMALLEST.items():
        value = row[name]
        if value is not None and _is_of_type(value, "integer") and int(value) < smallest:
            yield f"{name} is {value}, less than {smallest}"


def transitions_can_be_followed(project: Project, manifest: Manifest) -> Iterator[Problem]:
    """Of the seed `lifecycle_transitions`: every status can be reached, by procedures that there are."""
    seed = read_seed(project, manifest, TRANSITIONS)
    if seed is None or not set(seed.node.config.column_types) <= set(seed.header):
        return
    macros = manifest.macros.values()
    procedures = {macro.name for macro in macros if macro.original_file_path.startswith("macros/procedures/")}
    for line, text in problems_of_transitions(seed.rows, procedures):
        yield Problem(seed.file, line, text)


def rules_can_be_evaluated(project: Project, manifest: Manifest) -> Iterator[Problem]:
    """Of the seed `data_quality_rules`: the active rules can be evaluated.

    These problems do not end the run: a rule's columns are looked up in what stands before the build, which may be
    about to change. A rule that cannot be evaluated then is an error in `dq_rule_results`.
    """
    target = project.target
    # dbt would open the warehouse to write: it makes a DuckDB file that is not there, and a dry run changes none.
    if project.scratch or (target.engine == "duckdb" and not target.file.exists()):
        return
    for problem in problems_of_rules(project, manifest):
        file, line, text = problem.split(":", 2)
        yield Problem(file, int(line), text.strip(), ends_the_run=False)


CHECKERS: tuple[Checker, ...] = (
    seeds_follow_their_yaml,
    pipelines_can_run,
    transitions_can_be_followed,
    rules_can_be_evaluated,
)
