"""Features of moments with pandas, for a group whose rows are never late.

python -m benchmarks.peers.point_in_time.merge_asof MOMENTS READINGS DAYS ANSWER

Writes the Parquet file ANSWER with a row for each of the MOMENTS and the newest of the READINGS that happened at or
before it and at most so many DAYS earlier.
"""

import sys

import pandas as pd


def main(moments: str, readings: str, days: str, answer: str) -> None:
    """Writes the moments with their features."""
    pd.merge_asof(
        pd.read_parquet(moments).sort_values("moment"),
        pd.read_parquet(readings).sort_values("event_at"),
        left_on="moment",
        right_on="event_at",
        by="entity_id",
        tolerance=pd.Timedelta(days=int(days)),
    ).to_parquet(answer, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
