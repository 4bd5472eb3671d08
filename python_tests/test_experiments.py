"""Experiments: who gets which variant, what is refused, and what is said of the differences, on both engines.

The statistics are held against SciPy and against gbstats, whose word on made-up samples is recorded; see
support/gbstats_reference.py.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from scipy import stats
from support.gbstats_reference import RECORDED, sums
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import REPOSITORY, World

from millwright.experiments import Difference, Sample, cuped_difference, difference, holm, judge, sample_ratio_p_value

ENGINES = ("duckdb", "postgres")
METHODS = ("fixed", "sequential")
HOSTILE = "O'Hara'); drop table ops.experiments; -- {{ 1/0 }} \\ \"x\" %s 日本"

# -- the statistics ---------------------------------------------------------------------------------------------------


def sample(values: np.ndarray, covariates: np.ndarray | None = None, center: float = 0.0) -> Sample:
    made = sums(values - center, np.zeros(len(values)) if covariates is None else covariates - covariates.mean())
    if covariates is None:
        made = {name: made[name] for name in ("n", "sum_value", "sum_value_squares")}
    return Sample(center=center, **made)


def numbers(found: Difference, kind: str) -> list[float | None]:
    if kind == "absolute":
        return [found.difference, found.difference_low, found.difference_high, found.p_value]
    return [found.relative_difference, found.relative_low, found.relative_high, found.relative_p_value]


def test_differences_are_those_of_gbstats():
    cases = json.loads(RECORDED.read_text())["differences"]
    published = cases[0]["plain"]["fixed relative"]
    assert [published[0], published[-1]] == pytest.approx([0.70732, 0.06191], abs=1e-5)
    n_compared = 0
    for case in cases:
        pair = [Sample(center=0, **side) for side in case["samples"]]
        for analysis, function in {"plain": difference, "cuped": cuped_difference}.items():
            for name, said in case.get(analysis, {}).items():
                method, kind = name.split()
                found = numbers(function(*pair, case["alpha"], method), kind)
                # gbstats takes its p value from 1, which costs the last digits of a small one.
                assert found[:3] == pytest.approx(said[:3], rel=1e-9, abs=1e-12), (analysis, name)
                assert found[3] == pytest.approx(said[3], rel=1e-9, abs=1e-12), (analysis, name)
                n_compared += 1
    assert n_compared > 200


def test_sample_ratios_are_those_of_gbstats_and_scipy():
    ratios = json.loads(RECORDED.read_text())["sample_ratios"]
    assert ratios[0]["p_value"] == pytest.approx(2.00787e-05, rel=1e-5)
    for ratio in ratios:
        expected = sum(ratio["observed"]) * np.array(ratio["shares"]) / sum(ratio["shares"])
        found = sample_ratio_p_value(ratio["observed"], expected)
        assert found == pytest.approx(ratio["p_value"], rel=1e-12)
        assert found == pytest.approx(stats.chisquare(ratio["observed"], expected).pvalue, rel=1e-12)
    assert sample_ratio_p_value([0, 0], [0, 0]) is None
    assert sample_ratio_p_value([7], [7]) is None
    assert sample_ratio_p_value([7, 1], [8, 0]) == 0


def test_a_fixed_test_is_that_of_welch_and_keeps_its_digits():
    random = np.random.default_rng(3)
    for offset in (0, 1e3, 1e9):
        control, treatment = offset + random.normal(0, 2, 60), offset + random.normal(0.5, 5, 40)
        found = difference(*[sample(side, center=offset) for side in (control, treatment)], 0.1, "fixed")
        said = stats.ttest_ind(treatment, control, equal_var=False)
        interval = said.confidence_interval(0.9)
        assert numbers(found, "absolute")[1:] == pytest.approx([interval.low, interval.high, said.pvalue], rel=1e-6)


def test_what_is_undefined_is_none():
    some, one = sample(np.array([1.0, 2.0, 4.0])), sample(np.array([3.0]))
    nothing, constant = Sample(0, None, None, None), sample(np.full(50, 0.1), center=0.3)
    for method in METHODS:
        for pair in ((some, nothing), (nothing, some), (nothing, nothing)):
            assert difference(*pair, 0.05, method) == cuped_difference(*pair, 0.05, method) == Difference()
        for pair in ((some, one), (one, some), (constant, constant)):
            found = difference(*pair, 0.05, method)
            assert found.difference == pytest.approx(pair[1].mean - pair[0].mean, abs=1e-12)
            assert found.p_value is found.difference_low is found.relative_low is found.relative_p_value is None
        zero = sample(np.array([-1.0, 0.0, 1.0]))
        found = difference(zero, some, 0.05, method)
        assert found.p_value is not None
        assert found.relative_difference is found.relative_low is found.relative_p_value is None
        # Where one side does not vary, the other's variance is what there is.
        assert difference(constant, some, 0.05, method).p_value is not None
        flat = sample(np.array([1.0, 2.0, 4.0]), np.zeros(3))
        assert cuped_difference(flat, flat, 0.05, method) == Difference()


def test_corrected_p_values_are_those_of_the_closed_test():
    """Of every set of tests the smallest p value, times how many they are, is one of Bonferroni's."""
    random = np.random.default_rng(4)
    for number in range(1, 7):
        p_values = [float(p) for p in random.beta(0.4, 1, number)]
        sets = [chosen for size in range(1, number + 1) for chosen in combinations(range(number), size)]
        expected = [
            max(min(1, len(chosen) * min(p_values[other] for other in chosen)) for chosen in sets if test in chosen)
            for test in range(number)
        ]
        assert holm(p_values) == pytest.approx(expected)
    assert holm([None, 0.02, None, 0.03]) == [None, 0.04, None, 0.04]
    assert holm([]) == []


