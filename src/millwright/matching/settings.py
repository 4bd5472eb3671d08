"""What the seeds say about matching: which columns are compared how, and which records are compared at all."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import duckdb
import splink.comparison_library as cl

# What customer records may be compared and blocked by.
COLUMNS = (
    "account_number",
    "email",
    "phone",
    "given_name",
    "surname",
    "birth_on",
    "street",
    "postcode",
    "city",
    "state",
)
PURPOSES = {"predict", "train", "prior"}


@dataclass(frozen=True)
class Comparison:
    """One row of the seed `matching_comparisons`."""

    columns: tuple[str, ...]
    method: str
    thresholds: tuple[float, ...]
    uses_term_frequencies: bool

    def levels(self) -> dict:
        """The comparison as Splink's settings have it."""
        comparison = METHODS[self.method].create(self).create_comparison_dict("duckdb")
        for level in comparison["comparison_levels"]:
            # Some of Splink's comparisons adjust for term frequencies whether or not one asks for it.
            if not self.uses_term_frequencies:
                level.pop("tf_adjustment_column", None)
                level.pop("tf_adjustment_weight", None)
        return comparison


@dataclass(frozen=True)
class BlockingRule:
    """One row of the seed `matching_blocking_rules`: records are compared when they agree on all of these columns."""

    rule_id: str
    parts: tuple[tuple[str, int | None], ...]
    purposes: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.parts)

    def expressions(self, alias: str) -> list[str]:
        """The parts of the key as SQL: a column, or the first letters of it."""
        return [f"{alias}.{column}" if n is None else f"left({alias}.{column}, {n})" for column, n in self.parts]


@dataclass(frozen=True)
class Settings:
    """All that the seeds say."""

    comparisons: list[Comparison]
    rules: list[BlockingRule]
    exclusive: list[str]


@dataclass(frozen=True)
class Method:
    create: Callable[[Comparison], object]
    standardise: str
    n_columns: int = 1
    takes_thresholds: bool = True
    distances: bool = False


LETTERS = r"regexp_replace(lower(strip_accents({})), '[^\p{{L}}]', '', 'g')"
WORDS = r"trim(regexp_replace(lower(strip_accents({})), '\s+', ' ', 'g'))"
DIGITS = "regexp_replace({}, '[^0-9]', '', 'g')"
ADDRESS = "trim(lower({}))"
DATE = "cast(try_cast({} as date) as varchar)"

METHODS = {
    "exact": Method(lambda c: cl.ExactMatch(*c.columns), WORDS, takes_thresholds=False),
    "name": Method(lambda c: cl.NameComparison(*c.columns, jaro_winkler_thresholds=list(c.thresholds)), LETTERS),
    "full_name": Method(
        lambda c: cl.ForenameSurnameComparison(*c.columns, jaro_winkler_thresholds=list(c.thresholds)),
        LETTERS,
        n_columns=2,
    ),
    "date_of_birth": Method(
        lambda c: cl.DateOfBirthComparison(*c.columns, input_is_string=True), DATE, takes_thresholds=False
    ),
    "email": Method(lambda c: cl.EmailComparison(*c.columns), ADDRESS, takes_thresholds=False),
    "phone": Method(lambda c: cl.LevenshteinAtThresholds(*c.columns, whole(c.thresholds)), DIGITS, distances=True),
    "jaro_winkler": Method(lambda c: cl.JaroWinklerAtThresholds(*c.columns, list(c.thresholds)), WORDS),
    "levenshtein": Method(lambda c: cl.LevenshteinAtThresholds(*c.columns, whole(c.thresholds)), WORDS, distances=True),
}


def whole(thresholds: Iterable[float]) -> list[int]:
    return [int(threshold) for threshold in thresholds]


def read_settings(
    comparisons: duckdb.DuckDBPyRelation, rules: duckdb.DuckDBPyRelation, identity_rules: duckdb.DuckDBPyRelation
) -> Settings:
    """The three seeds, checked. Raises ValueError naming the row that is wrong and what to do about it."""
    exclusive = {row["column_name"] for row in _rows(identity_rules) if row["rule_kind"] == "exclusive"}
    _refuse_unknown("identity_rules", sorted(exclusive))
    return Settings(read_comparisons(_rows(comparisons)), read_blocking_rules(_rows(rules)), sorted(exclusive))


