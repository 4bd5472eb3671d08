"""Landing tables come from their YAML and keep their rows as it changes; a developer's are apart from all others."""

import json
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer
from support.world import World

PARTITIONS = """
    select relations.relname as name
    from pg_inherits
    inner join pg_class as relations on pg_inherits.inhrelid = relations.oid
    where pg_inherits.inhparent = 'dev_ann_ops.predictions'::regclass
    order by relations.relname
"""


def run(world: World, as_of: str) -> None:
    variables = f"{{as_of: '{as_of}', history_starts_on: '1997-11-01'}}"
    world.run("dbt", "run", "--select", "stg_ops__runs", "--vars", variables)


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_landing_tables_follow_their_yaml_and_keep_their_rows(engine: str, postgres: PostgresServer, tmp_path: Path):
    world = World(engine, tmp_path, postgres, schema="dev_ann")
    run(world, "1998-01-15")
    if engine == "postgres":
        months = ["1997_11", "1997_12", "1998_01", "1998_02", "1998_03", "1998_04"]
        assert list(world.query(PARTITIONS)["name"]) == [f"predictions_{month}" for month in [*months, "default"]]
        indexes = world.query("""
            select indexname
            from pg_indexes
            where schemaname = 'dev_ann_ops' and tablename = 'predictions'
        """)
        assert set(indexes["indexname"]) == {"predictions_prediction_id_idx", "predictions_model_name_known_at_idx"}

    # A column that an older version of the project did not have, and a row of a month that has no partition yet.
    world.execute("alter table dev_ann_ops.predictions drop column data_split")
    world.execute("insert into dev_ann_ops.predictions (prediction_id, event_at) values ('early', '1998-06-10')")
    run(world, "1998-05-01")
    if engine == "postgres":
        partitions = set(world.query(PARTITIONS)["name"])
        assert {"predictions_1998_05", "predictions_1998_07", "predictions_1998_08"} < partitions
        assert "predictions_1998_06" not in partitions

    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text())
    held = world.query("select * from dev_ann_ops.predictions")
    assert set(held.columns) == set(manifest["sources"]["source.millwright.ops.predictions"]["columns"])
    assert list(held["prediction_id"]) == ["early"]
    runs = world.query("select distinct as_of from dev_ann_staging.stg_ops__runs order by as_of")
    assert len(runs) == 2
