"""Scores the pairs that blocking proposes with parameters that were fitted before."""

from collections.abc import Iterable
from datetime import datetime

import duckdb
import pandas as pd
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from millwright.matching.blocking import block, candidate_pairs
from millwright.matching.records import load_records, load_versions, matching_session
from millwright.matching.settings import Settings

DIGITS = 6

PAIRS = """
    record_key varchar,
    record_hash varchar,
    other_key varchar,
    other_hash varchar,
    match_weight double,
    match_probability double,
    blocking_rule varchar
"""


def pairs_of(
    match_version: str | None,
    parameters: duckdb.DuckDBPyRelation,
    records: duckdb.DuckDBPyRelation,
    held: duckdb.DuckDBPyRelation | None,
    settings: Settings,
    matched_at: datetime | None,
    max_block_size: int,
    min_weight: float,
) -> pa.Table:
    """A row for each record that is new to this version of the parameters, and one for each pair that it is in.

    `held` are the rows made before, if any. No rows where there are no parameters.
    """
    with matching_session() as con:
        con.execute(f"create table pairs ({PAIRS})")
        fitted = parameters.filter(f"match_version = '{match_version}'").df()
        if len(fitted):
            matched = (
                held.filter(f"match_version = '{match_version}' and other_key is null") if held is not None else None
            )
            load_versions(con, records, matched)
            settings = load_records(con, settings)
            score(con, fitted, settings, max_block_size, min_weight)
            con.execute(
                "insert into pairs by name select record_key, content_hash as record_hash from records where is_new"
            )
        return con.sql(
            """
            select cast($1 as varchar) as match_version, *, cast($2 as timestamp) as matched_at
            from pairs
            order by record_key, other_key nulls first
            """,
            params=[match_version, matched_at],
        ).to_arrow_table()


def score(
    con: duckdb.DuckDBPyConnection, parameters: pd.DataFrame, settings: Settings, max_block_size: int, min_weight: float
) -> None:
    """Make the table `pairs` from the table `records`: a row for each pair of at least `min_weight` that is new.

    `parameters` are those of one version, as `fit` made them. In every pair record_key < other_key.
    """
    con.execute(f"create or replace table pairs ({PAIRS})")
    rules = [rule for rule in settings.rules if "predict" in rule.purposes]
    block(con, rules, max_block_size)
    if not candidate_pairs(con, rules, settings.exclusive):
        return

    api = DuckDBAPI(con)
    linker = Linker(api.register("records"), _model(parameters), log_level=None)
    _register_term_frequencies(con, api, linker, parameters)
    linker.table_management.register_blocked_pairs_for_predict(api.register("candidates"))
    predictions = linker.inference.predict(threshold_match_weight=min_weight, warning_mode="never")
    con.execute(f"""
        insert into pairs
        select
            l.record_key,
            l.content_hash,
            r.record_key,
            r.content_hash,
            round(predicted.match_weight, {DIGITS}),
            round(predicted.match_probability, {DIGITS}),
            predicted.match_key
        from {predictions.physical_name} as predicted
        inner join records as l on predicted.unique_id_l = l.unique_id
        inner join records as r on predicted.unique_id_r = r.unique_id
    """)


def _model(parameters: pd.DataFrame) -> SettingsCreator:
    levels = parameters[parameters["parameter"] == "level"]
    prior = parameters.loc[parameters["parameter"] == "probability_two_random_records_match", "value"]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            {"output_column_name": name, "comparison_levels": [_level(row) for row in _from_null_to_else(rows)]}
            for name, rows in levels.groupby("comparison", sort=True)
        ],
        probability_two_random_records_match=float(prior.iloc[0]),
        retain_matching_columns=False,
    )


def _from_null_to_else(rows: pd.DataFrame) -> Iterable:
    """Splink tries the levels in this order: nothing to compare, then from the closest agreement to the loosest."""
    order = rows["level"].where(rows["level"] >= 0, rows["level"].max() + 1)
    return rows.assign(order=order).sort_values("order", ascending=False).itertuples()


def _level(row) -> dict:
    level = {"sql_condition": row.sql_condition, "label_for_charts": row.label}
    if row.level < 0:
        return level | {"is_null_level": True}
    if not pd.isna(row.term):
        level["tf_adjustment_column"] = row.term
    for parameter in ("m_probability", "u_probability"):
        if not pd.isna(value := getattr(row, parameter)):
            level[parameter] = value
    return level


def _register_term_frequencies(
    con: duckdb.DuckDBPyConnection, api: DuckDBAPI, linker: Linker, parameters: pd.DataFrame
) -> None:
    """Frequencies as they were at the fit: a score does not depend on the night. Terms unknown then count as rare."""
    frequencies = parameters[parameters["parameter"] == "term_frequency"]
    con.register("frequencies", frequencies[["comparison", "term", "value"]])
    for column in sorted(frequencies["comparison"].unique()):
        con.execute(f"""
            create or replace table frequencies_{column} as
            select terms.{column}, coalesce(known.value, rare.value) as tf_{column}
            from (select distinct {column} from records where {column} is not null) as terms
            inner join frequencies as rare on rare.comparison = '{column}' and rare.term is null
            left join frequencies as known on known.comparison = '{column}' and known.term = terms.{column}
        """)
        linker.table_management.register_term_frequency_lookup(api.register(f"frequencies_{column}"), column)
    con.unregister("frequencies")
