"""Which differences between variants are more than chance, for which SQL has no distributions."""

from millwright.experiments import judge


def model(dbt, session):
    return judge(dbt.ref("mon_experiment_statistics").to_arrow_table().to_pylist())
