"""Quality rules with Great Expectations, as `millwright validate` has them evaluated.

python -m benchmarks.peers.quality.expectations WAREHOUSE RULES AS_OF ANSWER

RULES is a JSON file with rows of the seed `data_quality_rules`; ANSWER is a Parquet file with the failing rows of each.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd

from millwright.expectations import count_failing_rows
from millwright.warehouse import Warehouse

SCHEMA = "prod"


def main(warehouse: Path, rules: Path, as_of: str, answer: Path) -> None:
    """Writes the failing rows of each rule."""
    given = [
        rule | {"share_allowed": 0.05, "evaluated_at": datetime.fromisoformat(as_of)}
        for rule in json.loads(rules.read_text(encoding="utf-8"))
    ]
    places = {rule["relation_name"]: (SCHEMA, rule["relation_name"]) for rule in given}
    with duckdb.connect(warehouse, read_only=True, config={"threads": 2, "memory_limit": "4GB"}) as duck:
        counts = count_failing_rows(Warehouse(SimpleNamespace(engine="duckdb"), duck), places, given)
    if problems := {rule_id: problem for rule_id, (_, problem) in counts.items() if problem}:
        sys.exit(f"Great Expectations could not evaluate all: {problems}")
    answers = [(rule_id, n_failed) for rule_id, (n_failed, _) in counts.items()]
    pd.DataFrame(answers, columns=["rule_id", "n_failed"]).to_parquet(answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
