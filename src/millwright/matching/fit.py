"""Learns from unlabelled records how much each agreement says about two records being one person.

The model is Fellegi and Sunter's as Splink estimates it: u, how often strangers agree, from pairs of sampled records;
m, how often two records of one person agree, by expectation maximisation on pairs that agree on a training rule.
Samples are taken by hash and one thread adds up fractions, so the same records give the same parameters.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

import duckdb
import pandas as pd
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from millwright.matching.blocking import block, may_be_one
from millwright.matching.records import load_deliveries, load_records, matching_session
from millwright.matching.settings import BlockingRule, Settings

logger = logging.getLogger(__name__)

PARAMETERS = {
    "parameter": "string",
    "comparison": "string",
    "level": "Int32",
    "label": "string",
    "sql_condition": "string",
    "term": "string",
    "m_probability": "float64",
    "u_probability": "float64",
    "value": "float64",
}

SALT = "millwright"
DIGITS = 12
MAX_ITERATIONS = 25
# What is never seen among the matches trained on may still happen: a single mistyped digit shall not rule out a match.
MIN_PROBABILITY = 1e-5


def parameters_of(
    match_version: str | None,
    fitted_at: datetime | None,
    deliveries: duckdb.DuckDBPyRelation | None,
    settings: Settings,
    prior_recall: float,
    max_block_size: int,
) -> pa.Table:
    """The rows of a version, fitted on the records as they were known at its moment; none where no version is due."""
    with matching_session() as con:
        if match_version is None:
            rows = _frame([])
        else:
            load_deliveries(con, deliveries, fitted_at)
            rows = fit(con, load_records(con, settings), prior_recall, max_block_size)
        con.register("fitted", rows)
        return con.sql(
            "select cast($1 as varchar) as match_version, cast($2 as timestamp) as fitted_at, * from fitted",
            params=[match_version, fitted_at],
        ).to_arrow_table()


def fit(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    prior_recall: float,
    max_block_size: int,
    max_pairs: int = 1_000_000,
) -> pd.DataFrame:
    """Parameters of the model for the table `records`, with the columns of PARAMETERS; none when nothing can be learnt.

    `prior_recall` is the share of the true pairs that the rules for the prior are believed to find. At most `max_pairs`
    pairs are looked at for u and for each training rule.
    """
    rules, exclusive = settings.rules, settings.exclusive
    block(con, rules, max_block_size)
    prior = _prior(con, rules, exclusive, prior_recall)
    if prior is None:
        logger.warning("No two records agree on a rule that is used for the prior: no parameters are fitted.")
        return _frame([])

    model = {
        "comparisons": [comparison.levels() for comparison in settings.comparisons],
        "probability_two_random_records_match": prior,
    }
    model = _with_u(con, model, max_pairs)
    model = _with_m(con, model, rules, exclusive, max_pairs, MAX_ITERATIONS)
    rows = [{"parameter": "probability_two_random_records_match", "value": _rounded(prior)}]
    for comparison in model["comparisons"]:
        rows += _level_rows(comparison)
        rows += _term_rows(con, comparison)
    return _frame(rows)


def _prior(
    con: duckdb.DuckDBPyConnection, rules: list[BlockingRule], exclusive: Iterable[str], recall: float
) -> float | None:
    """The probability that two records taken by chance are one person: pairs found by the prior's rules / recall."""
    numbers = [number for number, rule in enumerate(rules) if "prior" in rule.purposes]
    proposals = " union ".join(
        f"""
        select l.unique_id as left_id, r.unique_id as right_id
        from blocked as l
        inner join blocked as r on l.block_{number} = r.block_{number}
        where {" and ".join(["l.unique_id < r.unique_id", *may_be_one(exclusive)])}
        """
        for number in numbers
    )
    n_found, n_records = con.execute(
        f"select (select count(*) from ({proposals})), (select count(*) from records)"
    ).fetchall()[0]
    n_pairs = n_records * (n_records - 1) / 2
    return min(n_found / recall / n_pairs, 0.5) if n_found else None


def _with_u(con: duckdb.DuckDBPyConnection, model: dict, max_pairs: int) -> dict:
    n_records = int((2 * max_pairs) ** 0.5)
    con.execute(f"""
        create or replace table sampled as
        select * from records
        order by md5(record_key || '{SALT}'), record_key
        limit {n_records}
    """)
    api = DuckDBAPI(con)
    linker = Linker(api.register("sampled"), SettingsCreator(link_type="dedupe_only", **model), log_level=None)
    # All pairs of the sample, in one piece: Splink's own sampling would be by chance.
    linker.training.estimate_u_using_random_sampling(max_pairs=2 * max_pairs + n_records, num_chunks=1)
    return _trained(linker, model)


