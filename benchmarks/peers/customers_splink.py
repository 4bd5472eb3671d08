"""Splink by itself on the raw tables: the newest version of each source record, matched and clustered.

The comparisons and the blocking rules are those of the project's seeds; all else is Splink as its documentation has it:
it draws a sample for u, estimates m by expectation maximisation, scores all pairs that a rule proposes and takes the
connected components of those above the threshold. Neither identifiers nor constraints decide anything.
"""

import sys
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THREADS = 2
RECALL = 0.8
MATCH_WEIGHT = 2
MAX_PAIRS = 1e6

SOURCES = """
    select
        'crm-' || crm_id as unique_id,
        email,
        phone,
        given_name,
        surname,
        birth_on,
        street,
        postcode,
        updated_at as changed_at,
        loaded_at
    from raw.raw_crm.customers
    where deleted_at = '' and try_strptime(updated_at, '%Y-%m-%d %H:%M:%S') is not null

    union all by name

    select
        'erp-' || customer_no as unique_id,
        email,
        phone,
        split_part(full_name, ',', 2) as given_name,
        split_part(full_name, ',', 1) as surname,
        street,
        postcode,
        changed_on as changed_at,
        loaded_at
    from raw.raw_erp.customers
    where customer_no <> ''

    union all by name

    select
        'marketing-' || contact_id as unique_id,
        email,
        first_name as given_name,
        last_name as surname,
        postcode,
        modified_at as changed_at,
        loaded_at
    from raw.raw_marketing.contacts
    where email <> ''
"""
LETTERS = r"regexp_replace(lower(strip_accents({})), '[^\p{{L}}]', '', 'g')"
WORDS = r"trim(regexp_replace(lower(strip_accents({})), '\s+', ' ', 'g'))"
FORMS = {
    "given_name": LETTERS,
    "surname": LETTERS,
    "birth_on": "{}",
    "email": "trim(lower({}))",
    "phone": "regexp_replace({}, '[^0-9]', '', 'g')",
    "street": WORDS,
    "postcode": WORDS,
}
METHODS = {
    "name": lambda column, thresholds: cl.NameComparison(column, jaro_winkler_thresholds=thresholds),
    "date_of_birth": lambda column, _: cl.DateOfBirthComparison(column, input_is_string=True),
    "levenshtein": lambda column, thresholds: cl.LevenshteinAtThresholds(column, [int(each) for each in thresholds]),
    "phone": lambda column, thresholds: cl.LevenshteinAtThresholds(column, [int(each) for each in thresholds]),
    "jaro_winkler": lambda column, thresholds: cl.JaroWinklerAtThresholds(column, thresholds),
}


def load(con: duckdb.DuckDBPyConnection, warehouse: Path, known_at: str) -> None:
    """The table `people` of what was known of each record."""
    forms = ", ".join(f"nullif({form.format(column)}, '') as {column}" for column, form in FORMS.items())
    con.execute(f"attach '{warehouse}' as raw (read_only)")
    con.execute(f"""
        create table people as
        select unique_id, {forms}
        from ({SOURCES})
        where loaded_at <= timestamp '{known_at}' and (nullif(email, '') is null or contains(email, '@'))
        qualify row_number() over (partition by unique_id order by changed_at desc, loaded_at desc) = 1
    """)


def comparisons(seeds: Path) -> list:
    """The active rows of the seed, as Splink has them."""
    rows = duckdb.read_csv(str(seeds / "matching_comparisons.csv"), all_varchar=True).filter("is_active = 'true'")
    made = []
    for column, method, thresholds, frequencies in rows.project(
        "column_name, method, coalesce(thresholds, ''), uses_term_frequencies = 'true'"
    ).fetchall():
        comparison = METHODS[method](column, [float(each) for each in thresholds.split("|") if each])
        made.append(comparison.configure(term_frequency_adjustments=True) if frequencies else comparison)
    return made


def rules(seeds: Path, purpose: str) -> list:
    """The active rules of the seed that are used for this."""
    rows = duckdb.read_csv(str(seeds / "matching_blocking_rules.csv"), all_varchar=True)
    rows = rows.filter(f"is_active = 'true' and contains(used_for, '{purpose}')").project("columns").fetchall()
    return [block_on(*(_expression(part) for part in columns.split("|"))) for (columns,) in rows]


def _expression(part: str) -> str:
    column, _, n_letters = part.partition(":")
    return f"substr({column}, 1, {n_letters})" if n_letters else column


def main(warehouse: Path, known_at: str, seeds: Path, clusters: Path) -> None:
    """Writes record_key and cluster_id of every record to the Parquet file `clusters`."""
    with duckdb.connect(config={"threads": THREADS}) as con:
        load(con, warehouse, known_at)
        linker = Linker(
            DuckDBAPI(con).register("people"),
            SettingsCreator(
                link_type="dedupe_only",
                comparisons=comparisons(seeds),
                blocking_rules_to_generate_predictions=rules(seeds, "predict"),
                retain_matching_columns=False,
            ),
            log_level=None,
        )
        linker.training.estimate_probability_two_random_records_match(rules(seeds, "prior"), recall=RECALL)
        linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=1)
        for rule in rules(seeds, "train"):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        pairs = linker.inference.predict(threshold_match_weight=MATCH_WEIGHT)
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_weight=MATCH_WEIGHT)
        found = con.sql(f"select unique_id as record_key, cluster_id from {found.physical_name}")
        found.write_parquet(str(clusters))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
