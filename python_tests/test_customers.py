"""Customers over several nights: ids that stay, whatever order deliveries come in."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
import pytest
from support.empty_world import create_raw_tables, deliver
from support.postgres_server import PostgresServer, another_database
from support.world import World

NIGHTS = ("1997-03-01", "1997-03-02", "1997-03-03")
LOADED = "1997-02-28 12:00:00"
ORDERS = range(8)
CUSTOMERS = (
    *("customer_crosswalk", "customer_redirects", "customer_id_changes", "customer_provenance"),
    *("customer_match_review", "fct_transactions", "fct_transactions_by_customer"),
)


def crm(key: str, changed_on: str, **fields: str) -> tuple[str, dict[str, str]]:
    return "raw_crm.customers", {"crm_id": key, "updated_at": f"{changed_on} 10:00:00", "loaded_at": LOADED} | fields


def marketing(key: str, changed_on: str, **fields: str) -> tuple[str, dict[str, str]]:
    row = {"contact_id": key, "modified_at": f"{changed_on} 10:00:00", "newsletter": "y", "loaded_at": LOADED}
    return "raw_marketing.contacts", row | fields


def erp(key: str, changed_on: str, **fields: str) -> tuple[str, dict[str, str]]:
    return "raw_erp.customers", {"customer_no": key, "changed_on": changed_on, "loaded_at": LOADED} | fields


def purchase(line: int, account: str, loaded_at: str = LOADED) -> tuple[str, dict[str, str]]:
    row = {"line_number": f"{line}", "account_number": account, "purchased_on": "1997-02-20", "loaded_at": loaded_at}
    return "raw_shop.purchases", row | {"quantity": "1", "amount": "9.99"}


def people(tag: str, number: int) -> list[tuple[str, dict[str, str]]]:
    """Every delivery about the same few people, their keys and addresses marked with `tag`."""
    return [
        # One person in all sources, the CRM's news overtaken by older news.
        purchase(1000 + number, f"{tag}1"),
        crm(f"{tag}1", "1997-01-05", account_number=f"{tag}1", email=f"ann@{tag}", given_name="Ann", surname="Old"),
        crm(f"{tag}1", "1997-02-05", account_number=f"{tag}1", email=f"ann@{tag}", given_name="Ann", surname="New"),
        erp(f"{tag}1", "1997-01-06", account_number=f"{tag}1", email=f"ann@{tag}"),
        marketing(f"{tag}1", "1997-01-07", email=f"ann@{tag}"),
        # Two who turn out to be one, and one who turns out to be two.
        crm(f"{tag}2", "1997-01-05", email=f"before@{tag}", surname="Moved"),
        crm(f"{tag}2", "1997-02-05", email=f"after@{tag}", surname="Moved"),
        marketing(f"{tag}2", "1997-01-08", email=f"after@{tag}", last_name="Moved"),
        crm(f"{tag}3", "1997-01-05", email=f"shared@{tag}", surname="Stays"),
        crm(f"{tag}4", "1997-01-05", email=f"shared@{tag}", surname="Leaves"),
        crm(f"{tag}4", "1997-02-05", email=f"own@{tag}", surname="Leaves"),
        # An address of two accounts, and a third who shares it.
        purchase(2000 + number, f"{tag}5"),
        purchase(3000 + number, f"{tag}6"),
        erp(f"{tag}5", "1997-01-09", account_number=f"{tag}5", email=f"family@{tag}"),
        erp(f"{tag}6", "1997-01-09", account_number=f"{tag}6", email=f"family@{tag}"),
        crm(f"{tag}5", "1997-01-09", email=f"family@{tag}", surname="Family"),
        # A record that was deleted.
        crm(f"{tag}7", "1997-01-05", email=f"gone@{tag}", surname="Gone"),
        crm(f"{tag}7", "1997-02-06", deleted_at="1997-02-06 10:00:00"),
        marketing(f"{tag}7", "1997-01-05", email=f"gone@{tag}", first_name="Still", last_name="Here"),
    ]


def in_some_order(rows: list, order: int) -> list[list]:
    """What each of the first three nights finds new: all rows in a random order, some of them again later."""
    chance = random.Random(order)
    nights = [[], [], []]
    for row in chance.sample(rows, len(rows)):
        night = chance.randrange(3)
        nights[night].append(row)
        if chance.random() < 0.4:
            nights[chance.randrange(night, 3)].append(row)
    return nights


def story() -> list[list]:
    """What each night brings of two CRM records, first two persons, then one, then two again, and of two accounts."""
    return [
        [
            crm("older", "1997-01-01", email="one@story", surname="One"),
            crm("newer", "1997-01-02", email="two@story", surname="Two", loaded_at="1997-02-28 13:00:00"),
            crm("twin1", "1997-01-01", email="twin@story", surname="Twin", given_name="Anna"),
            crm("twin2", "1997-01-01", email="twin@story", surname="Twin", given_name="Anne"),
            purchase(1, "S1"),
            purchase(2, "S2", loaded_at="1997-02-28 13:00:00"),
        ],
        [crm("newer", "1997-03-01", email="one@story", surname="Two", loaded_at="1997-03-01 12:00:00")],
        [
            crm("newer", "1997-03-02", email="two@story", surname="Two", loaded_at="1997-03-02 12:00:00"),
            purchase(3, "S2", loaded_at="1997-03-02 12:00:00"),
        ],
    ]


MUST_MATCH = """
    insert into config.steward_decisions
        (decision_id, decision, source_system, source_record_id, other_source_system, other_source_record_id,
         decided_on)
    values ('accounts', 'must_match', 'shop', 'S1', 'shop', 'S2', '1997-03-01')
