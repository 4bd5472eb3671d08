"""Scores what is new against everything, with the newest parameters; millwright.matching.score says how.

A record counts as new until this version of its content was compared with these parameters.
"""

from millwright.matching.score import pairs_of
from millwright.matching.settings import read_settings


def model(dbt, session):
    settings = read_settings(
        dbt.ref("matching_comparisons"), dbt.ref("matching_blocking_rules"), dbt.ref("identity_rules")
    )
    due = dbt.ref("int_customer_match_schedule").order("fitted_at desc").limit(1)
    ((match_version, as_of),) = due.project("match_version, as_of").fetchall() or [(None, None)]
    parameters = dbt.ref("int_customer_match_parameters")
    held = session.sql(f"select * from {dbt.this}") if dbt.is_incremental else None
    return pairs_of(
        match_version,
        parameters,
        dbt.ref("int_customer_records_merged"),
        held,
        settings,
        matched_at=as_of,
        max_block_size=dbt.config.meta_get("max_block_size"),
        min_weight=dbt.config.meta_get("min_weight"),
    )
