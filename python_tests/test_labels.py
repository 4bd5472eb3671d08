"""Labels that are none of their task's classes, or no amounts, stop what is downstream and are told by name.

Two gates: a generic test on the labels, in a small dbt project on both engines, and the Python that fits.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.postgres_server import PostgresServer
from support.small_project import SmallProject
from support.world import World

from millwright.baselines import Task, fit_amount, fit_binary, fit_classes, fit_due_versions, fit_labels

SCHEMA = "labels"
AS_OF = datetime(1998, 7, 15)
TIERS = ["low", "it's high"]
MONTHS = ["is_first", "is_second"]

Rows = list[tuple]

# By name of the table: what it is about, its columns, its rows, and the problems that it has.
TABLES: dict[str, tuple[dict[str, Any], str, Rows, set[str]]] = {
    "tiers": (
        {"task": "tier", "labels": ["label"], "classes": TIERS},
        "label text",
        [("low",), ("it's high",)],
        set(),
    ),
    "odd_tiers": (
        {"task": "tier", "labels": ["label"], "classes": TIERS},
        "label text",
        [("low",), *[("plat'inum",)] * 3, ("Low",), ("",), (None,), (None,)],
        {
            "tier: label is \"plat'inum\", not one of low, it's high; rows: 3",
            'tier: label is "Low", not one of low, it\'s high; rows: 1',
            'tier: label is "", not one of low, it\'s high; rows: 1',
            "tier: label is missing, not one of low, it's high; rows: 2",
        },
    ),
    "months": (
        {"task": "months", "labels": MONTHS, "classes": ["true", "false"]},
        "is_first boolean, is_second boolean",
        [(True, False), (False, False)],
        set(),
    ),
    "odd_months": (
        {"task": "months", "labels": MONTHS, "classes": ["true", "false"]},
        "is_first boolean, is_second boolean",
        [(True, None), (False, True)],
        {"months: is_second is missing, not one of true, false; rows: 1"},
    ),
    "amounts": ({"task": "spend", "labels": ["label"]}, "label numeric(18, 2)", [(0,), (12.5,)], set()),
    "odd_amounts": (
        {"task": "spend", "labels": ["label"]},
        "label float8",
        [(0,), (-5,), (-0.01,), (-math.inf,), (math.inf,), (math.nan,), (None,)],
        {
            "spend: label is negative, not an amount from 0 on; rows: 3",
            "spend: label is infinite, not an amount from 0 on; rows: 1",
            "spend: label is not a number, not an amount from 0 on; rows: 1",
            "spend: label is missing, not an amount from 0 on; rows: 1",
        },
    ),
    "no_labels": ({"task": "tier", "labels": ["label"], "classes": TIERS}, "label text", [], set()),
}


class Answers:
    """What `dbt build` says about the tables and what it builds from them."""

    def __init__(self, world: World):
        models, declared = {}, []
        for name, (arguments, *_) in TABLES.items():
            models[f"train_{name}"] = f"select * from {SCHEMA}.{name}"
            models[f"fitted_{name}"] = f"select * from {{{{ ref('train_{name}') }}}}"
            test = {"labels_are_classes_of_the_task": {"arguments": arguments}}
            declared.append({"name": f"train_{name}", "data_tests": [test]})
        self.project = SmallProject(world, models, declared)
        for name, (_, columns, rows, _) in TABLES.items():
            self.project.load(name, columns, rows)
        outcome, _ = self.project.dbt("build", "--select", "path:models/built", as_of=AS_OF)
        self.models = {result.node.name: result for result in outcome.result if result.node.resource_type == "model"}
        self.tests = {
            result.node.attached_node.split(".train_")[1]: result
            for result in outcome.result
            if result.node.resource_type == "test"
        }


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def answers(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return Answers(World(request.param, tmp_path_factory.mktemp("world"), postgres, schema=SCHEMA))


@pytest.mark.parametrize("table", TABLES)
def test_labels_that_are_no_classes_stop_what_is_downstream(answers: Answers, table: str):
    *_, problems = TABLES[table]
    test, fitted = answers.tests[table], answers.models[f"fitted_{table}"]
    assert (test.status, fitted.status) == (("fail", "skipped") if problems else ("pass", "success"))
    found = answers.project.rows(test.node.compiled_code)
    assert {row["message"] for row in found} == problems
    assert test.failures == sum(row["n_labels"] for row in found) == sum(int(text.split()[-1]) for text in problems)


def fit_label(x: Any, y: Any, is_train: Any, features: Sequence[str]) -> Any:
    return fit_binary(x, y["label"] == "yes", is_train, features)


def fit(task: Task, values: str, classes: Sequence[str] | None, *odd: str) -> list[str]:
    """The parameters of a version that is fitted on 40 customers, of whom the first have `odd` labels."""
    connection = duckdb.connect()
    schedule = connection.sql(f"""
        select '{task.model_name}' as model_name, 'v1' as model_version, timestamp '1998-01-01' as trained_at
    """)
    cases = " ".join(f"when n = {number} then {value}" for number, value in enumerate(odd))
    labels = ", ".join(f"case {cases or 'when false then null'} else {values} end as {label}" for label in task.labels)
    examples = connection.sql(f"""
        select
            n as customer_id, timestamp '1997-02-01' as snapshot_at, 1 as label_revision,
            case when n < 20 then 'train' else 'valid' end as data_split,
            timestamp '1997-06-01' as label_known_at, cast(null as timestamp) as label_superseded_at,
            cast(n * 7 % 11 as double) as recency, {labels}
        from range(40) as numbers (n)
    """)
    return list(fit_due_versions(task, schedule, examples, ["recency"], None, classes)["parameter"])


BINARY, MULTICLASS, MULTILABEL, AMOUNT = (
    Task("repurchase", ["label"], fit_label),
    Task("value_tier", ["label"], fit_classes),
    Task("active_months", MONTHS, fit_labels),
    Task("spend", ["label"], fit_amount),
)
YES_OR_NO = "case when n % 3 = 0 then 'yes' else 'no' end"
GRADE = "substr('abc', n % 3 + 1, 1)"


@pytest.mark.parametrize(
    ("task", "values", "classes", "odd", "message"),
    [
        (
            BINARY,
            YES_OR_NO,
            ["yes", "no"],
            ["'maybe'", "'maybe'", "'NO'"],
            "repurchase: label is 'maybe', not one of yes, no; rows: 2. label is 'NO', not one of yes, no; rows: 1",
        ),
        (BINARY, YES_OR_NO, ["yes", "no"], ["null"], "repurchase: label is missing; rows: 1"),
        (MULTICLASS, GRADE, ["a", "b", "c"], ["'A'"], "value_tier: label is 'A', not one of a, b, c; rows: 1"),
        (MULTICLASS, GRADE, None, ["null"], "value_tier: label is missing; rows: 1"),
        (
            MULTILABEL,
            "n % 2 = 0",
            ["true", "false"],
            ["null"],
            "active_months: is_first is missing; rows: 1. is_second is missing; rows: 1",
        ),
        (AMOUNT, "cast(n as decimal(18, 2))", None, ["null"], "spend: label is missing; rows: 1"),
        (AMOUNT, "n", None, ["-3.5", "-1"], "spend v1: label is -3.5 or the like, not an amount from 0 on; rows: 2"),
        (
            AMOUNT,
            "n",
            None,
            ["cast('inf' as double)"],
            "spend v1: label is inf or the like, not an amount from 0 on; rows: 1",
        ),
    ],
)
def test_nothing_is_fitted_on_labels_that_are_no_classes(
    task: Task, values: str, classes: Sequence[str] | None, odd: Sequence[str], message: str
):
    assert "intercept" in fit(task, values, classes)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fit(task, values, classes, *odd)


def test_two_classes_have_the_probabilities_of_a_logistic_regression():
    draws = np.random.default_rng(0)
    x = draws.normal(size=(400, 2))
    classes = np.where(x[:, 0] + draws.normal(size=400) > 0, "more", "less")
    is_train = np.arange(400) < 300
    fitted = fit_classes(x, {"label": classes}, is_train, ["a", "b"])
    rows = {(output, parameter, feature): value for output, parameter, feature, value in fitted}
    predictors = {
        name: rows[name, "intercept", None]
        + sum(
            rows[name, "coefficient", feature] * (x[:, i] - rows[None, "mean", feature]) / rows[None, "scale", feature]
            for i, feature in enumerate(["a", "b"])
        )
        for name in ("less", "more")
    }
    scores = np.exp(predictors["more"]) / (np.exp(predictors["less"]) + np.exp(predictors["more"]))
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-8))
    expected = model.fit(x[is_train], classes[is_train]).predict_proba(x)[:, 1]
    np.testing.assert_allclose(scores, expected, rtol=1e-9)
