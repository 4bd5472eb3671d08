"""Alerts open once, close when their cause is gone, and come back anew; people answer them in any words.

Each engine lives through four runs of the monitoring on an otherwise empty warehouse. What earlier layers would have
built are tables of the test: a source that is fresh or not, and a quality rule that fails. Then somebody is told.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace

import pandas as pd
import pytest
from support.commands import run
from support.postgres_server import PostgresServer
from support.world import World

from millwright.errors import MillwrightError
from millwright.notify import Severity, notify

ENGINES = ("duckdb", "postgres")
HOSTILE = "O'Hara'); drop table ops.alert_events; -- {{ 1/0 }} \\ \"x\" %s 日本"
FRESHNESS, RULE = "health:data_freshness_hours:shop.purchases", f"quality:{HOSTILE}"
FAILED, DIED, FEW = "run_failed:snapshot", "run_died:lost", "health:completed_run_rate_7d:all"
SELECTED = [
    *("performance_limits", "health_thresholds", "fs_batches", "stg_ops__feature_batches", "stg_ops__alert_events"),
    *(
        "stg_ops__runs",
        "stg_ops__run_steps",
        "stg_ops__run_stages",
        "stg_ops__run_nodes",
        "stg_ops__run_edges",
        "path:models/monitoring",
    ),
]
FRESH, STALE = "1998-06-30 12:00:00", "1998-06-25 00:00:00"
SOURCES = ("shop__purchases", "crm__customers", "erp__customers", "marketing__contacts", "support__tickets")
REFUSED = {
    "unknown": {"alert_id": HOSTILE, "actor": "ann"},
    "empty": {"alert_id": "x", "actor": "  "},
}


@dataclass
class Life:
    """What a warehouse went through: its alerts and events after each run, and what was said to people."""

    world: World
    alerts: list[pd.DataFrame] = field(default_factory=list)
    events: pd.DataFrame | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    received: list[dict] = field(default_factory=list)
    said: str = ""
    sent_again: list[dict] = field(default_factory=list)

    def night(self) -> None:
        options = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        excluded = ["--exclude", "eval_predictions+", "+mon_prediction_errors"]
        self.world.run("dbt", "build", "--select", *SELECTED, *excluded, *options)
        self.alerts.append(self.world.query("select * from monitoring.mon_alerts order by alert_key, opened_at"))

    def call(self, procedure: str, **arguments: str) -> tuple[int, str]:
        return run(("dbt", "run-operation", procedure, "--args", json.dumps(arguments)), self.world.variables)

    def tell(self) -> None:
        """Tries an address that refuses, has the command send, and asks again."""
        relation = SimpleNamespace(schema="ops", identifier="alert_events", relation_name="ops.alert_events")
        manifest = SimpleNamespace(sources={"source.millwright.ops.alert_events": relation})
        with webhook([], status=500) as address, pytest.raises(MillwrightError) as refusal:
            notify(self.world.target, manifest, [address], Severity.HIGH)
        self.refusals["sent"] = str(refusal.value)
        with webhook(self.received) as address:
            self.said = self.world.run("millwright", "notify", "--to", address, "--min-severity", "high")
            self.sent_again = notify(self.world.target, manifest, [address], Severity.HIGH)

    def alert(self, night: int, key: str) -> pd.Series:
        """The newest alert of a key as a night left it."""
        alerts = self.alerts[night]
        return alerts[alerts["alert_key"] == key].iloc[-1]


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def deliver(world: World, shop_at: str) -> None:
    world.execute(f"update staging.stg_shop__purchases_freshness set newest_loaded_at = timestamp '{shop_at}'")


def earlier_layers(world: World) -> None:
    """What the monitoring reads of other layers: sources that are fresh, a rule that fails, no rejected rows."""
    freshness = "source_name text, table_name text, newest_loaded_at timestamp, n_rows_of_day bigint"
    statements = ["create schema staging", "create schema quality"]
    for source in SOURCES:
        name, table = source.split("__")
        statements += [
            f"create table staging.stg_{source}_freshness ({freshness})",
            f"insert into staging.stg_{source}_freshness values ('{name}', '{table}', timestamp '{FRESH}', 5)",
        ]
    quarantine = "relation_name text, record_key text, reason text, known_at timestamp"
    rules = "rule_id text, relation_name text, description text, severity text, verdict text, problem text"
    statements += [
        f"create table quality.dq_quarantined_rows ({quarantine})",
        f"create table quality.dq_rule_results ({rules})",
        f"""
        insert into quality.dq_rule_results
        values ({literal(HOSTILE)}, 'fct_x', {literal(HOSTILE)}, 'high', 'fail', null)
        """,
        """
        insert into quality.dq_rule_results
        select 'p' || cast(n as text), 'fct_x', 'Something', 'low', 'pass', null
        from generate_series(1, 20) as numbers (n)
        """,
    ]
    for statement in statements:
        world.execute(statement)


def runs_by_others(world: World) -> None:
    """A run that failed and one that never ended."""
    columns = "run_id, invocation_id, event, command, as_of, recorded_at"
    world.execute(f"""
        insert into ops.runs ({columns}) values
            ('broken', 'broken', 'started', 'snapshot', timestamp '1998-07-01', timestamp '2020-01-01 02:00:00'),
            ('broken', 'broken', 'failed', 'snapshot', timestamp '1998-07-01', timestamp '2020-01-01 02:01:00'),
            ('lost', 'lost', 'started', 'run', timestamp '1998-07-01', (select max(recorded_at) from ops.runs))
    """)


@contextmanager
def webhook(received: list[dict], status: int = 200) -> Iterator[str]:
    """The address of a server that keeps what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"json://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