def _with_m(
    con: duckdb.DuckDBPyConnection,
    model: dict,
    rules: list[BlockingRule],
    exclusive: Iterable[str],
    max_pairs: int,
    max_iterations: int,
) -> dict:
    con.execute("set threads = 1")
    settings = SettingsCreator(link_type="dedupe_only", max_iterations=max_iterations, **model)
    linker = Linker(DuckDBAPI(con).register("blocked"), settings, log_level=None)
    for number, rule in enumerate(rules):
        if "train" not in rule.purposes:
            continue
        _sample_blocks(con, number, max_pairs)
        # Splink learns nothing about the columns that it reads in the condition: in such pairs they always agree.
        agree = [f"{a} = {b}" for a, b in zip(rule.expressions("l"), rule.expressions("r"), strict=True)]
        conditions = [f"l.block_{number} = r.block_{number}", *agree, *may_be_one(exclusive)]
        if not _any_pair(con, conditions):
            logger.info("Training rule %s proposes no pairs: nothing is learnt from it.", rule.rule_id)
            continue
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                " and ".join(conditions), estimate_without_term_frequencies=True
            )
        except ValueError as error:
            if "below the minimum allowed" not in str(error) or max_iterations == 1:
                raise
            # What few pairs lack fades with every iteration, and Splink refuses what is below 1e-300.
            return _with_m(con, model, rules, exclusive, max_pairs, max_iterations // 2)
    return _trained(linker, model)


def _sample_blocks(con: duckdb.DuckDBPyConnection, number: int, max_pairs: int) -> None:
    """Forget blocks of the rule, chosen by the hash of their first record, until `max_pairs` pairs are left."""
    con.execute(f"""
        update blocked set block_{number} = null
        where block_{number} in (
            select block
            from (
                select
                    block_{number} as block,
                    sum(count(*) * (count(*) - 1) / 2) over (
                        order by md5(min(record_key) || '{SALT}'), block_{number}
                    ) as n_pairs
                from blocked
                where block_{number} is not null
                group by block_{number}
            )
            where n_pairs > {max_pairs}
        )
    """)


def _any_pair(con: duckdb.DuckDBPyConnection, conditions: list[str]) -> bool:
    return bool(
        con.execute(f"""
            select 1 from blocked as l
            inner join blocked as r on l.unique_id < r.unique_id and {" and ".join(conditions)}
            limit 1
        """).fetchall()
    )


def _trained(linker: Linker, model: dict) -> dict:
    return model | {"comparisons": linker.misc.save_model_to_json()["comparisons"]}


def _level_rows(comparison: dict) -> list[dict]:
    name, levels = comparison["output_column_name"], comparison["comparison_levels"]
    rows = []
    for position, level in enumerate(levels):
        row = {
            "parameter": "level",
            "comparison": name,
            "level": -1 if level.get("is_null_level") else len(levels) - 1 - position,
            "label": level["label_for_charts"],
            "sql_condition": level["sql_condition"],
            "term": level.get("tf_adjustment_column"),
            "m_probability": _rounded(_at_least(level.get("m_probability"))),
            "u_probability": _rounded(level.get("u_probability")),
        }
        for parameter in ("m_probability", "u_probability"):
            if row["level"] >= 0 and row[parameter] is None:
                logger.info("%s of %s, %s: not seen; Splink's default is used.", parameter, name, row["label"])
        rows.append(row)
    return rows


def _term_rows(con: duckdb.DuckDBPyConnection, comparison: dict) -> list[dict]:
    """How frequent the terms are that occur more than once; the row without a term is for all others."""
    columns = {level.get("tf_adjustment_column") for level in comparison["comparison_levels"]} - {None}
    rows = []
    for column in sorted(columns):
        n_values = con.execute(f"select count({column}) from records").fetchall()[0][0]
        terms = con.execute(f"""
            select {column}, count(*)
            from records
            where {column} is not null
            group by {column}
            having count(*) > 1
            order by {column}
        """).fetchall()
        rows += [
            {"parameter": "term_frequency", "comparison": column, "term": term, "value": _rounded(count / n_values)}
            for term, count in [(None, 1), *terms]
        ]
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _at_least(value: float | None) -> float | None:
    return None if value is None else max(value, MIN_PROBABILITY)


def _frame(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(PARAMETERS)).astype(PARAMETERS)
