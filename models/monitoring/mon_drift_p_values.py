"""The p-value of the chi-squared test for statistics that have none: SQL has no chi-squared distribution."""

from scipy.stats import chi2

STATISTICS = ["chi_squared", "degrees_of_freedom"]


def model(dbt, session):
    distances = dbt.ref("mon_drift_distances")
    tested = distances.df()[STATISTICS].astype("float64").query("degrees_of_freedom > 0").drop_duplicates()
    if dbt.is_incremental:
        held = session.sql(f"select {', '.join(STATISTICS)} from {dbt.this}").df().astype("float64")
        tested = tested.merge(held, how="left", on=STATISTICS, indicator=True).query("_merge == 'left_only'")
    tested = tested[STATISTICS].reset_index(drop=True)
    return tested.assign(
        degrees_of_freedom=tested["degrees_of_freedom"].astype("int64"),
        p_value=chi2.sf(tested["chi_squared"], tested["degrees_of_freedom"]),
    )