"""
MUST_NOT_MATCH = MUST_MATCH.replace("'accounts', 'must_match'", "'twins', 'must_not_match'").replace(
    "'shop', 'S1', 'shop', 'S2'", "'crm', 'twin1', 'crm', 'twin2'"
)
PIN = """
    insert into config.steward_decisions
        (decision_id, decision, source_system, source_record_id, column_name, value, decided_on)
    values ('name', 'pin', 'crm', 'older', 'surname', 'Pinned', '1997-03-01')
"""
# What a steward does before each night, in the table that the seed has filled.
STEWARD = [[], [MUST_MATCH], ["delete from config.steward_decisions", MUST_NOT_MATCH, PIN]]
UNKNOWN_RECORD = MUST_MATCH.replace("'accounts'", "'typo'").replace("'shop', 'S1'", "'shop', 'S9'")


@dataclass(frozen=True)
class Nights:
    """The customers after each night, the last of them built anew, too; and what a night with a bad decision said."""

    world: World
    dims: list[pd.DataFrame]
    refreshed: dict[str, pd.DataFrame]
    last: dict[str, pd.DataFrame]
    refusal: str


def live(world: World) -> Nights:
    create_raw_tables(world)
    orders = [in_some_order(people(f"o{order}x", order), order) for order in ORDERS]
    dims = []
    for night, as_of in enumerate(NIGHTS):
        news = story()[night] + [row for order in orders for row in order[night]]
        deliver(world, news)
        for statement in STEWARD[night]:
            world.execute(statement)
        build(world, "build" if night == 0 else "run", as_of)
        dims.append(world.relation("entities.dim_customers"))
    last = contents(world)
    world.execute(UNKNOWN_RECORD)
    with pytest.raises(AssertionError) as refusal:
        build(world, "run", NIGHTS[-1], selection="int_customer_links+")
    unchanged = contents(world)
    for relation, rows in last.items():
        pd.testing.assert_frame_equal(rows, unchanged[relation])
    world.execute("delete from config.steward_decisions where decision_id = 'typo'")
    build(world, "run", NIGHTS[-1], "--full-refresh")
    return Nights(world, dims, contents(world), last, str(refusal.value))


def build(world: World, command: str, as_of: str, *options: str, selection: str = "+path:models/entities") -> None:
    if command == "build":
        options += ("--resource-type", "seed", "--resource-type", "model")
    world.run("dbt", "--quiet", command, "--select", selection, *options, "--vars", f"{{as_of: '{as_of}'}}")


def contents(world: World) -> dict[str, pd.DataFrame]:
    return {name: world.relation(f"entities.{name}") for name in ("dim_customers", *CUSTOMERS)}


@pytest.fixture(scope="module")
def nights_by_engine(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Nights]]:
    """The same nights on both engines, side by side, each in a warehouse of its own."""
    with another_database(postgres, f"{postgres.database}_customers") as server, ThreadPoolExecutor() as pool:
        lives = {
            engine: pool.submit(live, World(engine, tmp_path_factory.mktemp(f"customers_{engine}"), server))
            for engine in ("duckdb", "postgres")
        }
        yield {engine: life.result() for engine, life in lives.items()}


@pytest.fixture(params=["duckdb", "postgres"])
def nights(request: pytest.FixtureRequest, nights_by_engine: dict[str, Nights]) -> Nights:
    return nights_by_engine[request.param]


def customer_of(nights: Nights, night: int, record: str) -> str:
    """The customer of a record after a night, counted from 1."""
    crosswalk = nights.last["customer_crosswalk"]
    moment = pd.Timestamp(NIGHTS[night - 1])
    holds = (crosswalk["valid_from"] <= moment) & (crosswalk["valid_to"].isna() | (crosswalk["valid_to"] > moment))
    return crosswalk[holds & (crosswalk["record_key"] == record)]["customer_id"].item()


def test_every_order_of_the_deliveries_gives_the_same_customers_and_ids(nights: Nights):
    def of_order(relation: str, order: int) -> pd.DataFrame:
        rows = nights.last[relation]
        rows = rows[rows["customer_id"].str.contains(f"o{order}x", regex=False)]
        rows = rows.drop(columns="input_hash", errors="ignore").astype("object")
        unmarked = rows.map(lambda value: value.replace(f"o{order}x", "") if isinstance(value, str) else value)
        return unmarked.sort_values(list(unmarked.columns), key=lambda it: it.astype("string"), ignore_index=True)

    for relation in ("dim_customers", "customer_provenance"):
        first = of_order(relation, 0)
        assert len(first) > 5
        for order in ORDERS[1:]:
            pd.testing.assert_frame_equal(first, of_order(relation, order))


def test_a_merge_keeps_the_older_id_and_a_split_mints_the_other_again(nights: Nights):
    assert [customer_of(nights, night, "crm-newer") for night in (1, 2, 3)] == [
        *("crm-newer", "crm-older", "crm-newer"),
    ]
    assert {customer_of(nights, night, "crm-older") for night in (1, 2, 3)} == {"crm-older"}
    changes = nights.last["customer_id_changes"]
    story_of_newer = changes[changes[["previous_customer_id", "customer_id"]].eq("crm-newer").any(axis=1)]
    story_of_newer = story_of_newer.sort_values("changed_at")
    assert list(story_of_newer["customer_id"]) == ["crm-older", "crm-newer"]
    assert list(story_of_newer["change_kind"]) == ["merge", "split"]


def person_of(record: str) -> str:
    """The order and the person that a record is about; the two accounts that share an address count as one."""
    return record.split("-")[-1].replace("x6", "x5")


def test_only_records_of_people_with_news_move(nights: Nights):
    crosswalk = nights.last["customer_crosswalk"]
    of_the_orders = crosswalk["record_key"].str.contains("-o", regex=False)
    moved = crosswalk[crosswalk["previous_customer_id"].notna() & of_the_orders]
    assert len(moved) > 0
    keys = ("crm_id", "contact_id", "customer_no", "account_number")
    with_news = {
        (night, person_of(row[key]))
        for order in ORDERS
        for night, rows in zip(NIGHTS, in_some_order(people(f"o{order}x", order), order), strict=False)
        for _, row in rows
        for key in keys
        if key in row
    }
    moves = zip(moved["valid_from"].dt.strftime("%Y-%m-%d"), map(person_of, moved["record_key"]), strict=True)
    assert set(moves) <= with_news


def test_a_steward_joins_two_accounts_and_takes_it_back(nights: Nights):
    assert [customer_of(nights, night, "shop-S2") for night in (1, 2, 3)] == [
        *("shop-S2", "shop-S1", "shop-S2"),
    ]
    lines = nights.last["fct_transactions"].set_index("transaction_id")["customer_id"]
    assert list(lines[["shop-1", "shop-2", "shop-3"]]) == ["shop-S1", "shop-S2", "shop-S2"]
    joined = nights.dims[1].set_index("customer_id")
    assert joined.loc["shop-S1", "n_accounts"] == 2
    assert "shop-S2" not in joined.index


def test_a_steward_parts_twins_and_pins_a_name(nights: Nights):
    assert customer_of(nights, 2, "crm-twin2") == "crm-twin1"
    assert customer_of(nights, 3, "crm-twin2") == "crm-twin2"
    last = nights.last["dim_customers"].set_index("customer_id")
    assert last.loc["crm-older", "surname"] == "Pinned"
    assert nights.dims[0].set_index("customer_id").loc["crm-older", "surname"] == "One"


def test_a_decision_about_an_unknown_record_stops_the_night_before_anything_is_merged(nights: Nights):
    assert "decision typo names the record shop-S9, which no source has delivered" in nights.refusal


def test_accounts_that_share_an_address_stay_apart(nights: Nights):
    for order in ORDERS:
        records = (f"erp-o{order}x5", f"erp-o{order}x6", f"crm-o{order}x5")
        family = {customer_of(nights, 3, record) for record in records}
        assert family == {f"shop-o{order}x5", f"shop-o{order}x6", f"crm-o{order}x5"}


def test_a_deleted_record_keeps_its_customer_and_gives_no_fields(nights: Nights):
    last = nights.last["dim_customers"].set_index("customer_id")
    for order in ORDERS:
        customer = customer_of(nights, 3, f"crm-o{order}x7")
        assert customer == customer_of(nights, 3, f"marketing-o{order}x7")
        assert last.loc[customer, "surname"] == "Here"


@pytest.mark.parametrize("relation", ["dim_customers", *CUSTOMERS])
def test_nights_equal_a_full_refresh(nights: Nights, relation: str):
    pd.testing.assert_frame_equal(nights.last[relation], nights.refreshed[relation])


@pytest.mark.parametrize("relation", ["dim_customers", *CUSTOMERS])
def test_both_engines_agree(nights_by_engine: dict[str, Nights], relation: str):
    duckdb, postgres = (nights_by_engine[engine].last[relation] for engine in ("duckdb", "postgres"))
    pd.testing.assert_frame_equal(duckdb, postgres)
