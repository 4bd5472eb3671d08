"""Which differences between variants are more than chance: SQL has no distributions. millwright.experiments says how."""

from millwright.experiments import judge


def model(dbt, session):
    return judge(dbt.ref("mon_experiment_statistics").to_arrow_table().to_pylist())