def false_alarms(decide: Callable[[np.random.Generator], bool], n: int = 300) -> int:
    random = np.random.default_rng(5)
    return sum(decide(random) for _ in range(n))


def arms(random: np.random.Generator, n_arms: int = 2, n: int = 300) -> list[tuple[np.ndarray, np.ndarray]]:
    """Values and covariates of groups that differ by chance only."""
    covariates = random.gamma(2, 1, (n_arms, n))
    return list(zip(0.8 * covariates + random.normal(0, 1, (n_arms, n)), covariates, strict=True))


def judged(groups: list[tuple[np.ndarray, np.ndarray]], method: str) -> list[dict[str, Any]]:
    """What the dbt model would say of a control and treatments."""
    center = float(np.mean([values for values, _ in groups]))
    middle = float(np.mean([covariates for _, covariates in groups]))
    keys = {"experiment_id": "x", "metric": "m", "method": method, "alpha": 0.05, "center": center}
    rows = [
        keys
        | {"variant": str(number), "is_control": number == 0, "n_entities": len(values), "n_expected_entities": 300}
        | sums(values - center, covariates - middle)
        for number, (values, covariates) in enumerate(groups)
    ]
    return judge(rows).to_pylist()


def test_false_alarms_of_experiments_without_a_difference_are_as_rare_as_promised():
    low, high = stats.binom.ppf([0.0005, 0.9995], 300, 0.05)
    assert low <= false_alarms(lambda random: judged(arms(random), "fixed")[0]["p_value"] < 0.05) <= high
    assert low <= false_alarms(lambda random: judged(arms(random), "fixed")[0]["cuped_p_value"] < 0.05) <= high

    def any_of_three(random: np.random.Generator) -> bool:
        return min(row["adjusted_p_value"] for row in judged(arms(random, n_arms=4), "fixed")) < 0.05

    assert false_alarms(any_of_three) <= high

    def at_any_look(method: str) -> Callable[[np.random.Generator], bool]:
        def decide(random: np.random.Generator) -> bool:
            groups = arms(random, n=1500)
            looks = ([(values[:n], covariates[:n]) for values, covariates in groups] for n in range(300, 1501, 150))
            return any(judged(look, method)[0]["p_value"] < 0.05 for look in looks)

        return decide

    # Who looks every night at a fixed test sees differences that are none; a sequential one is made for it.
    assert false_alarms(at_any_look("fixed"), 100) > stats.binom.ppf(0.9995, 100, 0.05)
    assert false_alarms(at_any_look("sequential"), 100) <= stats.binom.ppf(0.9995, 100, 0.05)


# -- assignment -------------------------------------------------------------------------------------------------------

N_ENTITIES = 20_000
SHARES = {"control": 0.5, "a": 0.3, "it's": 0.1, "holdout": 0.1}
CHANGED = {"control": 0.35, "a": 0.3, "it's": 0.35, "holdout": 0}
ALLOCATIONS = {"first": SHARES, "changed": [SHARES, CHANGED], "back": [SHARES, CHANGED, SHARES], "alone": CHANGED}
SALT = "experiment's"
ASSIGNED = {
    name: f"{{{{ millwright.assign_variants(ref('entities'), 'entity_id', {shares}, {SALT!r}) }}}}"
    for name, shares in ALLOCATIONS.items()
} | {
    "other": f"{{{{ millwright.assign_variants(ref('entities'), 'entity_id', {SHARES}, 'other') }}}}",
    "sticky": f"""
        {{{{ millwright.assign_variants(ref('entities'), 'entity_id', {CHANGED}, 'other', assignments=ref('held')) }}}}
    """,
}
HELD = [
    ("7", "a", "1998-01-02"),
    ("7", "control", "1998-01-03"),
    ("8", "gone", "1998-01-02"),
    (None, "a", "1998-01-01"),
]


