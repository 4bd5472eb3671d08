"""Which record a customer's fields come from, and why: again in pandas."""

import json

import pandas as pd
import pytest
from support.world import World

GROUPS = {
    "name": ["surname", "given_name", "birth_on"],
    "address": ["street", "city", "postcode", "state"],
    "contact": ["email", "phone"],
}
RULES = {"completeness": ["lacks_first"], "priority": ["priority"], "recency": ["event_at", "known_at"]}


@pytest.fixture(scope="module")
def records(world: World) -> pd.DataFrame:
    return world.query("select * from intermediate.int_customer_records_resolved")


@pytest.fixture(scope="module")
def candidates(records: pd.DataFrame) -> pd.DataFrame:
    """Every record in every group that it has a field of, the winner of a customer's group first."""
    by_group = []
    for group, fields in GROUPS.items():
        of_group = records[~records["is_deleted"] & records[fields].notna().any(axis=1)].copy()
        of_group["field_group"] = group
        of_group["lacks_first"] = of_group[fields[0]].isna()
        of_group["field_values"] = as_json(of_group[fields])
        by_group.append(of_group)
    return pd.concat(by_group).sort_values(
        [
            "customer_id",
            "field_group",
            "lacks_first",
            "priority",
            "event_at",
            "known_at",
            "source_system",
            "source_record_id",
        ],
        ascending=[True, True, True, True, False, False, True, True],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def pins(world: World, records: pd.DataFrame) -> pd.DataFrame:
    decisions = world.query("select * from config.steward_decisions where decision = 'pin'")
    return decisions.merge(records[["source_system", "source_record_id", "customer_id"]]).sort_values(
        ["decided_on", "decision_id"], ascending=[True, False]
    )


def test_customers_equal_pandas(world: World, records: pd.DataFrame, candidates: pd.DataFrame, pins: pd.DataFrame):
    is_shop = records["source_system"] == "shop"
    by_customer = records.assign(
        n_source_records=~is_shop, n_accounts=is_shop, is_deleted=~is_shop & records["is_deleted"]
    ).groupby("customer_id")
    expected = by_customer.agg(
        {"n_source_records": "sum", "n_accounts": "sum", "is_deleted": "all", "first_known_at": "min"}
    )
    winners = candidates.drop_duplicates(["customer_id", "field_group"])
    for group, fields in GROUPS.items():
        of_group = winners[winners["field_group"] == group].set_index("customer_id")
        expected[[*fields, f"{group}_source"]] = of_group[[*fields, "source_system"]].reindex(expected.index)
    for pin in pins.itertuples():
        group = next(name for name, fields in GROUPS.items() if pin.column_name in fields)
        value = pd.Timestamp(pin.value).date() if pin.column_name == "birth_on" else pin.value
        expected.loc[pin.customer_id, [pin.column_name, f"{group}_source"]] = [value, "steward"]

    found = world.query("select * from entities.dim_customers").set_index("customer_id").sort_index()
    assert len(found) > 2_000
    assert expected[["name_source", "address_source", "contact_source"]].nunique().min() >= 2
    pd.testing.assert_frame_equal(comparable(found[list(expected)]), comparable(expected.sort_index()))


def test_provenance_equals_pandas(world: World, candidates: pd.DataFrame, pins: pd.DataFrame):
    """Ranks, rules and values of all candidates of the groups that no steward has pinned."""
    group = candidates.groupby(["customer_id", "field_group"])
    winners = candidates.loc[group.cumcount() == 0].set_index(["customer_id", "field_group"])
    winner = winners.loc[pd.MultiIndex.from_frame(candidates[["customer_id", "field_group"]])].reset_index()
    lost_by = pd.Series("record key", index=candidates.index)
    for rule, columns in reversed(RULES.items()):
        lost_by[(candidates[columns] != winner[columns]).any(axis=1)] = rule
    is_winner, has_losers = group.cumcount() == 0, group["record_key"].transform("size") > 1
    lost_by[is_winner] = lost_by.shift(-1)[is_winner].where(has_losers, "only candidate")
    expected = candidates.assign(candidate_rank=group.cumcount() + 1, decided_by=lost_by)
    expected["is_winner"] = expected["candidate_rank"] == 1

    found = world.query("select * from entities.customer_provenance")
    pinned = found[found["decided_by"] == "pinned"]
    assert set(pinned.loc[pinned["is_winner"], "customer_id"]) == set(pins["customer_id"])
    assert set(found["decided_by"]) >= {"only candidate", "completeness", "priority", "recency"}
    keys = ["customer_id", "field_group", "candidate_rank"]
    found, expected = (
        frame[~frame["customer_id"].isin(pins["customer_id"])].set_index(keys).sort_index()
        for frame in (found, expected)
    )
    pd.testing.assert_frame_equal(found, expected[list(found)])


def test_customers_show_what_provenance_calls_the_winner(world: World):
    customers = world.query("select * from entities.dim_customers").set_index("customer_id")
    winners = world.query("select * from entities.customer_provenance where is_winner")
    for group, fields in GROUPS.items():
        of_group = winners[winners["field_group"] == group].set_index("customer_id")
        shown = customers[customers[f"{group}_source"].notna()]
        assert sorted(of_group.index) == sorted(shown.index)
        of_group = of_group.loc[shown.index]
        assert (of_group["source_system"] == shown[f"{group}_source"]).all()
        assert list(of_group["field_values"]) == as_json(shown[fields])


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with None for everything missing."""
    return frame.astype(object).where(frame.notna(), None)


def as_json(frame: pd.DataFrame) -> list[str]:
    """Every row as compact JSON text."""
    rows = comparable(frame).to_dict("records")
    return [json.dumps(row, separators=(",", ":"), ensure_ascii=False, default=str) for row in rows]
