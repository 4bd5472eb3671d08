"""What is registered about model versions, as the checks of predictions need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Query = Callable[[str], list[tuple]]

BANS = ("rejected", "retired")
TYPES = ("number", "text", "boolean")


@dataclass
class Version:
    """A registered version: its revisions as (revision, status, event_at, known_at), times as a row has them, and its
    features as (data type, whether it is required) by name."""

    registered_at: str
    revisions: list[tuple[int, str, str, str]] = field(default_factory=list)
    features: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def ban(self, event_at: str, known_at: str) -> str | None:
        """`rejected` or `retired`, if the version was so at that moment, by what was known then."""
        known_by = max(known_at, self.registered_at)
        in_force = [revision for revision in self.revisions if revision[2] <= event_at and revision[3] <= known_by]
        status = max(in_force)[1] if in_force else None
        return status if status in BANS else None

    def misfits(self, given: dict[str, Any]) -> tuple[list[str], list[str]]:
        """The required features without a value, and those whose value has another type, each in alphabetical order."""
        missing, mistyped = [], []
        for name, (data_type, is_required) in self.features.items():
            value = given.get(name)
            if value is None:
                if is_required:
                    missing.append(name)
            elif data_type != "any" and data_type != _type_of(value):
                mistyped.append(name)
        return sorted(missing), sorted(mistyped)


@dataclass(frozen=True)
class Registry:
    """The versions by model and version, and the tasks of models."""

    versions: dict[tuple[str, str], Version]
    tasks: dict[str, str]

    @classmethod
    def read(cls, query: Query, schema: str) -> Registry:
        """Reads it from the landing tables in the schema, and the tasks from the seed `model_tasks` beside it."""
        versions = {
            (model, version): Version(_text(registered_at))
            for model, version, registered_at in query(f"""
                select model_name, model_version, min(known_at)
                from "{schema}".model_versions
                where model_name <> '' and model_version <> '' and event_at <= known_at
                group by model_name, model_version
            """)
        }
        for model, version, revision, status, event_at, known_at in query(f"""
            select model_name, model_version, revision, status, event_at, known_at
            from "{schema}".model_version_revisions
            where revision is not null and status is not null and event_at is not null and known_at is not null
        """):
            if (model, version) in versions:
                versions[model, version].revisions.append((revision, status, _text(event_at), _text(known_at)))
        for model, version, feature, data_type, is_required in query(f"""
            select model_name, model_version, feature, min(data_type), bool_and(coalesce(is_required, true))
            from "{schema}".model_features
            where feature is not null
            group by model_name, model_version, feature
        """):
            if (model, version) in versions:
                wanted = data_type if data_type in TYPES else "any"
                versions[model, version].features[feature] = (wanted, is_required)
        seeds = schema.removesuffix("ops") + "config"
        is_seeded = query(f"""
            select 1
            from information_schema.tables
            where table_schema = '{seeds}' and table_name = 'model_tasks'
        """)
        return cls(versions, dict(query(f'select model_name, task from "{seeds}".model_tasks')) if is_seeded else {})


def _text(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    return "other" if isinstance(value, dict | list | tuple) else "number"