@pytest.fixture(scope="module")
def assigned(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """By engine, the variant of every entity under each of the allocations."""
    found = {}
    for engine in ENGINES:
        world = World(engine, tmp_path_factory.mktemp(f"{engine}_assigned"), postgres, schema="assigned")
        tables = [{"name": name} for name in ("entities", "held", *ASSIGNED)]
        project = SmallProject(world, ASSIGNED, tables)
        world.execute(f"""
            create table assigned.entities as
            select cast(n as text) as entity_id from generate_series(1, {N_ENTITIES}) as numbers (n)
            union all select null
        """)
        held = [(entity, variant, event_at, event_at) for entity, variant, event_at in HELD]
        project.load("held", "entity_id text, variant text, event_at timestamp, known_at timestamp", held)
        results = project.run(datetime(1998, 7, 1))
        assert all(result.status == "success" for result in results.values()), results
        frames = [
            world.query(f"select entity_id, variant, is_assigned_before from assigned.{name}").set_index("entity_id")
            for name in ASSIGNED
        ]
        found[engine] = pd.concat(frames, axis="columns", keys=list(ASSIGNED)).sort_index()
        refusals = {
            "the shares of control, a add up to 0.7;": "{'control': 0.5, 'a': 0.2}",
            'the share of control is "1.5"': "[{'control': 0.5, 'a': 0.5}, {'control': 1.5, 'a': -0.5}]",
            'the shares are "half"': "'half'",
            'the shares are "[]"': "[]",
        }
        for refusal, shares in refusals.items():
            macro = "{{ millwright.assign_variants(ref('entities'), 'entity_id', " + shares + ", 'x') }}"
            _, said = project.dbt("show", "--inline", macro, as_of=datetime(1998, 7, 1))
            assert f"assign_variants: {refusal}" in said
    return found


def hashed(salt: str, entity_id: str) -> float:
    return int(md5(f"{salt}:{entity_id}".encode()).hexdigest()[:8], 16) / 2**32


def test_both_engines_assign_alike_and_by_the_documented_hash(assigned: dict[str, pd.DataFrame]):
    duckdb, postgres = (assigned[engine] for engine in ENGINES)
    pd.testing.assert_frame_equal(duckdb, postgres)
    (nobody,) = duckdb[duckdb.index.isna()]["first"]["variant"]
    assert pd.isna(nobody)
    ends = np.cumsum(list(SHARES.values()))
    entities = duckdb[duckdb.index.notna()]
    expected = [list(SHARES)[np.searchsorted(ends, hashed(SALT, entity), side="right")] for entity in entities.index]
    assert entities["first"]["variant"].to_list() == expected


def test_shares_are_kept(assigned: dict[str, pd.DataFrame]):
    found = assigned["duckdb"].loc[assigned["duckdb"].index.notna()]
    for name, shares in {
        "first": SHARES,
        "other": SHARES,
        "changed": CHANGED,
        "back": SHARES,
        "alone": CHANGED,
    }.items():
        counts = found[name]["variant"].value_counts()
        for variant, share in shares.items():
            low, high = stats.binom.ppf([1e-5, 1 - 1e-5], N_ENTITIES, share)
            assert low <= counts.get(variant, 0) <= high, (name, variant)


def test_a_change_of_shares_moves_only_whom_it_must(assigned: dict[str, pd.DataFrame]):
    found = assigned["duckdb"].loc[assigned["duckdb"].index.notna()]
    before, after = found["first"]["variant"], found["changed"]["variant"]
    moved = before != after
    assert set(before[moved]) == {"control", "holdout"}
    assert set(after[moved]) == {"it's"}
    low, high = stats.binom.ppf([1e-5, 1 - 1e-5], N_ENTITIES, 0.25)
    assert low <= moved.sum() <= high
    # Side by side anew, more would move.
    assert (before != found["alone"]["variant"]).sum() > 1.2 * moved.sum()
    again = found["back"]["variant"]
    assert set(after[after != again]) == {"it's"}


def test_assigned_entities_stay_and_experiments_are_independent(assigned: dict[str, pd.DataFrame]):
    found = assigned["duckdb"].loc[assigned["duckdb"].index.notna()]
    sticky = found["sticky"]
    assert sticky.loc[["7", "8"], "variant"].to_list() == ["a", "gone"]
    assert sticky["is_assigned_before"].sum() == 2
    table = pd.crosstab(found["first"]["variant"], found["other"]["variant"])
    assert stats.chi2_contingency(table).pvalue > 1e-3


# -- experiments from landing to decision -----------------------------------------------------------------------------

BEGUN, NOW = "1998-01-01", "1998-07-01"
START, END = datetime(1998, 2, 1), datetime(1998, 6, 1)
SELECTED = ("path:models/staging/ops,*experiment*", "path:models/intermediate/experiments", "mon_experiment_values+")
MARTS = ("mon_experiments", "mon_experiment_results", "mon_experiment_decisions")


@dataclass
class MadeUp:
    """An experiment: a row, its variants with their sizes and effects, and what was measured of whom."""

    experiment_id: str
    variants: dict[str, tuple[float, int, float]]
    changes: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=lambda: {"rating": "mean"})
    constant: float | None = None
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    def make(self, random: np.random.Generator) -> None:
        """`frame`: entity_id, variant, exposed_at, pre, rating, revenue."""
        rows = []
        for variant, (_, n, effect) in self.variants.items():
            pre = np.round(random.gamma(2, 2, n), 4)
            rating = np.round(3 + effect + 0.7 * pre + random.normal(0, 1, n), 4)
            exposed = [START + timedelta(hours=int(hours)) for hours in random.integers(0, 2000, n)]
            rows.append(pd.DataFrame({"variant": variant, "exposed_at": exposed, "pre": pre, "rating": rating}))
        self.frame = pd.concat(rows, ignore_index=True)
        self.frame["entity_id"] = [f"{self.experiment_id}-{number}" for number in range(len(self.frame))]
        if self.constant is not None:
            self.frame["rating"] = self.constant


def made_up() -> dict[str, MadeUp]:
    """One of each kind: variant: (share, entities, effect)."""
    even, sequential = {"control": (0.5, 250, 0.0), "a": (0.5, 260, 0.6)}, {"method": "sequential", "ends_at": None}
    made = [
        MadeUp("better", even, {"covariate": "rating"}),
        MadeUp(
            f"three {HOSTILE}",
            {
                "control": (0.25, 150, 0.0),
                "a": (0.25, 160, 0.1),
                f"b {HOSTILE}": (0.25, 140, 2.5),
                "c": (0.25, 155, -2.0),
            },
            sequential,
        ),
        MadeUp("less is better", even, {"success_direction": "decrease", "alpha": 0.01}),
        MadeUp("skewed", {"control": (0.5, 100, 0.0), "a": (0.5, 200, 0.0)}),
        MadeUp("three quarters", {"control": (0.25, 51, 0.0), "a": (0.75, 149, 0.0)}),
        MadeUp("one entity", {"control": (0.5, 1, 0.0), "a": (0.5, 0, 0.0)}),
        MadeUp("nobody", {"control": (0.5, 0, 0.0), "a": (0.5, 0, 0.0)}),
        MadeUp("one-sided", {"control": (0.5, 9, 0.0), "a": (0.5, 0, 0.0)}),
        MadeUp("constant", even, constant=0.1),
        MadeUp("all zero", even, sequential, constant=0),
        MadeUp("predicted", {"control": (0.5, 120, 0.0), "a": (0.5, 110, 0.0)}, metrics={"accuracy": "mean"}),
    ]
    random = np.random.default_rng(6)
    for experiment in made:
        experiment.make(random)
    return {experiment.experiment_id: experiment for experiment in made}


