"""What was published about CDNOW, and what was planted in the sample world, comes out of the marts."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.bad_rows import MODEL_VERSIONS, ORPHANS, OUTCOMES, PREDICTIONS, PURCHASES
from support.history import History
from support.world import REPOSITORY, World

from millwright.project import Project
from millwright.rules import problems_of_rules


def test_cdnow_totals_are_as_published(whole_world: World):
    totals = whole_world.query("""
        select
            count(*) as n_purchases,
            count(distinct customer_id) as n_customers,
            sum(quantity) as n_items,
            sum(amount) as amount
        from entities.fct_transactions
    """).iloc[0]
    assert totals.to_dict() == {
        "n_purchases": 69_659,
        "n_customers": 23_570,
        "n_items": 167_881,
        "amount": Decimal("2500315.63"),
    }


def test_january_1997_is_as_published(whole_world: World):
    january = whole_world.query("""
        select
            count(*) as n_purchases,
            count(distinct customer_id) as n_customers,
            sum(amount) as amount
        from entities.fct_transactions
        where event_at < '1997-02-01'
    """).iloc[0]
    assert january.to_dict() == {"n_purchases": 8_928, "n_customers": 7_846, "amount": Decimal("299060.17")}


def test_the_tenth_has_the_customers_whom_papers_take(world: World):
    totals = world.query("""
        select
            count(*) as n_purchases,
            count(distinct customer_id) as n_customers
        from entities.fct_transactions
    """).iloc[0]
    assert totals.to_dict() == {"n_purchases": 6_919, "n_customers": 2_357}


@pytest.mark.parametrize(
    ("rule_id", "n_rows", "n_failed"),
    [
        ("purchases_exact_duplicates", 69_659, 470),
        ("purchases_amount_is_positive", 69_659, 80),
        ("purchases_delivered_once", 70_008, 698),
    ],
)
def test_quality_rules_find_what_is_known_to_be_there(whole_world: World, rule_id: str, n_rows: int, n_failed: int):
    rule = whole_world.query(f"select * from quality.dq_rule_results where rule_id = '{rule_id}'").iloc[0]
    assert (rule["n_rows"], rule["n_failed"], rule["verdict"]) == (n_rows, n_failed, "warn")


def test_quality_rules_that_cannot_be_evaluated_are_named_by_file_and_line(
    histories: dict[str, History], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    world = histories["duckdb"].world
    for name, value in world.variables.items():
        monkeypatch.setenv(name, value)
    project = Project(REPOSITORY, world.target)
    manifest = project.parse()
    assert list(problems_of_rules(project, manifest)) == []

    seed = manifest.nodes["seed.millwright.data_quality_rules"]
    rules = (REPOSITORY / seed.original_file_path).read_text()
    lines = (
        ("odd_type,fct_transactions,amount,positive,,,,,,rows,,,,low,log,true,", 'unknown rule_type "positive"'),
        ("odd_column,fct_transactions,amonut,not_null,,,,,,rows,,,,low,log,true,", "fct_transactions has no column"),
        ("odd_table,fct_purchases,amount,not_null,,,,,,rows,,,,low,log,true,", "the var ruled_relations does not list"),
        (
            "odd_rate,fct_transactions,amount,not_null,,,,,,rows,five,,,low,log,true,",
            "warn_rate is 'five', not a number",
        ),
        (
            "odd_table,fct_transactions,amount,not_null,,,,,,rows,,,,low,log,true,",
            "rule_id 'odd_table' is that of line",
        ),
        ("odd_guard,mon_runs,run_id,not_null,,,,,,rows,,,,low,block,true,", "mon_runs has no test blocking_rules_hold"),
        ("odd_guard,mon_runs,run_id,nonsense,,,,,,rows,,,,low,log,false,", None),
    )
    seed.root_path = str(tmp_path)
    (tmp_path / seed.original_file_path).parent.mkdir(parents=True)
    (tmp_path / seed.original_file_path).write_text(rules + "\n".join(line for line, _ in lines))
    found = list(problems_of_rules(project, manifest))
    for number, (_, problem) in enumerate(lines, rules.count("\n") + 1):
        told = [text for text in found if text.startswith(f"{seed.original_file_path}:{number}: ")]
        assert any(problem in text for text in told) if problem else not told, (number, found)


def test_bad_rows_are_quarantined_with_their_reasons(world: World):
    rows = world.query("select * from quality.dq_quarantined_rows")
    for relation, planted in (
        ("stg_shop__purchases", PURCHASES),
        ("stg_ops__predictions", PREDICTIONS),
        ("stg_ops__outcomes", OUTCOMES),
        ("stg_ops__model_versions", MODEL_VERSIONS),
        ("eval_predictions", ORPHANS),
    ):
        found = rows[rows["relation_name"] == relation]
        assert dict(zip(found["record_key"], found["reason"], strict=True)) == planted


def test_tickets_of_unknown_accounts_are_quarantined(world: World):
    unknown = world.query("""
        select distinct tickets.ticket_id
        from staging.stg_support__tickets as tickets
        where
            tickets.account_number is not null
            and tickets.account_number not in (select account_number from staging.stg_shop__purchases)
    """)
    assert len(unknown) > 0
    kept_out = world.query("""
        select record_key
        from quality.dq_quarantined_rows
        where relation_name = 'fct_support_tickets'
    """)
    assert set(unknown["ticket_id"]) <= set(kept_out["record_key"])


def test_customers_are_merged_as_the_known_truth_has_it(world: World):
    """Pairs of source records in one customer, against pairs of one person; e-mail and account alone decide so far."""
    records = world.query("""
        select
            records.customer_id,
            truth.account_number
        from intermediate.int_customer_records_resolved as records
        inner join raw_truth.identities as truth
            on
                records.source_system = truth.source_system
                and records.source_record_id = truth.source_record_id
    """)

    def n_pairs(columns: list[str]) -> int:
        sizes = records.groupby(columns).size()
        return int((sizes * (sizes - 1) // 2).sum())

    both = n_pairs(["customer_id", "account_number"])
    assert both / n_pairs(["customer_id"]) > 0.999
    assert both / n_pairs(["account_number"]) > 0.7


def test_known_persons_are_found_again(whole_world: World):
    """At least 97 % of the pairs of one person's records are one customer, at least 99 % of a customer's are right."""
    steps = whole_world.relation("evaluation.eval_customer_matching").set_index(["matching_step", "rule_id"])
    assert steps.loc[("blocking", "any"), "pair_recall"] > 0.98
    assert steps.loc[("scorer", "any"), "pair_precision"] > 0.99
    customers = steps.loc[("customers", "any")]
    assert customers["n_true_pairs"] > 39_000
    assert customers["pair_precision"] >= 0.99
    assert customers["pair_recall"] >= 0.97


def test_every_pair_counts_once_in_the_measure_of_matching(world: World):
    records = world.query("""
        select records.customer_id, truth.person_id
        from intermediate.int_customer_records_resolved as records
        inner join staging.stg_truth__identities as truth on records.record_key = truth.record_key
    """)

    def pairs(*columns: str) -> int:
        sizes = records.groupby(list(columns)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    customers = world.relation("evaluation.eval_customer_matching").set_index("matching_step").loc["customers"]
    assert customers["n_true_pairs"] == pairs("person_id")
    assert customers["n_claimed_pairs"] == pairs("customer_id")
    assert customers["n_reached_pairs"] == pairs("customer_id", "person_id")