def live(world: World) -> Life:
    life = Life(world)
    earlier_layers(world)
    deliver(world, STALE)
    life.night()
    runs_by_others(world)
    life.night()

    stale, rule = life.alert(1, FRESHNESS)["alert_id"], life.alert(1, RULE)["alert_id"]
    for name, arguments in REFUSED.items():
        life.refusals[name] = life.call("acknowledge_alert", **arguments)[1]
    for procedure, alert_id in (("acknowledge_alert", stale), ("resolve_alert", rule)):
        code, output = life.call(procedure, alert_id=alert_id, actor=HOSTILE, note=HOSTILE)
        assert code == 0, output
    life.refusals["resolved"] = life.call("resolve_alert", alert_id=rule, actor="ann")[1]
    life.alerts[1] = world.query("select * from monitoring.mon_alerts order by alert_key, opened_at")

    deliver(world, FRESH)
    life.night()
    deliver(world, STALE)
    life.night()
    life.tell()
    life.events = world.query("select * from monitoring.mon_alert_history")
    return life


@pytest.fixture(scope="module")
def lives(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Life]:
    worlds = [World(engine, tmp_path_factory.mktemp(engine), postgres) for engine in ENGINES]
    with ThreadPoolExecutor() as pool:
        return dict(zip(ENGINES, pool.map(live, worlds), strict=True))


@pytest.fixture(params=ENGINES)
def life(request: pytest.FixtureRequest, lives: dict[str, Life]) -> Life:
    return lives[request.param]


def test_an_alert_opens_once_while_its_cause_persists(life: Life):
    first = life.alerts[0]
    assert set(first["alert_key"]) == {FRESHNESS, RULE}
    assert dict(zip(first["alert_key"], first["severity"], strict=True)) == {FRESHNESS: "medium", RULE: "high"}
    assert life.alert(0, FRESHNESS)["message"] == (
        "data_freshness_hours of shop.purchases is 144, more than 24. Wanted: Every source delivers within a day"
    )
    second = life.alerts[1].set_index("alert_id")
    assert set(first["alert_id"]) <= set(second.index)
    assert set(second["alert_key"]) == {FRESHNESS, RULE, FAILED, DIED, FEW}


