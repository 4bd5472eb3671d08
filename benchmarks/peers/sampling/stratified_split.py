"""A stratified split with scikit-learn.

python -m benchmarks.peers.sampling.stratified_split EXAMPLES ANSWER

Writes the Parquet file ANSWER with all rows of EXAMPLES and their data_split, 70% train, 15% valid, 15% test of each
label.
"""

import sys

import pandas as pd
from sklearn.model_selection import train_test_split


def main(examples: str, answer: str) -> None:
    """Writes the rows with their splits."""
    frame = pd.read_parquet(examples)
    labels = frame["label"].fillna("")
    train, rest = train_test_split(frame.index, test_size=0.3, stratify=labels, random_state=0)
    valid, test = train_test_split(rest, test_size=0.5, stratify=labels[rest], random_state=0)
    for name, rows in {"train": train, "valid": valid, "test": test}.items():
        frame.loc[rows, "data_split"] = name
    frame.to_parquet(answer, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
