"""Which records are compared: those that agree on the columns of a blocking rule, unless too many do.

A key that more than `max_block_size` records share is dropped: comparing each of 10,000 records of the postcode 00000
with every other would take hours and find nothing that a more selective rule does not.
"""

import logging
from collections.abc import Iterable

import duckdb

from millwright.matching.settings import BlockingRule

logger = logging.getLogger(__name__)


def block(con: duckdb.DuckDBPyConnection, rules: list[BlockingRule], max_block_size: int) -> list[dict]:
    """Make the table `blocked`: the records with a number for the block of each rule, NULL where they have none.

    Returns a row for each rule that lost blocks: rule_id, n_blocks, n_records, largest_block.
    """
    selected, joined, oversized = [], [], []
    for number, rule in enumerate(rules):
        key = ", ".join(f"{part} as part_{i}" for i, part in enumerate(rule.expressions("records")))
        parts = [f"part_{i}" for i in range(len(rule.parts))]
        con.execute(f"""
            create or replace temp table blocks_{number} as
            select {", ".join(parts)}, n_records, row_number() over (order by {", ".join(parts)}) as block
            from (
                select {", ".join(parts)}, count(*) as n_records, bool_or(is_new) as has_new
                from (select is_new, {key} from records)
                where {" and ".join(f"{part} is not null" for part in parts)}
                group by {", ".join(parts)}
            )
            where n_records > 1 and has_new
        """)
        n_blocks, n_records, largest = con.execute(f"""
            select count(*), coalesce(sum(n_records), 0), coalesce(max(n_records), 0)
            from blocks_{number}
            where n_records > {int(max_block_size)}
        """).fetchall()[0]
        if n_blocks:
            oversized.append(
                {"rule_id": rule.rule_id, "n_blocks": n_blocks, "n_records": n_records, "largest_block": largest}
            )
            logger.warning(
                "Blocking rule %s: %s keys are shared by more than %s records (%s records, at most %s of one key) and "
                "are left out.",
                *(rule.rule_id, n_blocks, max_block_size, n_records, largest),
            )
        matches = [f"{a} = blocks_{number}.{b}" for a, b in zip(rule.expressions("records"), parts, strict=True)]
        selected.append(f"blocks_{number}.block as block_{number}")
        joined.append(
            f"left join blocks_{number} on {' and '.join(matches)} and blocks_{number}.n_records <= {max_block_size}"
        )
    con.execute(f"""
        create or replace temp table blocked as
        select records.*, {", ".join(selected)}
        from records
        {" ".join(joined)}
        order by unique_id
    """)
    for number in range(len(rules)):
        con.execute(f"drop table blocks_{number}")
    return oversized


def candidate_pairs(con: duckdb.DuckDBPyConnection, rules: list[BlockingRule], exclusive: Iterable[str] = ()) -> int:
    """Make the table `candidates` from `blocked`: every pair once, with the first rule that proposes it.

    Pairs of two records that are not new are left out, and pairs with different values of an exclusive column. Returns
    the number of pairs.
    """
    proposals = []
    for number, rule in enumerate(rules):
        earlier = [f"not coalesce(l.block_{i} = r.block_{i}, false)" for i in range(number)]
        conditions = ["l.unique_id < r.unique_id", "(l.is_new or r.is_new)", *earlier, *may_be_one(exclusive)]
        proposals.append(f"""
            select l.unique_id as join_key_l, r.unique_id as join_key_r, '{rule.rule_id}' as match_key
            from blocked as l
            inner join blocked as r on l.block_{number} = r.block_{number}
            where {" and ".join(conditions)}
        """)
    con.execute(f"create or replace table candidates as {' union all '.join(proposals)}")
    return con.execute("select count(*) from candidates").fetchall()[0][0]


def may_be_one(exclusive: Iterable[str]) -> list[str]:
    """SQL conditions on l and r: no exclusive column has two values."""
    return [f"coalesce(l.exclusive_{column} = r.exclusive_{column}, true)" for column in sorted(exclusive)]


def blocking_reach(
    con: duckdb.DuckDBPyConnection, rules: list[BlockingRule], true_pairs: str, max_block_size: int
) -> dict[str, float]:
    """The share of known pairs that each rule proposes, and all together (`any rule`), whatever they would score.

    `true_pairs` is a relation with record_key and other_key, each pair once; `records` is loaded.
    """
    con.execute("update records set is_new = true")
    block(con, rules, max_block_size)
    agrees = [f"coalesce(l.block_{number} = r.block_{number}, false)" for number in range(len(rules))]
    agrees.append(f"({' or '.join(agrees)})")
    shares = con.execute(f"""
        select {", ".join(f"avg(cast({condition} as integer))" for condition in agrees)}
        from {true_pairs} as pairs
        left join blocked as l on pairs.record_key = l.record_key
        left join blocked as r on pairs.other_key = r.record_key
    """).fetchall()[0]
    return dict(zip([*(rule.rule_id for rule in rules), "any rule"], shares, strict=True))
