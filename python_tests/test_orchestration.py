"""What schedulers are shown in orchestration/ is what the seed `pipelines` says."""

import csv
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from support.command_line import clear_environment

REPOSITORY = Path(__file__).parents[1]
EXAMPLES = REPOSITORY / "orchestration"
PIPELINES = {row["pipeline_id"]: row for row in csv.DictReader((REPOSITORY / "seeds/config/pipelines.csv").open())}


def test_examples_name_the_hours_of_the_seed():
    assert {row["time_zone"] for row in PIPELINES.values()} == {"UTC"}
    crontab = (EXAMPLES / "crontab").read_text()
    assert [row["cron"] for row in PIPELINES.values() if f"{row['cron']} millwright cd" not in crontab] == []
    assert f'schedule="{PIPELINES["nightly"]["cron"]}"' in (EXAMPLES / "airflow_dag.py").read_text()
    minute, hour = PIPELINES["nightly"]["cron"].split()[:2]
    timer = (EXAMPLES / "systemd" / "millwright@nightly.timer").read_text()
    assert f"OnCalendar=*-*-* {int(hour):02}:{int(minute):02}:00 UTC" in timer


def test_dagster_has_assets_checks_and_a_schedule_for_each_pipeline(monkeypatch, tmp_path):
    pytest.importorskip("dagster_dbt", reason="the extra `dagster` is not installed")
    clear_environment(monkeypatch)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    monkeypatch.setenv("MILLWRIGHT_DUCKDB_PATH", str(tmp_path / "none.duckdb"))
    specification = spec_from_file_location("dagster_definitions", EXAMPLES / "dagster_definitions.py")
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    repository = module.definitions.get_repository_def()
    assert {schedule.job_name: schedule.cron_schedule for schedule in repository.schedule_defs} == {
        pipeline_id: row["cron"] for pipeline_id, row in PIPELINES.items()
    }
    assert {"dim_customers", "eval_metrics"} <= {key.path[-1] for key in repository.asset_graph.get_all_asset_keys()}
    assert len(repository.asset_graph.asset_check_keys) > 100
    assert not (tmp_path / "none.duckdb").exists()