DEFINITION = {
    "revision": 1,
    "experiment_name": "Made up",
    "status": "active",
    "holdout_share": 0,
    "salt": "salt",
    "primary_metric": "rating",
    "success_direction": "increase",
    "alpha": 0.05,
    "min_sample_size": 50,
    "method": "fixed",
    "starts_at": START,
    "ends_at": END,
    "event_at": START,
    "known_at": START,
}


def insert(world: World, table: str, rows: list[dict[str, Any]]) -> None:
    def literal(value: Any) -> str:
        return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

    columns = list(dict.fromkeys(name for row in rows for name in row))
    values = ", ".join("(" + ", ".join(literal(row.get(name)) for name in columns) + ")" for row in rows)
    world.execute(f"insert into {table} ({', '.join(columns)}) values {values}")


def land(world: World) -> None:
    """All experiments; of some entities something is delivered twice, too late or not at all."""
    experiments, variants, assignments, measurements, predictions = [], [], [], [], []
    for experiment_id, made in made_up().items():
        named = {"experiment_id": experiment_id}
        metrics = {"metrics": json.dumps(made.metrics), "primary_metric": next(iter(made.metrics))}
        experiments.append(named | DEFINITION | metrics | made.changes)
        for name, (share, _, _) in made.variants.items():
            variants.append(
                {"revision": 1, "variant": name, "is_control": name == "control", "traffic_share": share}
                | named
                | {"model_name": "m", "model_version": name, "known_at": START}
            )
        for row in made.frame.itertuples():
            who = named | {"entity_id": row.entity_id}
            at = {"event_at": row.exposed_at, "known_at": row.exposed_at}
            assignments.append(who | at | {"assignment_id": row.entity_id, "variant": row.variant})
            before, after = row.exposed_at - timedelta(days=3), row.exposed_at + timedelta(minutes=1)
            if "accuracy" in made.metrics:
                said = {"model_name": "m", "model_version": row.variant, "entity_id": row.entity_id, "event_at": after}
                predictions.append(said | {"predicted_class": "y", "actual_class": "y" if row.rating > 5 else "n"})
                continue
            for moment, value in ((before, row.pre), (after, row.rating)):
                known = {"event_at": moment, "known_at": moment + timedelta(hours=1)}
                measurements.append(who | known | {"metric": "rating", "value": value})
    first = assignments[0]
    assignments += [first | {"assignment_id": "again"}]
    assignments += [first | {"assignment_id": f"both {n}", "entity_id": "both", "variant": n} for n in ("control", "a")]
    assignments += [first | {"assignment_id": "held out", "entity_id": "held out", "variant": "holdout"}]
    measurements += [measurements[1], measurements[1] | {"value": 1e9, "event_at": END, "known_at": END}]
    measurements += [measurements[1] | {"entity_id": "both", "value": 1e9}]
    insert(world, "ops.experiments", experiments)
    insert(world, "ops.experiment_variants", variants)
    insert(world, "ops.experiment_assignments", assignments)
    insert(world, "ops.experiment_measurements", measurements)
    insert(world, "evaluation.eval_predictions", predictions)


# By table, what is wrong with rows; each replaces something in a good one.
GOOD_ASSIGNMENT = {"experiment_id": "nobody", "variant": "a", "event_at": START, "known_at": START, "entity_id": "e"}
GOOD_MEASUREMENT = {"experiment_id": "nobody", "metric": "rating", "value": 1, "event_at": START, "known_at": START}
BAD_EXPERIMENTS = {
    "revision is not a number from 1 on": {"revision": 0},
    "experiment_name is missing": {"experiment_name": ""},
    "status is none of draft, active, paused, completed": {"status": "running"},
    "holdout_share is not from 0 to 1": {"holdout_share": None},
    "the shares of variants and holdout do not add up to 1": {"holdout_share": 0.1},
    "salt is missing": {"salt": None},
    "target_segments is no JSON object": {"target_segments": "[1]"},
    "metrics is no JSON object": {"metrics": "{"},
    "a metric is there twice, or its kind is none of mean, total, proportion": {"metrics": '{"rating": "median"}'},
    "accuracy, absolute_error are means": {"metrics": '{"rating": "mean", "accuracy": "total"}'},
    "primary_metric is none of the metrics": {"primary_metric": HOSTILE},
    "covariate is none of the metrics": {"covariate": HOSTILE},
    "success_direction is neither increase nor decrease": {"success_direction": "up"},
    "alpha is not between 0 and 1": {"alpha": 1},
    "min_sample_size is not a number from 2 on": {"min_sample_size": 1},
    "method is neither fixed nor sequential": {"method": "bayesian"},
    "starts_at is missing": {"starts_at": None},
    "ends_at is missing, which takes the method sequential": {"ends_at": None},
    "ends_at is not after starts_at": {"ends_at": START},
    "event_at is missing": {"event_at": None},
    "event_at is after known_at": {"event_at": END},
    "known_at is missing": {"known_at": None},
}
BAD_VARIANTS = {
    "there is no such revision of an experiment": {"experiment_id": "unknown"},
    "experiment_id is missing": {"experiment_id": ""},
    "revision is missing": {"revision": None},
    "variant is missing": {"variant": None},
    "no variant can be called holdout": {"variant": "holdout"},
    "is_control is missing": {"is_control": None},
    "model_name is missing": {"model_name": ""},
    "model_version is missing": {"model_version": None},
    "traffic_share is not from 0 to 1": {"traffic_share": 1.5},
    "known_at is missing": {"known_at": None},
}
BAD_ASSIGNMENTS = {
    "assignment_id is missing": {"assignment_id": None},
    "experiment_id is missing": {"experiment_id": None},
    "there is no such experiment": {"experiment_id": "unknown"},
    "entity_id is missing": {"entity_id": ""},
    "variant is missing": {"variant": None},
    "the experiment has no such variant": {"variant": HOSTILE},
    "event_at is missing": {"event_at": None},
    "known_at is missing": {"known_at": None},
    "event_at is after known_at": {"event_at": END},
}
BAD_MEASUREMENTS = {
    "experiment_id is missing": {"experiment_id": None},
    "there is no such experiment": {"experiment_id": "unknown"},
    "entity_id is missing": {"entity_id": None},
    "metric is missing": {"metric": ""},
    "the experiment has no such metric": {"metric": HOSTILE},
    "the experiment has no such metric; the project itself measures accuracy, absolute_error": {"metric": "accuracy"},
    "value is missing": {"value": None},
    "value is beyond 1e100": {"value": "Infinity"},
    "event_at is missing": {"event_at": None},
    "known_at is missing": {"known_at": None},
    "event_at is after known_at": {"event_at": END},
}


