"""A sample of each class with pandas.

python -m benchmarks.peers.sampling.groupby_sample EXAMPLES CAP ANSWER

Writes the Parquet file ANSWER with at most CAP rows of each label of EXAMPLES, and how many rows the label has.
"""

import sys

import pandas as pd


def main(examples: str, cap: str, answer: str) -> None:
    """Writes the sampled rows."""
    frame = pd.read_parquet(examples)
    sampled = [
        rows.sample(min(len(rows), int(cap)), random_state=0).assign(n_in_stratum=len(rows))
        for _, rows in frame.groupby("label", dropna=False)
    ]
    pd.concat(sampled).to_parquet(answer, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
