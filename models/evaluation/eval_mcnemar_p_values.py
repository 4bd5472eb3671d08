"""The exact p-value of McNemar's test for counts of disagreements that have none: SQL has no binomial distribution."""

import pandas as pd
from scipy.stats import binom

COUNTS = ["n_only_right", "n_only_other_right"]


def model(dbt, session):
    disagreements = dbt.ref("eval_disagreements")
    counts = disagreements.df()[COUNTS].drop_duplicates()
    if dbt.is_incremental:
        held = session.sql(f"select {', '.join(COUNTS)} from {dbt.this}").df()
        counts = counts.merge(held, how="left", on=COUNTS, indicator=True).query("_merge == 'left_only'")[COUNTS]
    counts = counts.astype("int64").reset_index(drop=True)
    p_values = 2 * binom.cdf(counts.min(axis=1), counts.sum(axis=1), 0.5)
    return counts.assign(p_value=pd.Series(p_values, dtype="float64").clip(upper=1))