def land_bad_rows(world: World) -> None:
    """A row for every reason, beside which nothing is wrong with it; `run_id` is the reason."""
    named = {"metrics": '{"rating": "mean"}'}
    experiments, variants = [], []

    def variant(experiment_id: str, name: str, revision: int = 1) -> dict[str, Any]:
        shares = {"traffic_share": 0.5, "is_control": name == "control", "revision": revision, "variant": name}
        return {"experiment_id": experiment_id, "model_name": "m", "model_version": "1", "known_at": START} | shares

    for number, (reason, wrong) in enumerate(BAD_EXPERIMENTS.items()):
        row = {"experiment_id": f"bad {number}", "run_id": reason} | DEFINITION | named | wrong
        experiments.append(row)
        variants += [variant(row["experiment_id"], name, row["revision"]) for name in ("control", "a")]
    lacking = {
        "there are fewer than two valid variants": ["control"],
        "a variant is there twice": ["control", "a", "a "],
        "not exactly one variant is the control": ["a", "b"],
    }
    for reason, names in lacking.items():
        experiments.append({"experiment_id": reason, "run_id": reason} | DEFINITION | named)
        parts = [variant(reason, name.strip()) | {"traffic_share": 1 / len(names)} for name in names]
        variants += [part | {"model_version": name} for part, name in zip(parts, names, strict=True)]
    experiments[-3]["holdout_share"] = 0
    for reason, wrong in BAD_VARIANTS.items():
        variants.append(variant("nobody", "b") | {"run_id": reason} | wrong)
    # Some of their reasons come in company: of a known_at no revision can be known, and a share of 1 has no company.
    insert(world, "ops.experiments", experiments)
    insert(world, "ops.experiment_variants", variants)
    bad = [GOOD_ASSIGNMENT | {"assignment_id": "x", "run_id": reason} | it for reason, it in BAD_ASSIGNMENTS.items()]
    insert(world, "ops.experiment_assignments", bad)
    bad = [GOOD_MEASUREMENT | {"entity_id": "e", "run_id": reason} | it for reason, it in BAD_MEASUREMENTS.items()]
    insert(world, "ops.experiment_measurements", bad)


CREATED = {
    "name": HOSTILE,
    "description": HOSTILE,
    "metrics": {"rating": "mean", HOSTILE: "total"},
    "primary_metric": HOSTILE,
    "success_direction": "increase",
    "ends_at": "1998-06-01",
    "starts_at": "1998-02-01",
    "holdout_share": 0.2,
    "target_segments": {"country": ["FR", HOSTILE]},
    "variants": {
        "control": {"model_name": "m", "model_version": "1", "traffic_share": 0.4},
        HOSTILE: {"model_name": "m", "model_version": HOSTILE, "traffic_share": 0.4},
    },
}
ALL_WRONG = {
    "foo": 1,
    "alpha": 2,
    "min_sample_size": 1,
    "method": "bayesian",
    "metrics": {"x": "median", "accuracy": "total"},
    "covariate": "y",
    "target_segments": "FR",
    "ends_at": "soon",
    "holdout_share": True,
    "variants": {"holdout": 1, "a": {"model_name": "m", "model_version": "9", "traffic_share": 0.1}},
}


