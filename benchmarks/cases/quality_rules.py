"""Quality rules on many tables, against a query for each rule and Great Expectations."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.dbt_build import PROJECT, compiled_queries
from benchmarks.frame import Case, Disagreement
from benchmarks.measure import Command
from benchmarks.sample_data import made_once

RULES, ONE_BY_ONE, EXPECTATIONS = "all rules together", "a query for each rule", "Great Expectations"
N_TABLES = 10
AS_OF = "1998-07-01"
SCHEMA, SEED = "prod", "data_quality_rules"
ANSWER = "answer.parquet"

# The rules on each table: column, kind and parameters.
KINDS = (
    ("amount", "not_null", {}),
    ("email", "not_null", {}),
    ("state", "not_null", {}),
    ("amount", "range", {"min_value": "0.01", "max_value": "990"}),
    ("quantity", "range", {"min_value": "1", "max_value": "9"}),
    ("email", "format", {"pattern": "^[a-z0-9]+@[a-z]+[.]org$"}),
    ("state", "accepted_values", {"accepted_values": "|".join(f"S{number}" for number in range(50))}),
    ("transaction_id", "uniqueness", {}),
    ("event_at", "freshness", {"max_value": "48"}),
    (None, "row_count", {"min_value": "1"}),
)
COLUMNS = (
    *("rule_id", "relation_name", "column_name", "rule_type", "min_value", "max_value", "accepted_values"),
    *("pattern", "referenced_column", "denominator", "severity", "action", "description"),
)


class QualityRules(Case):
    description = f"""
{N_TABLES * len(KINDS)} quality rules on {N_TABLES} tables, a query for each rule, and Great Expectations

The scale is the number of rows of each of the {N_TABLES} tables in millions: transactions with seven columns, some
values missing, out of range or twice there. Each has {len(KINDS)} rules: {", ".join(kind for _, kind, _ in KINDS)}.
Everybody starts a process, reads the same DuckDB file and writes for each rule how many rows there are and how many
fail.

- *{RULES}* is the query of the macro `rated_rules`, as `dq_rule_results` has it: a scan of each table for all its
  rules, and a grouping of its own for what must be unique. It is compiled before the clock starts.
- *{ONE_BY_ONE}* is the same macro called for each rule alone: {N_TABLES * len(KINDS)} queries one after the other.
- *{EXPECTATIONS}* is what `millwright validate` does on DuckDB: the ruled columns of a table as a data frame, a suite
  for each table, no Data Docs.