def _rows(relation: duckdb.DuckDBPyRelation) -> list[dict]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def read_comparisons(rows: Iterable[Mapping]) -> list[Comparison]:
    """The active rows of the seed `matching_comparisons`, in the order of their columns' names.

    Raises ValueError naming the row that is wrong and what to do about it.
    """
    comparisons, compared = [], set()
    for row in sorted(rows, key=lambda row: row["column_name"]):
        if not row["is_active"]:
            continue
        where = f"matching_comparisons: {row['column_name']}"
        method = METHODS.get(row["method"])
        if method is None:
            raise ValueError(f"{where}: method {row['method']!r} is unknown; use one of {', '.join(sorted(METHODS))}.")
        names = tuple(row["column_name"].split("|"))
        _refuse_unknown(where, names)
        if len(names) != method.n_columns:
            raise ValueError(
                f"{where}: method {row['method']} compares {method.n_columns} column(s), but {len(names)} are named."
            )
        if again := compared.intersection(names):
            raise ValueError(f"{where}: {', '.join(sorted(again))} is compared twice; make one of the rows inactive.")
        compared.update(names)
        thresholds = _thresholds(where, row["method"], method, row["thresholds"] or "")
        comparisons.append(Comparison(names, row["method"], thresholds, bool(row["uses_term_frequencies"])))
    if not comparisons:
        raise ValueError("matching_comparisons: no row is active; records cannot be compared.")
    return comparisons


def read_blocking_rules(rows: Iterable[Mapping]) -> list[BlockingRule]:
    """The active rows of the seed `matching_blocking_rules`, in the order of their names.

    Raises ValueError naming the row that is wrong and what to do about it.
    """
    rules = []
    for row in sorted(rows, key=lambda row: row["rule_id"]):
        if not row["is_active"]:
            continue
        where = f"matching_blocking_rules: {row['rule_id']}"
        if not re.fullmatch(r"\w+", row["rule_id"]):
            raise ValueError(f"{where}: write rule_id in letters, digits and underscores.")
        parts = []
        for part in (row["columns"] or "").split("|"):
            column, _, length = part.partition(":")
            if length and not (length.isdigit() and int(length) > 0):
                raise ValueError(f"{where}: {part!r} has no number of letters; write e.g. {column}:1.")
            parts.append((column, int(length) if length else None))
        _refuse_unknown(where, [column for column, _ in parts])
        purposes = frozenset((row["used_for"] or "").split("|"))
        if not purposes <= PURPOSES:
            raise ValueError(
                f"{where}: used_for is {row['used_for']!r}; write one or more of predict, train and prior, joined by |."
            )
        rules.append(BlockingRule(row["rule_id"], tuple(parts), purposes))
    for purpose in ("predict", "train", "prior"):
        if not any(purpose in rule.purposes for rule in rules):
            raise ValueError(f"matching_blocking_rules: no active rule is used for {purpose}; add one.")
    return rules


def _refuse_unknown(where: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            raise ValueError(f"{where}: customer records have no column {name!r}; use one of {', '.join(COLUMNS)}.")


def _thresholds(where: str, name: str, method: Method, text: str) -> tuple[float, ...]:
    if not method.takes_thresholds:
        if text:
            raise ValueError(f"{where}: method {name} takes no thresholds; leave them empty.")
        return ()
    allowed = "whole numbers from 1 on, e.g. 1|2" if method.distances else "similarities between 0 and 1, e.g. 0.9|0.8"
    try:
        thresholds = tuple(float(part) for part in text.split("|"))
    except ValueError:
        raise ValueError(f"{where}: thresholds are {text!r}; method {name} needs {allowed}.") from None
    for threshold in thresholds:
        if (threshold < 1 or threshold % 1) if method.distances else not 0 < threshold < 1:
            raise ValueError(f"{where}: thresholds are {text!r}; method {name} needs {allowed}.")
    return thresholds