class Life:
    """What a warehouse went through: procedures by hand, then nights."""

    def __init__(self, world: World):
        self.world = world
        self.refusals: dict[str, str] = {}
        self.assigned: list[list[tuple]] = []
        self.nights: list[dict[str, pd.DataFrame]] = []

    def begin(self) -> None:
        """Makes the landing tables, and what other layers would have built."""
        columns = "model_name text, model_version text, entity_id text, event_at timestamp, predicted_class text"
        columns += ", actual_class text, predicted_value float8, actual_value float8"
        self.world.execute("create schema evaluation")
        self.world.execute(f"create table evaluation.eval_predictions ({columns})")
        self.world.run("dbt", "run", "--select", "stg_ops__runs", "--vars", f"{{as_of: '{BEGUN}'}}")
        versions = [{"model_name": "m", "model_version": version} for version in ("1", HOSTILE)]
        insert(self.world, "ops.model_versions", [row | {"event_at": BEGUN, "known_at": BEGUN} for row in versions])

    def call_procedures(self) -> None:
        """In this process, for speed, and so one engine at a time."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.world.variables.items():
                patch.setenv(name, value)
            places = ["--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY), "--quiet"]
            self.options = [*places, "--vars", f"{{as_of: '{NOW}'}}"]
            # Without as_of, like the run before, so that nothing is read anew.
            self.manifest = dbtRunner().invoke(["parse", *places]).result
            self._live()

    def _live(self) -> None:
        create, change, assign = "create_prediction_experiment", "change_prediction_experiment", "assign_variant"
        whose = {"experiment_id": HOSTILE, "actor": "ann"}
        asked = {"experiment_id": HOSTILE, "entity_ids": [HOSTILE, *map(str, range(60))], "segments": {"country": "FR"}}
        moments = ("1998-01-15", "1998-02-15", "1998-03-01", "1998-04-01 12:00:00")
        early, begun, mid, late = ({"moment": moment} for moment in moments)
        self.refuse("wrong", create, **whose, **early, definition=ALL_WRONG)
        self.refuse("no mapping", create, **whose, **early, definition=HOSTILE)
        self.refuse("nobody", create, **whose | {"actor": " "}, **early, definition=CREATED)
        for _ in range(2):
            self.call(create, **whose, **early, definition=CREATED)
        self.refuse("taken", create, **whose, **early, definition=CREATED | {"alpha": 0.01})
        self.refuse("draft", assign, **asked, **begun)
        self.refuse("unknown", change, experiment_id="other", actor="ann", changes={"status": "active"})
        self.refuse("illegal", change, **whose, **mid, changes={"status": "paused"})
        self.call(change, **whose, **early, changes={"status": "active", "salt": "another"})
        self.refuse("not yet", assign, **asked, **early)
        self.refuse("segment", assign, **asked | {"segments": {"country": "BE"}}, **begun)
        self.refuse("no id", assign, **asked | {"entity_ids": ["x", ""]}, **begun)
        self.assign(**asked, **begun)
        shares = {"shares": {"control": 0.1, HOSTILE: 0.9}, "holdout_share": 0}
        for _ in range(2):
            self.call(change, **whose, **mid, reason=HOSTILE, changes=shares)
        self.refuse("fixed by now", change, **whose, **late, changes={"alpha": 0.1})
        self.refuse("no variant", change, **whose, **late, changes={"shares": {"x": 1}})
        self.refuse("too much", change, **whose, **late, changes={"shares": {"control": 0.2}})
        self.refuse("too late", change, **whose, **early, changes={"status": "paused"})
        self.assign(**asked | {"entity_ids": [HOSTILE, *map(str, range(90))]}, **late)
        self.call(change, **whose, **late, changes={"status": "completed"})
        self.refuse("completed", assign, **asked, **late)
        self.refuse("for good", change, **whose, **late, changes={"status": "active"})

    def invoke(self, procedure: str, **arguments: Any) -> tuple[Any, str]:
        said = []
        runner = dbtRunner(manifest=self.manifest, callbacks=[lambda event: said.append(event.info.msg)])
        outcome = runner.invoke(["run-operation", procedure, "--args", json.dumps(arguments), *self.options])
        # DuckDB's file is open for one configuration at a time within a process.
        DuckDBConnectionManager.close_all_connections()
        return outcome, "\n".join(said)

    def call(self, procedure: str, **arguments: Any) -> None:
        outcome, said = self.invoke(procedure, **arguments)
        assert outcome.success, said

    def refuse(self, name: str, procedure: str, **arguments: Any) -> None:
        """On one engine, which is all the same to what is refused."""
        if self.world.target.engine != ENGINES[0]:
            return
        outcome, said = self.invoke(procedure, **arguments)
        assert not outcome.success, name
        self.refusals[name] = said

    def assign(self, **arguments: Any) -> None:
        self.call("assign_variant", **arguments)
        self.assigned.append(self.held())

    def held(self) -> list[tuple]:
        columns = "entity_id, variant, event_at"
        query = f"select {columns} from ops.experiment_assignments where experiment_id = {quoted(HOSTILE)}"
        return sorted(self.world.query(query).itertuples(index=False, name=None))

    def night(self, *selected: str) -> None:
        options = ["--exclude-resource-type", "unit_test", "--vars", f"{{as_of: '{NOW}'}}"]
        self.world.run("dbt", "build", "--select", *selected, *options)
        self.nights.append({name: self.world.relation(f"monitoring.{name}") for name in MARTS})

    def live(self) -> None:
        land(self.world)
        land_bad_rows(self.world)
        self.night(*SELECTED)
        # Late: what an entity did within the experiment, and a correction of what another did.
        made = made_up()["better"].frame
        late = {"experiment_id": "better", "metric": "rating", "known_at": "1998-06-30"}
        rows = [
            late
            | {"entity_id": made["entity_id"][0], "value": 50, "event_at": made["exposed_at"][0] + timedelta(hours=9)},
            late
            | {
                "entity_id": made["entity_id"][1],
                "value": 70,
                "event_at": made["exposed_at"][1] + timedelta(minutes=1),
            },
        ]
        insert(self.world, "ops.experiment_measurements", rows)
        self.night("mon_experiment_statistics+")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture(scope="module")
def lives(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Life]]:
    found = {
        engine: Life(World(engine, tmp_path_factory.mktemp(f"{engine}_experiments"), postgres)) for engine in ENGINES
    }
    with ThreadPoolExecutor() as pool:
        list(pool.map(Life.begin, found.values()))
        for life in found.values():
            life.call_procedures()
        list(pool.map(Life.live, found.values()))
    return found


@pytest.fixture(params=ENGINES)
def life(request: pytest.FixtureRequest, lives: dict[str, Life]) -> Life:
    return lives[request.param]


def test_what_is_wrong_with_a_call_is_said_at_once(lives: dict[str, Life]):
    said = {name: " ".join(text.split()) for name, text in lives[ENGINES[0]].refusals.items()}
    for problem in (
        '"foo" is none of name, description,',
        "name is missing; primary_metric is missing",
        'control "control" is none of the variants holdout, a',
        'no variant can be called "holdout"',
        "the variant holdout must have model_name, model_version and traffic_share, and nothing else",
        'the variant a has the unknown version "9" of "m"',
        'a share is "True"; shares must be numbers from 0 to 1',
        "target_segments must map segments to lists of their values",
        'the metric x cannot be a "median"; the metric accuracy cannot be a "total"',
        'covariate "y" is none of the metrics',
        'success_direction is "None"; it must be increase or decrease',
        'method is "bayesian"; it must be fixed or sequential',
        'alpha is "2"; it must be between 0 and 1',
        'min_sample_size is "1"; it must be a whole number from 2 on',
        'ends_at "soon" is no ISO date or timestamp in UTC',
    ):
        assert problem in said["wrong"], problem
    here = " ".join(HOSTILE.split())
    for name, refusal in {
        "no mapping": f'create_prediction_experiment: "{here}" is no mapping of name,',
        "nobody": "create_prediction_experiment: actor is empty",
        "taken": f'create_prediction_experiment: there is another experiment "{here}"',
        "draft": f"assign_variant: the experiment {here} is draft; active is none",
        "unknown": f'change_prediction_experiment: there is no experiment "other"; the newest are {here}',
        "illegal": 'its status can be draft or active or completed, not "paused"',
        "not yet": "goes from 1998-02-01 00:00:00 to 1998-06-01 00:00:00, and it is 1998-01-15",
        "segment": f'is for entities whose country is FR or {here}, not "BE"',
        "no id": "assign_variant: an entity has no id",
        "fixed by now": "alpha cannot be changed, since the experiment",
        "no variant": "it must map variants to numbers, and there are control,",
        "too much": "traffic shares and holdout_share add up to 1.1; they must add up to 1",
        "too late": "was changed later, at 1998-03-01 00:00:00; a change cannot come before that",
        "completed": "is completed; active is none",
        "for good": 'is completed; its status can be completed, not "active"',
    }.items():
        assert refusal in said[name], name


def test_procedures_append_once_and_in_any_words(life: Life):
    query = f"select * from ops.experiments where experiment_id = {quoted(HOSTILE)} order by revision"
    revisions = life.world.query(query)
    assert revisions["status"].to_list() == ["draft", "active", "active", "completed"]
    assert revisions["salt"].to_list() == [HOSTILE, "another", "another", "another"]
    assert set(revisions["experiment_name"]) == set(revisions["primary_metric"]) == {HOSTILE}
    assert json.loads(revisions["metrics"][3]) == CREATED["metrics"]
    assert json.loads(revisions["target_segments"][3]) == CREATED["target_segments"]
    assert revisions["reason"].fillna("").to_list() == ["", "", HOSTILE, ""]
    variants = life.world.query(query.replace("experiments ", "experiment_variants ") + ", traffic_share")
    assert variants["traffic_share"].to_list() == [0.4, 0.4, 0.4, 0.4, 0.1, 0.9, 0.1, 0.9]


def test_assigned_entities_keep_their_variant_when_shares_change(life: Life):
    first, second = ({entity: (variant, at) for entity, variant, at in held} for held in life.assigned)
    assert len(first) == 61
    assert len(second) == 91
    assert first.items() <= second.items()
    ends = {"control": 0.4, HOSTILE: 0.8, "holdout": 1}
    expected = {entity: next(name for name, end in ends.items() if hashed("another", entity) < end) for entity in first}
    assert {entity: variant for entity, (variant, _) in first.items()} == expected
    # The control gave up the end of its range, and the holdout all of its.
    for entity in second.keys() - first.keys():
        assert second[entity][0] == ("control" if hashed("another", entity) < 0.1 else HOSTILE)


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        ("experiments", BAD_EXPERIMENTS.keys()),
        ("experiment_variants", BAD_VARIANTS.keys()),
        ("experiment_assignments", BAD_ASSIGNMENTS.keys()),
        ("experiment_measurements", BAD_MEASUREMENTS.keys()),
    ],
)
def test_bad_rows_wait_in_quarantine_with_their_reasons(life: Life, table: str, reasons: Any):
    found = life.world.query(f"select run_id, rejection_reason from staging.stg_ops__{table}_quarantined")
    found = found.dropna().set_index("run_id")["rejection_reason"]
    for reason in reasons:
        assert reason in found[reason], reason
    if table in ("experiment_assignments", "experiment_measurements"):
        assert (found.index == found).all()
        assert len(found) == len(reasons)


def expected_results(made: MadeUp) -> Iterator[tuple[str, dict[str, float]]]:
    """By treatment, what SciPy says of the values."""
    control = made.frame[made.frame["variant"] == "control"]
    for variant in made.variants:
        treatment = made.frame[made.frame["variant"] == variant]
        if variant == "control" or min(len(control), len(treatment)) < 2:
            continue
        values = [
            side["rating"].gt(5) if "accuracy" in made.metrics else side["rating"] for side in (control, treatment)
        ]
        before, after = (side.to_numpy(float) for side in values)
        said = {"n_control": len(before), "n": len(after), "control_mean": before.mean(), "mean": after.mean()}
        if made.constant is None and made.changes.get("method", "fixed") == "fixed":
            alpha = made.changes.get("alpha", 0.05)
            tested = stats.ttest_ind(after, before, equal_var=False)
            interval = tested.confidence_interval(1 - alpha)
            said |= {"p_value": tested.pvalue, "difference": after.mean() - before.mean()}
            said |= {"difference_low": interval.low, "difference_high": interval.high}
        if "covariate" in made.changes:
            # The covariate's share, by least squares over both together, is taken off.
            both = pd.concat([control, treatment])
            slope = stats.linregress(both["pre"], both["rating"]).slope
            rest = [side["rating"] - slope * side["pre"] for side in (control, treatment)]
            tested = stats.ttest_ind(rest[1], rest[0], equal_var=False)
            said |= {"cuped_p_value": tested.pvalue, "cuped_difference": rest[1].mean() - rest[0].mean()}
            said |= {"adjusted_p_value": tested.pvalue}
        yield variant, said


def test_results_are_those_of_scipy(life: Life):
    results = life.nights[0]["mon_experiment_results"].set_index(["experiment_id", "metric", "variant"])
    n_compared = 0
    for experiment_id, made in made_up().items():
        for variant, said in expected_results(made):
            found = results.loc[(experiment_id, next(iter(made.metrics)), variant)]
            for name, value in said.items():
                assert float(found[name]) == pytest.approx(value, rel=1e-7, abs=1e-12), (experiment_id, name)
                n_compared += 1
    assert n_compared > 60


def test_what_cannot_be_compared_is_null(life: Life):
    results = life.nights[0]["mon_experiment_results"].set_index("experiment_id")
    for experiment_id in ("one entity", "nobody", "one-sided"):
        assert (
            results.loc[experiment_id, ["mean", "difference", "p_value", "adjusted_p_value", "is_significant"]]
            .isna()
            .all()
        )
    for experiment_id in ("constant", "all zero"):
        assert float(results.loc[experiment_id, "difference"]) == pytest.approx(0, abs=1e-12)
        assert results.loc[experiment_id, ["difference_low", "p_value", "relative_p_value"]].isna().all()
    assert pd.isna(results.loc["all zero", "relative_difference"])


def test_sample_ratios_and_counts(life: Life):
    found = life.nights[0]["mon_experiments"].set_index("experiment_id")
    p_values = found["sample_ratio_p_value"].astype(float)
    for experiment_id, made in made_up().items():
        sizes = np.array([n for _, n, _ in made.variants.values()])
        shares = np.array([share for share, _, _ in made.variants.values()])
        assert json.loads(found.loc[experiment_id, "entities_by_variant"]) == {
            name: n for name, (_, n, _) in made.variants.items()
        }
        if sizes.sum():
            expected = stats.chisquare(sizes, sizes.sum() * shares).pvalue
            assert p_values[experiment_id] == pytest.approx(expected, rel=1e-9)
    assert pd.isna(p_values["nobody"])
    # Shares were changed meanwhile, and everybody was assigned by those of the time.
    assert p_values[HOSTILE] > 0.001
    assert found.loc["better", ["n_in_several_variants", "n_holdout"]].to_list() == [1, 1]


def test_decisions(life: Life):
    found = life.nights[0]["mon_experiment_decisions"].set_index("experiment_id")
    three = f"three {HOSTILE}"
    decisions = {
        "better": ("ship", "a"),
        three: ("ship", f"b {HOSTILE}"),
        "less is better": ("keep_control", "control"),
        "skewed": ("stop_sample_ratio", None),
        "three quarters": ("keep_control", None),
        "one entity": ("insufficient_sample", None),
        "nobody": ("insufficient_sample", None),
        "one-sided": ("insufficient_sample", None),
        "constant": ("keep_control", None),
        "all zero": ("continue", None),
        "predicted": ("keep_control", None),
        HOSTILE: ("insufficient_sample", None),
    }
    winners = {name: None if pd.isna(winner) else winner for name, winner in found["winner"].items()}
    assert {name: (found.loc[name, "decision"], winner) for name, winner in winners.items()} == decisions
    assert found.loc[three, "reason"].startswith(f"rating of b {HOSTILE} differs from that of control by ")


def test_what_is_late_changes_its_own_experiment_only(life: Life):
    before, after = (night["mon_experiment_results"].set_index("experiment_id") for night in life.nights)
    pd.testing.assert_frame_equal(before.drop("better"), after.drop("better"))
    made = made_up()["better"].frame
    values = made["rating"].copy()
    values[0], values[1] = (values[0] + 50) / 2, 70
    expected = values[made["variant"] == "control"].mean()
    assert float(after.loc["better", "control_mean"]) == pytest.approx(expected, rel=1e-9)
    assert float(after.loc["better", "mean"]) == pytest.approx(float(before.loc["better", "mean"]), rel=1e-12)


def test_both_engines_say_the_same(lives: dict[str, Life]):
    for mart in MARTS:
        duckdb, postgres = (lives[engine].nights[1][mart].sort_values(["experiment_id"]) for engine in ENGINES)
        keys = [name for name in ("experiment_id", "metric", "variant") if name in duckdb]
        frames = [frame.sort_values(keys, ignore_index=True) for frame in (duckdb, postgres)]
        pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-8, atol=1e-12)
