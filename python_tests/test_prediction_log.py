"""Predictions, outcomes and errors get into the log by procedure and by plain insert, and are judged alike.

Each engine lives through two nights with nothing but landing tables: applications log what they please, some of it
hostile, some before its version is registered; a retirement is entered late. Then everything is built anew.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from support.commands import run
from support.evaluation_world import insert
from support.postgres_server import PostgresServer
from support.world import World

ENGINES = ("duckdb", "postgres")
HOSTILE = "O'Hara'); drop table ops.predictions; -- {{ 1/0 }} {% raw %} \\ \"x\" %s $$ 日本 😀"
MEGABYTE = "x;'" * 350_000
FIRST_NIGHT, LAST_NIGHT = "1998-03-01", "1998-03-20"
BUILT = {
    "eval_predictions": "evaluation",
    "eval_hours": "evaluation",
    "mon_prediction_hours": "monitoring",
    "mon_prediction_metrics": "monitoring",
    "mon_prediction_errors": "monitoring",
    "mon_prediction_error_history": "monitoring",
}
SELECTED = (
    *("+stg_ops__predictions", "+stg_ops__predictions_quarantined", "+stg_ops__outcomes"),
    *("stg_ops__outcomes_quarantined", "+stg_ops__prediction_errors_quarantined", *BUILT),
    "+mon_prediction_errors",
)
# Equal inputs in the same line, in every spelling; none of the lines is equal to another.
INPUTS = [
    ['{"a": 1, "b": "x"}', '{"b":"x","a":1.0}', ' {"a" : 1e0, "b": "\\u0078"}', '{"a": 10.0E-1, "b": "x"}'],
    ['{"a": "1", "b": "x"}'],
    ['{"a": 1, "b": "X"}'],
    ['{"a": 1, "b": null}'],
    ['{"a": 1}'],
    ['{"a": true}'],
    ['{"a": "true"}'],
    ["{}", " { } "],
    ['{"a": 0}', '{"a": -0.0}', '{"a": 0e5}', '{"a": 1e-999}'],
    ['{"a": 0.1}', '{"a": 1e-1}', '{"a": 0.10000000000000000001}'],
    ['{"a": 1e22}', '{"a": 10000000000000000000000}'],
    ['{"a": 9007199254740993}', '{"a": 9007199254740992.0}'],
    ['{"a": 1.7976931348623157e308}'],
    ['{"a": 1e999}', '{"a": 2e999}'],
    ['{"a": 5e-324}'],
    [json.dumps({"é": HOSTILE, "": "\n"}), json.dumps({"": "\n", "é": HOSTILE}, ensure_ascii=False)],
    ['{"a1": "b", "c": "d"}'],
    ['{"a": "1b", "c": "d"}'],
]
NO_HASH = ['{"a": [1]}', '{"a": {"b": 1}}']
UNREADABLE = ['{"a": NaN}', '{"a": -Infinity}', "[1]", '"a"', "{", "", '{"a": "\\u0000"}']
# Of the reference of version 1: a number from 0 to 10, one that it never had a value of, and a category.
REFERENCE = [
    {"feature": "number", "kind": "number", "bin_number": 0},
    {"feature": "number", "kind": "number", "bin_number": 1, "lower_bound": "-Infinity", "upper_bound": 0},
    {"feature": "number", "kind": "number", "bin_number": 2, "lower_bound": 0, "upper_bound": 10},
    {"feature": "number", "kind": "number", "bin_number": 3, "lower_bound": 10, "upper_bound": "Infinity"},
    {"feature": "never", "kind": "number", "bin_number": 1, "lower_bound": "-Infinity", "upper_bound": "Infinity"},
    {"feature": "category", "kind": "category", "bin_number": 0},
    {"feature": "category", "kind": "category", "bin_number": 1, "category": "x"},
]
GOOD = {"model_name": "m", "model_version": "1", "entity_id": "e", "prediction": {"predicted_class": "a", "score": 0.7}}
KNOWN = {"known_at": "1998-02-02 10:30:00"}


def hash_of(text: str) -> str:
    """What decision 18 says, in Python."""
    entries = []
    for key, value in json.loads(text).items():
        kind = {bool: "boolean", str: "string", type(None): "null"}.get(type(value), "number")
        said = {"boolean": str(value).lower(), "string": value, "null": ""}.get(kind)
        if said is None:
            number = float(value)
            said = "Infinity" if math.isinf(number) else str(int(number)) if is_short(number) else repr(number)
        name = hashlib.md5(key.encode()).hexdigest()
        entries.append(hashlib.md5(f"{name}{kind}:{said}".encode()).hexdigest())
    return hashlib.md5("".join(sorted(entries)).encode()).hexdigest()


def is_short(number: float) -> bool:
    return abs(number) < 1e16 and number == int(number)


@dataclass
class Life:
    """What a warehouse went through: what procedures said, and what there was after each night."""

    world: World
    said: dict[str, str] = field(default_factory=dict)
    nights: list[dict[str, pd.DataFrame]] = field(default_factory=list)

    def call(self, name: str, procedure: str, **arguments: Any) -> None:
        written = json.dumps(arguments, ensure_ascii=False)
        self.said[name] = run(("dbt", "run-operation", procedure, "--args", written), self.world.variables)[1]

    def log(self, name: str, **changes: Any) -> None:
        self.call(name, "log_prediction", **GOOD | {"context": KNOWN} | changes)

    def night(self, as_of: str, *options: str) -> None:
        self.world.run("dbt", "run", "--select", *SELECTED, *options, "--vars", f"{{as_of: '{as_of}'}}")
        self.nights.append({name: self.world.relation(f"{schema}.{name}") for name, schema in BUILT.items()})

    def insert(self, table: str, *rows: dict[str, Any]) -> None:
        insert(self.world, f"ops.{table}", list(dict.fromkeys(name for row in rows for name in row)), rows)

    def rows(self, relation: str, condition: str = "true") -> list[dict[str, Any]]:
        return self.world.query(f"select * from {relation} where {condition}").to_dict("records")

    def printed(self, name: str) -> dict[str, str]:
        """The row that a procedure printed."""
        lines = [line for line in self.said[name].splitlines() if line.startswith("|")]
        assert len(lines) == 3, self.said[name]
        head, _, row = ([cell.strip() for cell in re.split(r" \| ", line.strip("| "))] for line in lines)
        return dict(zip(head, row, strict=False))


def predicted(prediction_id: str, version: str, at: str, known_at: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "prediction_id": prediction_id,
        "model_name": "m",
        "model_version": version,
        "entity_id": "e",
        "event_at": at,
        "known_at": known_at or at,
        "predicted_class": "a",
        **more,
    }


def version(name: str, known_at: str) -> dict[str, str]:
    return {"model_name": "m", "model_version": name, "event_at": known_at, "known_at": known_at}


def refer(world: World) -> None:
    """What drift would have fitted."""
    bounds = "lower_bound double precision, upper_bound double precision"
    names = "model_name text, model_version text, feature_group text, feature text, kind text, category text"
    world.execute("create schema if not exists monitoring")
    world.execute(f"create table monitoring.mon_drift_references ({names}, bin_number integer, {bounds})")
    columns = [*(name.split()[0] for name in names.split(", ")), "bin_number", "lower_bound", "upper_bound"]
    of_version = {"model_name": "m", "model_version": "1", "feature_group": "g"}
    insert(world, "monitoring.mon_drift_references", columns, [of_version | row for row in REFERENCE])


def log_everything(life: Life) -> None:
    life.insert("model_versions", *(version(name, "1998-01-01") for name in ("1", "schema", "retired")))
    schema = {"model_name": "m", "model_version": "schema", "feature_group": "g", "known_at": "1998-01-01"}
    life.insert(
        "model_features",
        schema | {"feature_order": 1, "feature": "amount", "data_type": "number"},
        schema | {"feature_order": 2, "feature": "city", "data_type": "text", "is_required": False},
    )
    life.insert(
        "predictions",
        *(
            predicted(f"input {line}.{number}", "1", "1998-02-01 09:00:00", input_features=text)
            for line, texts in enumerate([*INPUTS, NO_HASH, UNREADABLE])
            for number, text in enumerate(texts)
        ),
        predicted("early", "late", "1998-02-03 11:15:00", request_id="r", memory_mb=10, cpu_rate=0.5),
        predicted("never", "nobody's", "1998-02-03 11:15:00"),
        predicted("in use", "retired", "1998-02-28 12:00:00", memory_mb=10, cpu_rate=0.5),
        predicted("in use 2", "retired", "1998-02-28 12:30:00", memory_mb=30, cpu_rate=None),
        *(
            predicted(name, "1", "1998-02-04 08:00:00", request_id=request, input_features='{"a": 1}')
            for name, request in (("asked", "r"), ("asked again", "r"), ("another", "s"))
        ),
        predicted(HOSTILE, "1", "1998-02-05", entity_id=HOSTILE, predicted_class=HOSTILE, request_id=MEGABYTE),
    )

    life.log("good", input_features={"amount": 3}, context=KNOWN | {"prediction_id": "p", "latency_ms": 12.5})
    life.log("repeated", input_features='{"amount": 3.0}', context=KNOWN | {"prediction_id": "p"})
    life.log("contradicted", prediction={"predicted_class": "b"}, context=KNOWN | {"prediction_id": "p"})
    life.log("unnamed", input_features={"amount": 3})
    life.log("unnamed again", input_features={"amount": 3})
    for name, value in (("strange", 10.1), ("within", 10), ("unmeasured", None)):
        life.log(name, input_features={"number": value, "category": "x", "never": 3, "other": 1})
    life.log("warned", model_version="schema", input_features={"amount": 1, "new": 1})
    hostile = {
        "prediction_id": f"by procedure {HOSTILE}",
        "session_id": HOSTILE,
        "business_context": {HOSTILE: HOSTILE},
    }
    life.log(
        "hostile",
        entity_id=HOSTILE,
        prediction={"predicted_class": MEGABYTE},
        input_features={HOSTILE: HOSTILE},
        context=KNOWN | hostile,
    )
    life.log(
        "all wrong",
        model_version="7",
        entity_id="nul \0",
        prediction={"predicted_class": True, "score": "x", "nonsense": 1},
        input_features=[1],
        context=KNOWN | {"event_at": "1998-02-31", "latency_ms": -1, "request_id": HOSTILE},
    )
    life.log("misfit", model_version="schema", input_features={"city": 1})
    life.log("retired", model_version="retired", context={"known_at": "1998-03-15"})

    labels = {"predicted_labels": ["a", "b"], "class_scores": dict.fromkeys("abcd", 0.5)}
    life.log("labels", prediction=labels, context=KNOWN | {"prediction_id": "labels"})
    life.insert(
        "predictions",
        predicted("number", "1", "1998-02-02", predicted_class=None, predicted_value=80),
        predicted("number", "1", "1998-02-02", predicted_class=None, predicted_value=80, model_name="other"),
    )


def log_outcomes(life: Life) -> None:
    def tell(name: str, prediction_id: str, known_at: str = "1998-02-10", **more: Any) -> None:
        life.call(name, "update_prediction_outcome", prediction_id=prediction_id, known_at=known_at, **more)

    tell("right", "p", outcome={"actual_class": "a"}, event_at="1998-02-09", source=HOSTILE)
    tell("right again", "p", "1998-02-11", outcome={"actual_class": "a"}, event_at="1998-02-09")
    tell("corrected", "p", "1998-02-12", outcome={"actual_class": "b"})
    tell("of labels", "labels", outcome={"actual_labels": ["b", "c", "e"]})
    tell("of several", "number", outcome={"actual_value": 100})
    tell("of a number", "number", outcome={"actual_value": 100}, model_name="m")
    tell("far off", "number", "1998-02-13", outcome={"actual_value": -1}, model_name="m")
    tell("of nothing", "number", "1998-02-14", outcome={"actual_value": 0}, model_name="m")
    tell("unknown", HOSTILE + " or not", outcome={"actual_class": "a"})
    tell("of another kind", "p", outcome={"actual_value": 1})


def log_errors(life: Life) -> None:
    when = {"event_at": "1998-02-28 12:59:59", "known_at": "1998-02-28 13:00:00", "model_version": "retired"}
    for name, changes in {
        "error": {"context": when | {"error_id": "e1", "stage": "inference", "stack_trace": MEGABYTE}},
        "error again": {"context": when | {"error_id": "e1"}},
        "odd error": {"error_type": "panic", "message": "", "context": {"stage": "thinking", "nonsense": 1}},
    }.items():
        said = {"error_type": "timeout", "message": HOSTILE, "model_name": "m"} | changes
        life.call(name, "log_prediction_error", **said)
    answers = [("investigating", "e1"), ("resolved", "e1"), ("investigating", "e1"), ("open", "e1"), ("open", HOSTILE)]
    for number, (status, error_id) in enumerate(answers):
        answer = {"error_id": error_id, "status": status, "actor": HOSTILE, "note": HOSTILE}
        life.call(f"answer {number}", "resolve_prediction_error", **answer)
    answer = {"error_id": "e1", "note": HOSTILE, "actor": "ann"}
    life.insert(
        "prediction_error_events",
        answer | {"status": "investigating", "event_at": "1998-02-28 14:00:00", "known_at": "1998-02-28 14:00:00"},
        answer | {"status": "resolved", "event_at": "1998-03-02", "known_at": "1998-03-02"},
    )
    life.insert("prediction_errors", {"error_id": "bad", "error_type": "panic", "known_at": "1998-02-28"})


def come_late(life: Life) -> None:
    """A registration, a retirement of a month ago, and rows of hours that were counted already."""
    life.insert("model_versions", version("late", "1998-03-10 12:00:00"))
    revision = {"model_name": "m", "model_version": "retired", "revision": 1, "status": "retired"}
    life.insert("model_version_revisions", revision | {"event_at": "1998-02-01", "known_at": "1998-03-10"})
    life.insert(
        "predictions",
        predicted("too late", "retired", "1998-02-28 12:45:00", "1998-03-11"),
        predicted("in time", "late", "1998-02-03 11:20:00", "1998-03-11", request_id="r"),
        predicted("wrong", "1", "1998-02-04 08:59:00", "1998-03-11", score=2),
    )
    life.insert(
        "prediction_errors",
        {
            "error_id": "e2",
            "error_type": "model_error",
            "message": "late",
            "model_name": "m",
            "model_version": "1",
            "event_at": "1998-02-04 08:30:00",
            "known_at": "1998-03-12",
        },
    )


@pytest.fixture(scope="module", params=ENGINES)
def life(request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Life:
    world = World(request.param, tmp_path_factory.mktemp(request.param), postgres)
    life = Life(world)
    world.run("dbt", "seed", "--select", "model_tasks", "label_aliases", "--vars", f"{{as_of: '{FIRST_NIGHT}'}}")
    refer(world)
    log_everything(life)
    log_outcomes(life)
    log_errors(life)
    life.night(FIRST_NIGHT)
    come_late(life)
    life.night(LAST_NIGHT)
    life.night(LAST_NIGHT, "--full-refresh")
    return life


def test_equal_inputs_have_equal_hashes_however_they_are_written(life: Life):
    staged = life.world.query("select prediction_id, feature_hash from staging.stg_ops__predictions")
    hashes = dict(zip(staged["prediction_id"], staged["feature_hash"], strict=True))
    of_lines = [{hashes[f"input {line}.{number}"] for number in range(len(texts))} for line, texts in enumerate(INPUTS)]
    assert of_lines == [{hash_of(text) for text in texts} for texts in INPUTS]
    assert len(set.union(*of_lines)) == len(INPUTS)
    assert all(pd.isna(hashes[f"input {len(INPUTS)}.{number}"]) for number in range(len(NO_HASH)))
    quarantined = life.rows("staging.stg_ops__predictions_quarantined", "input_features is not null")
    reasons = {row["prediction_id"]: row["rejection_reason"] for row in quarantined}
    unreadable = {f"input {len(INPUTS) + 1}.{number}": "input_features is no JSON object" for number in range(7)}
    assert unreadable.items() <= reasons.items()


def test_hostile_text_is_data(life: Life):
    (inserted,) = life.rows("ops.predictions", f"prediction_id = '{HOSTILE.replace(chr(39), chr(39) * 2)}'")
    assert (inserted["entity_id"], inserted["predicted_class"]) == (HOSTILE, HOSTILE)
    assert inserted["request_id"] == MEGABYTE
    (logged,) = [row for row in life.rows("ops.predictions") if row["prediction_id"] == f"by procedure {HOSTILE}"]
    assert (logged["entity_id"], logged["session_id"]) == (HOSTILE, HOSTILE)
    assert logged["predicted_class"] == MEGABYTE
    assert json.loads(logged["input_features"]) == json.loads(logged["business_context"]) == {HOSTILE: HOSTILE}
    assert life.printed("hostile")["status"] == "logged"
    (error,) = life.rows("ops.prediction_errors", "error_id = 'e1'")
    assert (error["message"], error["stack_trace"]) == (HOSTILE, MEGABYTE)
    assert life.rows("ops.outcomes", "source is not null")[0]["source"] == HOSTILE


def test_a_prediction_is_logged_once(life: Life):
    row = life.printed("good")
    assert (row["prediction_id"], row["status"], row["confidence_level"]) == ("p", "logged", "medium")
    assert row["feature_hash"] == hash_of('{"amount": 3}')
    assert life.printed("repeated")["status"] == "held"
    assert "p was logged before, and said something else" in life.said["contradicted"]
    assert len(life.rows("ops.predictions", "prediction_id = 'p'")) == 1
    names = life.printed("unnamed"), life.printed("unnamed again")
    assert [name["status"] for name in names] == ["logged", "held"]
    assert names[0]["prediction_id"] == names[1]["prediction_id"]
    warned = life.printed("warned")
    assert warned["validation_status"] == "warning"
    assert warned["validation_warnings"] == "input_features has what the schema does not know: new"


def test_an_input_is_strange_by_the_share_of_its_features_that_the_reference_has_not_seen(life: Life):
    scores = [life.printed(name)["drift_score"] for name in ("strange", "within", "unmeasured")]
    assert scores == ["0.5", "0", "0"]
    # Nothing of it is in the reference.
    assert life.printed("good").get("drift_score", "") == ""


def test_what_is_refused_is_named_whole_and_stays_as_an_error(life: Life):
    wrong = {
        "all wrong": [
            *("entity_id has the character NUL", "predicted_class is read as true by YAML; put quotes around it"),
            *("score is no number", 'prediction has "nonsense"', "event_at is no ISO date or timestamp in UTC"),
            *("model_version is not registered", "latency_ms is not 0 or more", "input_features is no JSON object"),
            "registered versions of m are 1, retired, schema",
        ],
        "misfit": ["input_features lacks amount", "input_features has a value of the wrong type for city"],
        "contradicted": ["said something else"],
        "unknown": ["there is no prediction"],
        "of several": ["say model_name, one of m, other"],
        "of another kind": ["given as actual_value, but what was predicted is a predicted_class"],
    }
    errors = {row["error_id"]: row for row in life.rows("ops.prediction_errors")}
    for name, problems in wrong.items():
        (error_id,) = set(re.findall(r"\(error ([0-9a-f]{32}) in ops.prediction_errors\)", life.said[name]))
        for problem in problems:
            assert problem in life.said[name]
            assert problem in errors[error_id]["message"]
        assert errors[error_id]["stage"] == "logging"
    # Nobody has retired it yet.
    assert life.printed("retired")["status"] == "logged"


def test_outcomes_are_kept_and_the_newest_counts(life: Life):
    expected = {
        "right": ("logged", "1"),
        "right again": ("held", "1"),
        "corrected": ("corrected", "0"),
        # Of a, b, c, d and e it was right about b and d.
        "of labels": ("logged", "0.4"),
        "of a number": ("logged", "0.8"),
        "far off": ("corrected", "0"),
        "of nothing": ("corrected", ""),
    }
    for name, (status, accuracy) in expected.items():
        row = life.printed(name)
        assert (row["status"], row.get("accuracy", "")) == (status, accuracy), name
    assert len(life.rows("ops.outcomes", "prediction_id = 'p'")) == 2
    assert life.rows("evaluation.eval_predictions", "prediction_id = 'p'")[0]["actual_class"] == "b"


def test_errors_have_a_status_with_its_history(life: Life):
    assert [life.printed(name)["status"] for name in ("error", "error again")] == ["logged", "held"]
    for problem in ("message is missing", "error_type is none of", "stage is none of", 'context has "nonsense"'):
        assert problem in life.said["odd error"]
    for number, status in ((0, "investigating"), (1, "resolved"), (3, "open")):
        assert f"the error e1 is {status}" in life.said[f"answer {number}"]
    assert "is resolved already" in life.said["answer 2"]
    assert f'there is no error "{HOSTILE}"' in life.said["answer 4"]
    appended = life.rows("ops.prediction_error_events", "known_at > timestamp '2020-01-01'")
    assert sorted(row["status"] for row in appended) == ["investigating", "open", "resolved"]
    assert {row["note"] for row in appended} == {HOSTILE}

    first, last = (night["mon_prediction_errors"].set_index("error_id").loc["e1"] for night in life.nights[:2])
    assert (first["status"], first["actor"], pd.isna(first["resolved_by"])) == ("investigating", "ann", True)
    assert (last["status"], last["resolved_by"], str(last["resolved_at"])) == ("resolved", "ann", "1998-03-02 00:00:00")
    history = life.nights[1]["mon_prediction_error_history"]
    steps = history[history["error_id"] == "e1"].sort_values("step_number")
    assert list(steps["status"]) == ["open", "investigating", "resolved"]
    (bad,) = life.rows("staging.stg_ops__prediction_errors_quarantined")
    assert bad["rejection_reason"].startswith("message is missing; error_type is none of")


def test_late_registrations_let_predictions_in_and_late_retirements_take_none_back(life: Life):
    before, after = (set(night["eval_predictions"]["prediction_id"]) for night in life.nights[:2])
    assert after - before == {"early", "in time"}
    assert before - after == set()
    waiting = {
        row["prediction_id"]: row["rejection_reason"] for row in life.rows("staging.stg_ops__predictions_quarantined")
    }
    assert waiting["never"] == "model_version is not registered"
    assert waiting["too late"] == "model_version was retired"
    early = life.nights[1]["eval_predictions"].set_index("prediction_id").loc["early"]
    assert str(early["known_at"]) == str(early["changed_at"]) == "1998-03-10 12:00:00"


def test_hours_count_failures_repeats_resources_and_errors(life: Life):
    def hour(night: int, version: str, starts_at: str) -> pd.Series:
        hours = life.nights[night]["mon_prediction_metrics"]
        of_version = (hours["grain"] == "hour") & (hours["model_name"] == "m") & (hours["model_version"] == version)
        return hours[of_version & (hours["period_start_at"] == pd.Timestamp(starts_at))].iloc[0]

    counts = ["n_predictions", "n_validation_failures", "n_logged_errors", "n_repeats"]
    assert list(hour(0, "late", "1998-02-03 11:00:00")[counts]) == [0, 1, 0, 0]
    assert list(hour(1, "late", "1998-02-03 11:00:00")[counts]) == [2, 0, 0, 0]
    assert list(hour(0, "1", "1998-02-04 08:00:00")[counts]) == [3, 0, 0, 1]
    assert list(hour(1, "1", "1998-02-04 08:00:00")[counts]) == [3, 1, 1, 1]
    assert hour(1, "1", "1998-02-04 08:00:00")["validation_failure_rate"] == 0.25
    in_use = hour(1, "retired", "1998-02-28 12:00:00")
    assert list(in_use[counts]) == [2, 1, 1, 0]
    assert list(in_use[["memory_mean_mb", "memory_max_mb", "mean_cpu_rate", "cpu_rate_max"]]) == [20, 30, 0.5, 0.5]
    assert hour(0, "schema", "1998-02-02 10:00:00")["n_validation_warnings"] == 1
    assert hour(0, "nobody's", "1998-02-03 11:00:00")["n_predictions"] == 0


@pytest.mark.parametrize("name", BUILT)
def test_a_night_comes_to_what_a_full_refresh_comes_to(life: Life, name: str):
    pd.testing.assert_frame_equal(life.nights[1][name], life.nights[2][name])
