"""Record matching: against Splink called directly on the FEBRL sets, and that nights, order and size change nothing."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import combinations
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from millwright.matching.blocking import block, blocking_reach, candidate_pairs
from millwright.matching.fit import PARAMETERS, fit
from millwright.matching.records import load_records, matching_session
from millwright.matching.score import score
from millwright.matching.settings import COLUMNS, Settings, read_blocking_rules, read_comparisons, read_settings

PROJECT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
MODELS = PROJECT / "models/intermediate/customers"
FITTED_AT = datetime(1998, 1, 1)
MATCH_WEIGHT = 2
RECALL = 0.8


def febrl(name: str) -> pd.DataFrame:
    """A FEBRL set as customer records; `person` is the truth."""
    raw = pd.read_csv(DATA / f"{name}.csv", dtype="string", skipinitialspace=True)
    born = pd.to_datetime(raw["date_of_birth"], format="%Y%m%d", errors="coerce")
    street = (raw["street_number"].fillna("") + " " + raw["address_1"].fillna("")).str.strip()
    return pd.DataFrame(
        {
            "record_key": raw["rec_id"],
            "content_hash": raw["rec_id"],
            "person": raw["rec_id"].str.extract(r"rec-(\d+)-")[0],
            "is_new": True,
            "is_deleted": False,
            "event_at": datetime(1997, 1, 1),
            "known_at": datetime(1997, 1, 2),
            "account_number": pd.Series(pd.NA, raw.index, dtype="string"),
            "email": pd.Series(pd.NA, raw.index, dtype="string"),
            "phone": pd.Series(pd.NA, raw.index, dtype="string"),
            "given_name": raw["given_name"],
            "surname": raw["surname"],
            "birth_on": born.dt.strftime("%Y-%m-%d").astype("string"),
            "street": street.mask(street == ""),
            "postcode": raw["postcode"],
            "city": raw["suburb"],
            "state": raw["state"],
        }
    )


@pytest.fixture(scope="module")
def seeds() -> dict[str, duckdb.DuckDBPyRelation]:
    con = duckdb.connect()
    names = ("matching_comparisons", "matching_blocking_rules", "identity_rules")
    return {name: con.read_csv(str(PROJECT / "seeds/config" / f"{name}.csv")) for name in names}


@pytest.fixture(scope="module")
def settings(seeds: dict) -> Settings:
    return read_settings(seeds["matching_comparisons"], seeds["matching_blocking_rules"], seeds["identity_rules"])


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return febrl("febrl1")


@pytest.fixture(scope="module")
def parameters(people: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    return fitted(people, settings)


@contextmanager
def loaded(records: pd.DataFrame, settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Settings]]:
    with matching_session() as con:
        con.register("frame", records)
        con.execute("create table source as select * from frame")
        con.unregister("frame")
        yield con, load_records(con, settings)


def fitted(records: pd.DataFrame, settings: Settings, **limits: int) -> pd.DataFrame:
    with loaded(records, settings) as (con, used):
        return fit(con, used, RECALL, **{"max_block_size": 1000, "max_pairs": 50_000} | limits)


def scored(
    records: pd.DataFrame, settings: Settings, parameters: pd.DataFrame, max_block_size: int = 1000
) -> pd.DataFrame:
    with loaded(records, settings) as (con, used):
        score(con, parameters, used, max_block_size, min_weight=0)
        return con.sql("select * from pairs order by record_key, other_key").df()


def person_pairs(records: pd.DataFrame) -> set[tuple[str, str]]:
    return {pair for _, keys in records.groupby("person")["record_key"] for pair in combinations(sorted(keys), 2)}


def quality(found: set, true: set) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    hits = len(found & true)
    return hits / len(found), hits / len(true), 2 * hits / (len(found) + len(true))


def splink_alone(records: pd.DataFrame) -> set[tuple[str, str]]:
    """The pairs that Splink finds with the same comparisons and rules, as its documentation has it."""
    con = duckdb.connect(config={"threads": 1})
    con.register("frame", records)
    letters = r"nullif(regexp_replace(lower(strip_accents({0})), '[^\p{{L}}]', '', 'g'), '') as {0}".format
    con.execute(f"""
        create table people as
        select record_key as unique_id, {letters("given_name")}, {letters("surname")}, birth_on, street, postcode
        from frame
    """)
    names = {"term_frequency_adjustments": True}
    linker = Linker(
        DuckDBAPI(con).register("people"),
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                cl.NameComparison("given_name").configure(**names),
                cl.NameComparison("surname").configure(**names),
                cl.DateOfBirthComparison("birth_on", input_is_string=True),
                cl.JaroWinklerAtThresholds("street", [0.9, 0.8]),
                cl.LevenshteinAtThresholds("postcode", 1).configure(**names),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("birth_on", "given_name"),
                block_on("birth_on", "substr(given_name, 1, 1)", "substr(surname, 1, 1)"),
                block_on("birth_on", "postcode"),
                block_on("birth_on", "surname"),
                block_on("given_name", "substr(surname, 1, 1)", "postcode"),
                block_on("given_name", "surname"),
                block_on("substr(street, 1, 8)", "postcode"),
                block_on("surname", "postcode"),
            ],
        ),
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on("given_name", "surname", "postcode")], recall=RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=5e5, seed=1)
    for rule in (
        block_on("given_name", "surname"),
        block_on("substr(street, 1, 8)", "postcode"),
        block_on("surname", "postcode"),
    ):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_weight=MATCH_WEIGHT).as_pandas_dataframe()
    return {tuple(sorted(pair)) for pair in zip(found["unique_id_l"], found["unique_id_r"], strict=True)}


@pytest.mark.parametrize("name", ["febrl1", "febrl2"])
def test_finds_as_much_in_febrl_as_splink_alone(name: str, settings: Settings) -> None:
    records = febrl(name)
    pairs = scored(records, settings, fitted(records, settings, max_pairs=500_000))
    pairs = pairs[pairs["match_weight"] >= MATCH_WEIGHT]
    true = person_pairs(records)
    ours = quality(set(zip(pairs["record_key"], pairs["other_key"], strict=True)), true)
    theirs = quality(splink_alone(records), true)
    assert all(our >= their for our, their in zip(ours, theirs, strict=True)), (ours, theirs)
    assert ours[0] >= 0.99
    assert ours[1] >= 0.9


def test_scores_are_splinks(settings: Settings, people: pd.DataFrame, parameters: pd.DataFrame) -> None:
    pairs = scored(people, settings, parameters)
    con = duckdb.connect()
    with loaded(people, settings) as (loaded_con, _):
        con.register("standard", loaded_con.sql("select * from records").to_arrow_table())
    con.execute("create table people as select * from standard")
    levels = parameters[parameters["parameter"] == "level"]
    prior = parameters.loc[parameters["parameter"] == "probability_two_random_records_match", "value"].iloc[0]
    comparisons = []
    for name, rows in levels.groupby("comparison"):
        rows = rows.assign(order=rows["level"].replace(-1, 99)).sort_values("order", ascending=False)
        comparisons.append(
            {"output_column_name": name, "comparison_levels": [level_of(row) for row in rows.itertuples()]}
        )
    linker = Linker(
        DuckDBAPI(con).register("people"),
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=comparisons,
            probability_two_random_records_match=prior,
            blocking_rules_to_generate_predictions=[
                block_on(*[f"substr({column}, 1, {n})" if n else column for column, n in rule.parts])
                for rule in settings.rules
                if "predict" in rule.purposes
            ],
            additional_columns_to_retain=["record_key"],
        ),
        log_level=None,
    )
    # Splink counts the terms itself: all records were known at the fit.
    expected = linker.inference.predict(threshold_match_weight=0).as_pandas_dataframe()
    expected = expected.rename(columns={"record_key_l": "record_key", "record_key_r": "other_key"})
    both = pairs.merge(expected, on=["record_key", "other_key"], how="outer", suffixes=("", "_splink"))
    assert len(both) == len(pairs) == len(expected) > 400
    assert both["match_weight"].to_numpy() == pytest.approx(both["match_weight_splink"].to_numpy(), abs=1e-6)
    assert both["match_probability"].to_numpy() == pytest.approx(both["match_probability_splink"].to_numpy(), abs=1e-6)


def level_of(row) -> dict:
    level = {"sql_condition": row.sql_condition, "label_for_charts": row.label, "is_null_level": row.level == -1}
    given = {"m_probability": row.m_probability, "u_probability": row.u_probability, "tf_adjustment_column": row.term}
    return level | {key: value for key, value in given.items() if not pd.isna(value)}


def test_the_order_of_records_changes_no_parameter(
    settings: Settings, people: pd.DataFrame, parameters: pd.DataFrame
) -> None:
    shuffled = people.sample(frac=1, random_state=7)
    pd.testing.assert_frame_equal(fitted(shuffled, settings), parameters, check_exact=True)


def test_samples_are_taken_by_hash(settings: Settings, people: pd.DataFrame, parameters: pd.DataFrame) -> None:
    small = fitted(people, settings, max_pairs=5_000)
    pd.testing.assert_frame_equal(small, fitted(people, settings, max_pairs=5_000), check_exact=True)
    assert small["u_probability"].dropna().to_list() != parameters["u_probability"].dropna().to_list()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"method": "soundex"},
            "matching_comparisons: surname: method 'soundex' is unknown; use one of date_of_birth, ",
        ),
        (
            {"column_name": "nickname"},
            "matching_comparisons: nickname: customer records have no column 'nickname'; use",
        ),
        ({"method": "full_name"}, r"surname: method full_name compares 2 column\(s\), but 1 are named"),
        ({"thresholds": None}, "surname: thresholds are ''; method name needs similarities between 0 and 1, e.g. 0.9"),
        ({"thresholds": "0.9|2"}, r"surname: thresholds are '0.9\|2'; method name needs similarities between 0 and 1"),
        ({"method": "phone", "thresholds": "0.5"}, "surname: thresholds are '0.5'; method phone needs whole numbers"),
        ({"method": "exact"}, "surname: method exact takes no thresholds; leave them empty"),
        ({"is_active": False}, "matching_comparisons: no row is active"),
    ],
)
def test_bad_comparisons_are_refused(change: dict, message: str) -> None:
    row = {
        "column_name": "surname",
        "method": "name",
        "thresholds": "0.9",
        "uses_term_frequencies": True,
        "is_active": True,
    }
    assert len(read_comparisons([row])) == 1
    with pytest.raises(ValueError, match=message):
        read_comparisons([row | change])


def test_a_column_is_compared_once() -> None:
    row = {
        "column_name": "surname",
        "method": "name",
        "thresholds": "0.9",
        "uses_term_frequencies": True,
        "is_active": True,
    }
    with pytest.raises(ValueError, match="surname is compared twice; make one"):
        read_comparisons([row, row | {"column_name": "given_name|surname", "method": "full_name"}])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": "surname|nickname"}, "matching_blocking_rules: names: customer records have no column 'nickname'"),
        (
            {"columns": "surname:x"},
            "matching_blocking_rules: names: 'surname:x' has no number of letters; write e.g. sur",
        ),
        ({"columns": None}, "names: customer records have no column ''"),
        (
            {"used_for": "predict|learn"},
            r"names: used_for is 'predict\|learn'; write one or more of predict, train and",
        ),
        ({"used_for": "predict|train"}, "no active rule is used for prior; add one"),
        ({"rule_id": "my rule"}, "my rule: write rule_id in letters, digits and underscores"),
        ({"is_active": False}, "no active rule is used for predict; add one"),
    ],
)
def test_bad_blocking_rules_are_refused(change: dict, message: str) -> None:
    row = {"rule_id": "names", "columns": "surname", "used_for": "predict|train|prior", "is_active": True}
    assert len(read_blocking_rules([row])) == 1
    with pytest.raises(ValueError, match=message):
        read_blocking_rules([row | change])


def test_two_nights_find_what_one_night_finds(
    settings: Settings, people: pd.DataFrame, parameters: pd.DataFrame
) -> None:
    late = people.index % 3 == 0
    once = scored(people, settings, parameters)
    first = scored(people[~late], settings, parameters)
    second = scored(people.assign(is_new=late), settings, parameters)
    both = pd.concat([first, second]).sort_values(["record_key", "other_key"], ignore_index=True)
    pd.testing.assert_frame_equal(both, once)
    assert len(first) > 100
    assert len(second) > 100


def test_pairs_with_two_accounts_are_left_out(
    settings: Settings, people: pd.DataFrame, parameters: pd.DataFrame
) -> None:
    accounts = people.assign(account_number=people["record_key"])
    n_pairs = len(scored(people, settings, parameters))
    assert "account_number" in settings.exclusive
    assert n_pairs > 400
    assert len(scored(accounts, settings, parameters)) == 0
    one_each = accounts.assign(
        account_number=accounts["account_number"].mask(accounts["record_key"].str.contains("dup"))
    )
    assert len(scored(one_each, settings, parameters)) == n_pairs


def test_a_key_of_too_many_records_proposes_nothing(
    settings: Settings, people: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = pd.DataFrame({column: ["x"] * 10_000 for column in COLUMNS}).assign(
        record_key=[f"crowd-{i}" for i in range(10_000)],
        content_hash="x",
        is_new=True,
        phone="555",
        birth_on=None,
        account_number=None,
    )
    records = pd.concat([people, crowd], ignore_index=True)
    with loaded(records, settings) as (con, used):
        oversized = block(con, used.rules, max_block_size=1000)
        n_candidates = candidate_pairs(con, used.rules, used.exclusive)
    assert {row["largest_block"] for row in oversized} == {10_000}
    assert {row["rule_id"] for row in oversized} == {
        rule.rule_id for rule in settings.rules if "birth_on" not in rule.columns
    }
    assert "keys are shared by more than 1000 records (10000 records" in caplog.text
    assert n_candidates < 2_000


def test_blocking_reach_counts_what_rules_propose(settings: Settings, people: pd.DataFrame) -> None:
    rules = [rule for rule in settings.rules if "predict" in rule.purposes]
    true = person_pairs(people)
    with loaded(people, settings) as (con, _):
        con.register("truth", pd.DataFrame(sorted(true), columns=["record_key", "other_key"]))
        reach = blocking_reach(con, rules, "truth", max_block_size=1000)
        con.unregister("truth")
        standard = con.sql("select * from records").df().set_index("record_key")

    def agrees(rule, left: str, right: str) -> bool:
        values = [
            (
                standard.at[key, column]
                if n is None or pd.isna(standard.at[key, column])
                else standard.at[key, column][:n]
            )
            for column, n in rule.parts
            for key in (left, right)
        ]
        return not any(map(pd.isna, values)) and values[::2] == values[1::2]

    for rule in rules:
        assert reach[rule.rule_id] == pytest.approx(sum(agrees(rule, *pair) for pair in true) / len(true)), rule.rule_id
    any_rule = sum(any(agrees(rule, *pair) for rule in rules) for pair in true) / len(true)
    assert reach["any rule"] == pytest.approx(any_rule)
    assert any_rule > 0.95


class FakeDbt:
    """What dbt hands to a Python model: relations by name, settings of the YAML, and the table as it was."""

    def __init__(self, tables: dict[str, duckdb.DuckDBPyRelation], this: str | None, **meta: object) -> None:
        self.tables, self.this, self.is_incremental = tables, this, this is not None
        self.config = self
        self.meta_get = meta.get

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        return self.tables[name]


def run_model(name: str, session: duckdb.DuckDBPyConnection, seeds: dict, **tables: pd.DataFrame) -> pd.DataFrame:
    """The table after a night of the model: what it held (under its own name) and what it adds."""
    spec = importlib.util.spec_from_file_location(name, MODELS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    held = tables.pop(name, None)
    if held is not None:
        session.register(f"{name}_held", held)
        session.execute(f"create or replace table {name} as select * from {name}_held")
    relations = {table: session.from_df(frame) for table, frame in tables.items()}
    meta = {"prior_recall": RECALL, "max_block_size": 1000, "min_weight": 0}
    dbt = FakeDbt(seeds | relations, name if held is not None else None, **meta)
    return module.model(dbt, session).to_pandas()


def schedule(*versions: tuple[str, datetime]) -> pd.DataFrame:
    frame = pd.DataFrame(list(versions), columns=["match_version", "fitted_at"]).assign(as_of=datetime(1998, 7, 1))
    return frame.astype({"match_version": "string", "fitted_at": "datetime64[us]", "as_of": "datetime64[us]"})


def test_a_version_is_fitted_once_on_what_was_known(seeds: dict) -> None:
    deliveries = febrl("febrl1")
    later = deliveries.assign(surname="somebody", known_at=datetime(1998, 1, 2), event_at=datetime(1996, 1, 1))
    older = deliveries.assign(surname="nobody", content_hash="o", event_at=datetime(1996, 1, 1))
    due = schedule(("1997.6.a", datetime(1997, 6, 1)), ("1998.1.a", FITTED_AT))
    run = {"int_customer_match_schedule": due}
    with duckdb.connect() as session:
        first = run_model(
            "int_customer_match_parameters", session, seeds, **run, int_customer_deliveries_unioned=deliveries
        )
        again = run_model(
            "int_customer_match_parameters",
            session,
            seeds,
            **run,
            int_customer_deliveries_unioned=pd.concat([later, older, deliveries], ignore_index=True),
        )
        nothing = run_model(
            "int_customer_match_parameters",
            session,
            seeds,
            **run,
            int_customer_deliveries_unioned=deliveries,
            int_customer_match_parameters=first,
        )
    assert set(first["match_version"]) == {"1998.1.a"}
    assert set(first["fitted_at"]) == {pd.Timestamp(FITTED_AT)}
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert len(nothing) == 0
    assert list(nothing.columns) == list(first.columns) == ["match_version", "fitted_at", *PARAMETERS]
    assert first["sql_condition"].notna().sum() > 20


@pytest.mark.parametrize("n_records", [0, 1, 2, 7])
def test_a_tiny_company_gets_through_the_night(seeds: dict, n_records: int) -> None:
    records = febrl("febrl1").head(n_records)
    with duckdb.connect() as session:
        parameters = run_model(
            "int_customer_match_parameters",
            session,
            seeds,
            int_customer_match_schedule=schedule(("1998.1.a", FITTED_AT)),
            int_customer_deliveries_unioned=records,
        )
        pairs = run_model(
            "int_customer_match_pairs",
            session,
            seeds,
            int_customer_match_schedule=schedule(("1998.1.a", FITTED_AT)),
            int_customer_match_parameters=parameters,
            int_customer_records_merged=records,
        )
        before = run_model(
            "int_customer_match_pairs",
            session,
            seeds,
            int_customer_match_schedule=schedule(),
            int_customer_match_parameters=parameters,
            int_customer_records_merged=records,
        )
    assert len(before) == 0
    assert list(before.columns) == list(pairs.columns)
    assert pairs["other_key"].isna().all()


def test_only_what_changed_is_compared_again(seeds: dict) -> None:
    records = febrl("febrl1")
    records["is_deleted"] = records["record_key"] == "rec-223-dup-0"
    run = {"int_customer_match_schedule": schedule(("1998.1.a", FITTED_AT))}
    with duckdb.connect() as session:
        run["int_customer_match_parameters"] = run_model(
            "int_customer_match_parameters", session, seeds, **run, int_customer_deliveries_unioned=records
        )

        def night(records: pd.DataFrame, **held: pd.DataFrame) -> pd.DataFrame:
            return run_model(
                "int_customer_match_pairs", session, seeds, **run, **held, int_customer_records_merged=records
            )

        first = night(records)
        assert len(night(records, int_customer_match_pairs=first)) == 0

        changed = records.assign(
            content_hash=records["content_hash"].mask(records["record_key"] == "rec-122-org", "changed")
        )
        second = night(changed, int_customer_match_pairs=first)
        other = schedule(("1998.1.a", FITTED_AT), ("1998.2.a", datetime(1998, 2, 1)))
        renamed = run["int_customer_match_parameters"].assign(match_version="1998.2.a")
        run |= {"int_customer_match_schedule": other}
        run |= {"int_customer_match_parameters": pd.concat([run["int_customer_match_parameters"], renamed])}
        anew = night(records, int_customer_match_pairs=first)

    compared, pairs = first[first["other_key"].isna()], first[first["other_key"].notna()]
    assert len(compared) == len(records)  # A deleted record among them, which stays with its customer.
    assert (pairs["record_key"] < pairs["other_key"]).all()
    assert not pairs.duplicated(["record_key", "other_key"]).any()
    assert set(first["matched_at"]) == {pd.Timestamp("1998-07-01")}
    assert set(second.loc[second["other_key"].isna(), "record_key"]) == {"rec-122-org"}
    touched = pairs[(pairs["record_key"] == "rec-122-org") | (pairs["other_key"] == "rec-122-org")]
    assert len(second) == len(touched) + 1 > 1
    assert second["match_weight"].sum() == pytest.approx(touched["match_weight"].sum())
    assert set(anew["match_version"]) == {"1998.2.a"}
    pd.testing.assert_frame_equal(anew.drop(columns="match_version"), first.drop(columns="match_version"))