def test_no_two_alerts_of_a_key_are_ever_open(life: Life):
    for alerts in life.alerts:
        assert alerts[alerts["status"] != "resolved"]["alert_key"].is_unique
    begun = life.events[life.events["event"].isin(["opened", "reopened"])]
    assert begun["alert_id"].is_unique


def test_people_answer_in_any_words(life: Life):
    acknowledged, resolved = life.alert(1, FRESHNESS), life.alert(1, RULE)
    assert list(acknowledged[["status", "acknowledged_by", "acknowledgement"]]) == ["acknowledged", HOSTILE, HOSTILE]
    assert list(resolved[["status", "resolved_by", "resolution"]]) == ["resolved", HOSTILE, HOSTILE]


def test_what_cannot_be_done_is_refused_by_name(life: Life):
    refusals = {name: " ".join(text.split()) for name, text in life.refusals.items()}
    assert f'acknowledge_alert: there is no alert "{HOSTILE}"; the newest that are open are' in refusals["unknown"]
    assert "acknowledge_alert: actor is empty; say who you are" in refusals["empty"]
    assert f"is resolved already, by {HOSTILE} at" in refusals["resolved"]
    assert list(life.events["event"]).count("acknowledged") == 1


def test_an_alert_closes_with_its_cause_and_opens_anew_when_that_is_back(life: Life):
    closed, back = life.alert(2, FRESHNESS), life.alert(3, FRESHNESS)
    assert list(closed[["status", "resolved_by"]]) == ["resolved", "run"]
    assert list(back[["status", "is_reopened"]]) == ["open", True]
    assert closed["alert_id"] != back["alert_id"]
    # A person resolved it, and the next run still saw the rule fail.
    assert list(life.alert(2, RULE)[["status", "is_reopened"]]) == ["open", True]


def test_a_run_that_failed_or_died_is_told_of_by_the_run_after_it(life: Life):
    assert list(life.alert(1, FAILED)[["status", "severity", "subject"]]) == ["open", "critical", "dbt snapshot"]
    assert list(life.alert(1, DIED)[["status", "severity"]]) == ["open", "critical"]
    # No snapshot was completed since; of the run that died two later ones have told.
    assert life.alert(3, FAILED)["status"] == "open"
    assert life.alert(2, DIED)["status"] == "resolved"


def test_runs_are_told_with_their_nodes_and_rows(life: Life):
    runs = life.world.query("select run_id, status from monitoring.mon_runs order by started_at")
    assert list(runs["status"]) == ["failed", "completed", "died", "completed", "completed", "completed"]
    newest = runs["run_id"].iloc[-1]
    stages = life.world.query(f"""
        select stage, status, n_nodes
        from monitoring.mon_pipeline_status
        where run_id = '{newest}'
        order by stage
    """)
    assert list(stages["stage"]) == ["feature_store", "monitoring", "seeds", "staging"]
    assert set(stages["status"]) == {"completed"}
    edges = life.world.query(f"""
        select source_name, target_name, n_source_rows
        from monitoring.mon_lineage
        where run_id = '{newest}' and target_name = 'mon_health_metrics' and source_name = 'health_thresholds'
    """)
    assert len(edges) == 1


def test_every_alert_is_sent_once_and_only_when_it_was_taken(life: Life):
    assert "not every address took the message" in life.refusals["sent"]
    assert life.said.startswith("2 alerts sent.")
    assert life.sent_again == []
    (message,) = life.received
    assert message["title"] == "Millwright: 2 new alerts"
    # The worst first; the stale source is medium only.
    assert message["message"].splitlines()[0].startswith("critical: dbt snapshot: run broken as of 1998-07-01")
    assert HOSTILE in message["message"].splitlines()[1]
    assert list(life.events["event"]).count("notified") == 2


def test_both_engines_tell_the_same(lives: dict[str, Life]):
    columns = ["alert_id", "alert_key", "event", "severity", "alert_type", "subject", "message", "actor"]
    duckdb, postgres = (lives[engine].events[columns].sort_values(columns[:3], ignore_index=True) for engine in ENGINES)
    pd.testing.assert_frame_equal(duckdb, postgres)