The queries have two threads and 4 GB.
"""
    unit = "million rows"
    contenders = (ONE_BY_ONE, EXPECTATIONS, RULES)
    ratios = ((EXPECTATIONS, RULES), (ONE_BY_ONE, RULES))

    def __init__(self) -> None:
        self._queries: dict[str, str] = {}

    def prepare(self, scale: int, data: Path) -> Path:
        inputs = made_once(f"quality_{scale}", data, lambda duck: fill(duck, scale * 1_000_000), Path(__file__))
        tables = ", ".join(f"'{name}': ref('{name}')" for name in _tables())
        call = "{{%- set seed = ref('{seed}') -%}}{{{{ millwright.rated_rules(seed, {rules}, {{{tables}}}) }}}}"
        every = "millwright.active_rules(seed)"
        calls = {"together": call.format(seed=SEED, rules=every, tables=tables)}
        for place in range(N_TABLES * len(KINDS)):
            calls[f"rule_{place}"] = call.format(seed=SEED, rules=f"[{every}[{place}]]", tables=tables)
        declared = [{"name": name} for name in (*_tables(), SEED)]
        self._queries = compiled_queries(
            inputs, calls, declared, as_of=AS_OF, quality_error_rate=0.05, plain_schema=SCHEMA
        )
        return inputs

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return sum(duck.table(f"{SCHEMA}.{name}").count("*").fetchall()[0][0] for name in _tables()) / 1e6

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        environment = {"PYTHONPATH": str(PROJECT)}
        if contender == EXPECTATIONS:
            rules = work / "rules.json"
            rules.write_text(json.dumps(rules_of_all_tables()), encoding="utf-8")
            arguments = ["benchmarks.peers.quality.expectations", str(inputs), str(rules), AS_OF]
        elif contender == ONE_BY_ONE:
            queries = [query for name, query in self._queries.items() if name != "together"]
            one_by_one = work / "queries.json"
            one_by_one.write_text(json.dumps(queries), encoding="utf-8")
            arguments = ["benchmarks.peers.quality.one_by_one", str(inputs), str(one_by_one)]
        else:
            query = work / "query.sql"
            query.write_text(self._queries["together"], encoding="utf-8")
            arguments = ["benchmarks.queries", str(inputs), str(query)]
        return Command([sys.executable, "-m", *arguments, str(work / ANSWER)], environment)

    def check(self, works: Mapping[str, Path]) -> str:
        answers = {contender: _answer(work / ANSWER) for contender, work in works.items()}
        ours = answers.pop(RULES)
        for contender, theirs in answers.items():
            if different := [rule_id for rule_id, n_failed in ours.items() if theirs.get(rule_id) != n_failed]:
                raise Disagreement(f"*{contender}* counts other rows than *{RULES}* for {', '.join(different)}.")
        if len(ours) != N_TABLES * len(KINDS):
            raise Disagreement(f"*{RULES}* evaluates {len(ours)} rules.")
        return f"All count the same {sum(ours.values()):,} failing rows of {len(ours)} rules."


def rules_of_all_tables() -> list[dict[str, str | None]]:
    """Rows of the seed `data_quality_rules`."""
    return [
        dict.fromkeys(COLUMNS)
        | {"denominator": "rows", "severity": "low", "action": "log"}
        | {"rule_id": f"{table}_{column}_{kind}", "relation_name": table, "column_name": column, "rule_type": kind}
        | parameters
        for table in _tables()
        for column, kind, parameters in KINDS
    ]


def fill(duck: duckdb.DuckDBPyConnection, n_rows: int) -> None:
    """Makes the tables and the seed."""
    duck.execute(f"create schema {SCHEMA}")
    for number, name in enumerate(_tables()):
        duck.execute(f"""
            create table {SCHEMA}.{name} as
            select
                case when draw % 1000 = 1 then row - 1 else row end as transaction_id,
                row // 10 as customer_id,
                case when draw % 100 <> 2 then cast(draw % 100000 / 100 as decimal(18, 2)) end as amount,
                cast(draw % 11 as integer) as quantity,
                case
                    when draw % 200 = 4 then 'user' || draw % 9999
                    when draw % 50 <> 3 then 'user' || draw % 9999 || '@example.org'
                end as email,
                case when draw % 20 <> 5 then 'S' || draw % 51 end as state,
                timestamp '{AS_OF}' - to_minutes(cast(row % 500000 as integer)) as event_at
            from (select range as row, hash(range, {number}) >> 1 as draw from range({n_rows}))
        """)
    columns = ", ".join(f"{name} text" for name in COLUMNS)
    duck.execute(f"create table {SCHEMA}.{SEED} ({columns}, warn_rate double, error_rate double, min_rows bigint)")
    duck.execute(f"alter table {SCHEMA}.{SEED} add column is_active boolean default true")
    for rule in rules_of_all_tables():
        values = ", ".join("null" if value is None else f"'{value}'" for value in rule.values())
        duck.execute(f"insert into {SCHEMA}.{SEED} ({', '.join(rule)}) values ({values})")


def _tables() -> list[str]:
    return [f"transactions_{number}" for number in range(N_TABLES)]


def _answer(path: Path) -> dict[str, int]:
    """Failing rows by rule."""
    with duckdb.connect() as duck:
        return dict(duck.execute(f"select rule_id, n_failed from read_parquet('{path}')").fetchall())


CASE = QualityRules()
