"""Features of moments with Feast, for a group whose rows are never late. Runs in an environment of its own.

python point_in_time.py MOMENTS READINGS DAYS ANSWER

Writes the Parquet file ANSWER with a row for each of the MOMENTS that one of the READINGS is found for: the newest that
happened at or before it and at most so many DAYS earlier. Feast's stores are made beside ANSWER.
"""

import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64, Int64

FEATURES = {"reading_number": Int64, "n_events": Int64, "level": Int64, "amount": Float64, "share": Float64}


def main(moments: Path, readings: Path, days: int, answer: Path) -> None:
    """Writes the moments with their features."""
    entity = Entity(name="entity", join_keys=["entity_id"], value_type=ValueType.INT64)
    view = FeatureView(
        name="readings",
        entities=[entity],
        ttl=timedelta(days=days),
        schema=[Field(name=name, dtype=dtype) for name, dtype in FEATURES.items()],
        source=FileSource(path=str(readings), timestamp_field="event_at", created_timestamp_column="known_at"),
        online=False,
    )
    store = FeatureStore(
        config=RepoConfig(
            project="benchmark",
            provider="local",
            registry=str(answer.with_name("registry.db")),
            online_store={"type": "sqlite", "path": str(answer.with_name("online.db"))},
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )
    store.apply([entity, view])
    job = store.get_historical_features(
        entity_df=pd.read_parquet(moments).rename(columns={"moment": "event_timestamp"}),
        features=[f"readings:{name}" for name in FEATURES],
    )
    found = job.to_df().rename(columns={"event_timestamp": "moment"})
    found["moment"] = found["moment"].dt.tz_localize(None)
    found.to_parquet(answer, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
