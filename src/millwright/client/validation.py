"""Why staging would put a row into quarantine: the same rules in the same words, told before the row is on its way.

The rules are those of `base_ops__predictions`, `base_ops__outcomes` and `base_ops__prediction_errors`; a test holds
both sides to the same reasons.
"""

import json
from math import isfinite
from typing import Any

from millwright.client.registry import Registry
from millwright.client.tables import Row, json_encoder

ERROR_TYPES = ("validation_error", "model_error", "timeout", "resource_exhausted", "logging_error")
STAGES = ("preprocessing", "inference", "postprocessing", "logging")

#: What was given as JSON and is none.
UNREADABLE = object()


def as_json(value: Any) -> tuple[str | None, Any]:
    """A column's value, which is JSON text or an object to be written as JSON: its text, and what the text says.

    None stays None. What is no JSON to a database, though Python writes or reads it, is UNREADABLE: NaN, infinities,
    the character NUL, halves of characters. Raises TypeError for an object that JSON has no form for.
    """
    if value is None:
        return None, None
    if isinstance(value, str):
        text, said = value, _read(value)
    else:
        text, said = _ENCODE(value), value
        if "NaN" in text or "Infinity" in text:
            said = _read(text)
    return text, UNREADABLE if "\\u0000" in text else said


def prediction_problems(
    row: Row, labels: Any, scores: Any, segments: Any, features: Any, context: Any, registry: Registry | None
) -> list[str]:
    """The reasons against a row of `predictions`, whose JSON says this; without a registry only those of the row."""
    # All at once, which takes a third of the time of a few slices.
    # fmt: off
    (
        prediction_id, model_name, model_version, entity_id, event_at, known_at, score, predicted_class,
        predicted_labels, predicted_value, class_scores, _, segments_text, _, _, _, _, latency_ms, features_text, _,
        memory_mb, cpu_rate, context_text, _,
    ) = row
    # fmt: on
    reasons = []
    if not prediction_id:
        reasons.append("prediction_id is missing")
    if not model_name:
        reasons.append("model_name is missing")
    if not model_version:
        reasons.append("model_version is missing")
    version = task = None
    if registry is not None:
        version = registry.versions.get((model_name, model_version))
        task = registry.tasks.get(model_name)
        if version is None:
            if model_name and model_version:
                reasons.append("model_version is not registered")
        elif version.revisions and (ban := version.ban(event_at, known_at)):
            reasons.append(f"model_version was {ban}")
    if not entity_id:
        reasons.append("entity_id is missing")
    if event_at > known_at:
        reasons.append("event_at is after known_at")
    n_answers = (predicted_class is not None) + (predicted_labels is not None) + (predicted_value is not None)
    if n_answers != 1 or task is not None:
        if n_answers == 0 and task is None:
            reasons.append("nothing is predicted")
        if predicted_class is None and task in ("binary", "multiclass"):
            reasons.append("predicted_class is missing")
        if predicted_labels is None and task == "multilabel":
            reasons.append("predicted_labels is missing")
        if predicted_value is None and task == "regression":
            reasons.append("predicted_value is missing")
        if n_answers > 1:
            reasons.append("more than one thing is predicted")
    if predicted_labels is not None and not isinstance(labels, list | tuple):
        reasons.append("predicted_labels is no JSON array")
    if predicted_value is not None and not isfinite(predicted_value):
        reasons.append("predicted_value is not finite")
    if score is not None and not 0 <= score <= 1:
        reasons.append("score is outside 0 to 1")
    if class_scores is not None:
        reasons += _problems_of_scores(scores, predicted_class)
    elif predicted_labels is not None:
        reasons.append("class_scores is missing")
    if latency_ms is not None and not (latency_ms >= 0 and isfinite(latency_ms)):
        reasons.append("latency_ms is not 0 or more")
    if memory_mb is not None and not (memory_mb >= 0 and isfinite(memory_mb)):
        reasons.append("memory_mb is not 0 or more")
    if cpu_rate is not None and not 0 <= cpu_rate <= 1:
        reasons.append("cpu_rate is outside 0 to 1")
    if segments_text is not None:
        if not isinstance(segments, dict):
            reasons.append("segments is no JSON object")
        elif segments.get("split") is not None:
            reasons.append("segments has split, which is what data_split says")
    if context_text is not None and not isinstance(context, dict):
        reasons.append("business_context is no JSON object")
    if features_text is not None:
        if not isinstance(features, dict):
            reasons.append("input_features is no JSON object")
        elif version is not None and version.features:
            missing, mistyped = version.misfits(features)
            if missing:
                reasons.append(f"input_features lacks {', '.join(missing)}")
            if mistyped:
                reasons.append(f"input_features has a value of the wrong type for {', '.join(mistyped)}")
    return reasons


def outcome_problems(row: Row, labels: Any) -> list[str]:
    """The reasons against a row of `outcomes`, with what its labels say as JSON."""
    outcome_id, prediction_id, model_name, event_at, known_at, actual_class, actual_labels, actual_value = row[:8]
    reasons = []
    if not outcome_id:
        reasons.append("outcome_id is missing")
    if not model_name:
        reasons.append("model_name is missing")
    if not prediction_id:
        reasons.append("prediction_id is missing")
    n_answers = (actual_class is not None) + (actual_labels is not None) + (actual_value is not None)
    if n_answers == 0:
        reasons.append("no outcome is given")
    if n_answers > 1:
        reasons.append("more than one outcome is given")
    if actual_labels is not None and not isinstance(labels, list | tuple):
        reasons.append("actual_labels is no JSON array")
    if actual_value is not None and not isfinite(actual_value):
        reasons.append("actual_value is not finite")
    if event_at > known_at:
        reasons.append("event_at is after known_at")
    return reasons


def error_problems(row: Row) -> list[str]:
    """The reasons against a row of `prediction_errors`."""
    error_id, error_type, message, stage, event_at, known_at = row[0], row[5], row[7], row[9], row[11], row[12]
    reasons = []
    if not error_id:
        reasons.append("error_id is missing")
    if not message:
        reasons.append("message is missing")
    if error_type not in ERROR_TYPES:
        reasons.append(f"error_type is none of {', '.join(ERROR_TYPES)}")
    if stage is not None and stage not in STAGES:
        reasons.append(f"stage is none of {', '.join(STAGES)}")
    if event_at > known_at:
        reasons.append("event_at is after known_at")
    return reasons


def _problems_of_scores(scores: Any, predicted_class: Any) -> list[str]:
    if not isinstance(scores, dict):
        return ["class_scores is no JSON object"]
    values = scores.values()
    try:
        total, lowest, highest = sum(values), min(values), max(values)
    except (TypeError, ValueError):
        total = None
    # Infinity is what Python reads a number as that no database reads.
    if total is None or not isfinite(total) or bool in map(type, values):
        return ["class_scores has none, or one that is no number from 0 to 1"]
    reasons = []
    if not (lowest >= 0 and highest <= 1):
        reasons.append("class_scores has none, or one that is no number from 0 to 1")
    if predicted_class is not None and abs(total - 1) > 0.001:
        reasons.append("class_scores do not add up to 1")
    return reasons


def _number_of(value: Any) -> Any:
    # Numbers of NumPy are none to Python's JSON.
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{value!r} ({type(value).__name__}) has no form in JSON")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read(text: str) -> Any:
    try:
        said = _DECODE(text)
        if "\\u" in text:
            # Half of a character can be escaped, but not be stored.
            _ENCODE(said).encode()
    except (ValueError, RecursionError):
        return UNREADABLE
    return said


_ENCODE = json_encoder(_number_of)
_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode
