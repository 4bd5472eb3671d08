"""Great Expectations suites from the seed `data_quality_rules`: the same rules, counted by somebody else."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Warehouse

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd
    from dbt.contracts.graph.manifest import Manifest

# A sample of what was unexpected would be personal data in a page.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_KINDS = {
    "bool": "boolean", "int": "number", "numeric": "number", "decimal": "number", "double": "number", "real": "number",
    "float": "number", "timestamp": "timestamp", "date": "date",
}  # fmt: skip


@dataclass(frozen=True)
class Validation:
    """What Great Expectations and the newest run's `dq_rule_results` say of a rule.

    `n_failed` is None, and `problem` says why, where Great Expectations could not evaluate it; the logged `n_failed`
    is None where SQL could not.
    """

    rule_id: str
    relation_name: str
    n_failed: int | None
    problem: str | None
    logged_n_failed: int | None
    verdict: str

    @property
    def agrees(self) -> bool:
        """Whether both counted the same."""
        return self.n_failed == self.logged_n_failed


def validate(warehouse: Warehouse, manifest: Manifest, docs: Path) -> list[Validation]:
    """Has Great Expectations evaluate the rules that the newest run evaluated, and writes its Data Docs.

    Raises MillwrightError: USAGE without the extra `quality`, UNAVAILABLE before the first run.
    """
    places = {node.name: (node.schema, node.alias) for node in manifest.nodes.values() if node.resource_type != "test"}
    if places["dq_rule_results"] not in warehouse.relations():
        raise MillwrightError(
            f"no rule has been evaluated in {warehouse.target.address} yet; run `millwright nightly`",
            ExitCode.UNAVAILABLE,
        )
    rules = _evaluated_rules(warehouse, places)
    counts = count_failing_rows(warehouse, places, [rule for rule in rules if rule["problem"] is None], docs)
    return [
        Validation(
            rule["rule_id"],
            rule["relation_name"],
            *counts.get(rule["rule_id"], (None, rule["problem"])),
            rule["n_failed"],
            rule["verdict"],
        )
        for rule in rules
    ]


def count_failing_rows(
    warehouse: Warehouse,
    places: Mapping[str, tuple[str, str]],
    rules: Iterable[dict[str, Any]],
    docs: Path | None = None,
) -> dict[str, tuple[int | None, str | None]]:
    """Has Great Expectations evaluate rules: by rule_id the failing rows, or None and what went wrong.

    `rules` are rows of the seed `data_quality_rules` with `share_allowed` and `evaluated_at`; `places` has schema and
    name of each relation. On PostgreSQL the server is asked; of DuckDB the ruled columns are read as data frames, a
    relation at a time. With `docs` Data Docs are written into that directory. Raises MillwrightError (USAGE) without
    the extra `quality`.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        import great_expectations as gx
    except ImportError as error:
        raise MillwrightError(
            "millwright validate needs Great Expectations: pip install 'millwright[quality]'"
        ) from error
    # This one tells of every temporary directory, whatever its parents are set to.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = _Source(warehouse, context, places)
    found = {}
    with warnings.catch_warnings():
        # pandas would rather have no groups in patterns.
        warnings.filterwarnings("ignore", message="This pattern is interpreted as a regular expression")
        by_relation = itemgetter("relation_name")
        for relation_name, of_relation in groupby(sorted(rules, key=by_relation), by_relation):
            found |= source.results(relation_name, list(of_relation))
    if docs:
        for site in context.get_docs_sites_urls():
            context.delete_data_docs_site(site["site_name"])
        context.add_data_docs_site("data_quality_rules", _docs_site(docs))
        context.build_data_docs()
    return found


def _docs_site(directory: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(directory)},
    }


def _evaluated_rules(warehouse: Warehouse, places: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    results, seed = (_quoted(places[name]) for name in ("dq_rule_results", "data_quality_rules"))
    return warehouse.query(f"""
        select
            rules.*,
            results.n_failed,
            results.problem,
            results.verdict,
            results.error_rate as share_allowed,
            results.evaluated_at
        from {results} as results
        inner join {seed} as rules on results.rule_id = rules.rule_id
        order by rules.rule_id
    """)


class _Source:
    """The warehouse as Great Expectations sees it."""

    def __init__(self, warehouse: Warehouse, context: gx.data_context.EphemeralDataContext, places: Mapping):
        self._warehouse, self._context, self._places = warehouse, context, places
        if warehouse.engine == "duckdb":
            self._source = context.data_sources.add_pandas("warehouse")
        else:
            self._source = context.data_sources.add_postgres("warehouse", connection_string=_url(warehouse))

    def results(self, relation_name: str, rules: Sequence[dict]) -> dict[str, tuple[int | None, str | None]]:
        """Failing rows, or what was wrong, by rule_id."""
        import great_expectations as gx

        suite = gx.ExpectationSuite(name=relation_name)
        kinds = self._kinds(relation_name)
        for rule in rules:
            expectation = self._expectation(rule, kinds.get(rule["column_name"]))
            # Of several that ask the same, only one would be answered.
            asks = [(type(other), other.configuration.kwargs) for other in suite.expectations]
            if (asked := (type(expectation), expectation.configuration.kwargs)) in asks:
                expectation = suite.expectations[asks.index(asked)]
            else:
                suite.add_expectation(expectation)
            expectation.meta.setdefault("rule_ids", []).append(rule["rule_id"])
        suite = self._context.suites.add(suite)
        parameters = {}
        schema, table = self._places[relation_name]
        if self._warehouse.engine == "duckdb":
            asset = self._source.add_dataframe_asset(relation_name)
            batches = asset.add_batch_definition_whole_dataframe("now")
            parameters["dataframe"] = self._frame(relation_name, rules)
        else:
            asset = self._source.add_table_asset(relation_name, table_name=table, schema_name=schema)
            batches = asset.add_batch_definition_whole_table("now")
        definition = gx.ValidationDefinition(name=relation_name, data=batches, suite=suite)
        outcome = self._context.validation_definitions.add(definition).run(
            batch_parameters=parameters, result_format=_RESULT_FORMAT
        )
        return {
            rule_id: _counted(result)
            for result in outcome.results
            for rule_id in result.expectation_config.meta["rule_ids"]
        }

    def _kinds(self, relation_name: str) -> dict[str, str]:
        schema, table = self._places[relation_name]
        rows = self._warehouse.query(f"""
            select column_name, lower(data_type) as data_type
            from information_schema.columns
            where table_schema = '{schema}' and table_name = '{table}'
        """)
        kinds = _KINDS
        if self._warehouse.engine == "duckdb":
            # Data frames have no dates.
            kinds = _KINDS | {"date": "timestamp"}
        return {
            row["column_name"]: next((kind for part, kind in kinds.items() if part in row["data_type"]), "text")
            for row in rows
        }

    def _frame(self, relation_name: str, rules: Iterable[dict]) -> pd.DataFrame:
        names = sorted({name for rule in rules if rule["column_name"] for name in rule["column_name"].split("|")})
        columns = ", ".join(_quoted([name]) for name in names) or "1 as no_column"
        return self._warehouse.connection.execute(f"select {columns} from {self._relation(relation_name)}").df()

    def _relation(self, name: str) -> str:
        return _quoted(self._places[name])

    def _expectation(self, rule: dict, kind: str | None) -> gx.expectations.Expectation:
        from great_expectations import expectations as gxe

        about = {"meta": {}, "notes": rule["description"]}
        allowed = {"mostly": 1 - rule["share_allowed"]}
        column = rule["column_name"]
        match rule["rule_type"]:
            case "not_null":
                return gxe.ExpectColumnValuesToNotBeNull(column=column, **allowed, **about)
            case "range":
                limits = {
                    name: _value(rule[name], kind) for name in ("min_value", "max_value") if rule[name] is not None
                }
                return gxe.ExpectColumnValuesToBeBetween(column=column, **limits, **allowed, **about)
            case "format":
                # A dot is any character, as in SQL.
                pattern = f"(?s){rule['pattern']}" if self._warehouse.engine == "duckdb" else rule["pattern"]
                return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=pattern, **allowed, **about)
            case "accepted_values":
                accepted = [_value(value, kind) for value in rule["accepted_values"].split("|")]
                return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=accepted, **allowed, **about)
            case "uniqueness" if "|" in column:
                return gxe.ExpectCompoundColumnsToBeUnique(
                    column_list=column.split("|"), ignore_row_if="any_value_is_missing", **allowed, **about
                )
            case "uniqueness":
                return gxe.ExpectColumnValuesToBeUnique(column=column, **allowed, **about)
            case "relationship":
                return self._relationship(rule, allowed, about)
            case "freshness":
                oldest = rule["evaluated_at"] - timedelta(hours=float(rule["max_value"]))
                return gxe.ExpectColumnMaxToBeBetween(
                    column=column, min_value=_day_after(oldest) if kind == "date" else oldest, **about
                )
            case "row_count":
                limits = {name: int(float(rule[name])) for name in ("min_value", "max_value") if rule[name] is not None}
                return gxe.ExpectTableRowCountToBeBetween(**limits, **about)

    def _relationship(self, rule: dict, allowed: dict, about: dict) -> gx.expectations.Expectation:
        from great_expectations import expectations as gxe

        relation_name, referenced = rule["referenced_column"].split(".")
        theirs, ours = _quoted([referenced]), _quoted([rule["column_name"]])
        if self._warehouse.engine == "duckdb":
            known = self._warehouse.query(f"select distinct {theirs} as value from {self._relation(relation_name)}")
            values = [row["value"] for row in known if row["value"] is not None]
            return gxe.ExpectColumnValuesToBeInSet(column=rule["column_name"], value_set=values, **allowed, **about)
        return gxe.UnexpectedRowsExpectation(
            unexpected_rows_query=f"""
                select 1
                from {{batch}}
                where {ours} not in (select {theirs} from {self._relation(relation_name)} where {theirs} is not null)
            """,
            **about,
        )


def _counted(result: gx.core.ExpectationValidationResult) -> tuple[int | None, str | None]:
    # An expectation that raised has an empty result, and is not a failure.
    if problems := list(_messages(result.exception_info)):
        return None, "; ".join(problems)
    if "unexpected_count" in result.result:
        # The sum over no rows is NULL.
        return result.result["unexpected_count"] or 0, None
    if result.expectation_config.type == "unexpected_rows_expectation":
        return result.result["observed_value"], None
    return int(not result.success), None


def _messages(exception_info: dict) -> Iterator[str]:
    nested = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    for info in nested:
        if info["raised_exception"]:
            yield info["exception_message"]


def _value(text: str, kind: str | None) -> Any:
    match kind:
        case "number":
            return float(text)
        case "boolean":
            return text == "true"
        case "timestamp":
            return datetime.fromisoformat(text)
        case "date":
            return datetime.fromisoformat(text).date()
    return text


def _day_after(moment: datetime) -> date:
    """The first day whose midnight is not before a moment."""
    return moment.date() + timedelta(days=moment.time() != datetime.min.time())


def _quoted(names: Iterable[str]) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _url(warehouse: Warehouse) -> str:
    credentials = warehouse.target.credentials
    user, password = quote(credentials.user, safe=""), quote(credentials.password, safe="")
    return (
        f"postgresql+psycopg2://{user}:{password}@{credentials.host}:{credentials.port}/{quote(credentials.database)}"
    )
