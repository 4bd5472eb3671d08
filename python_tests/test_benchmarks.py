"""The benchmarks' frame, with a case of milliseconds."""

import contextlib
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import psutil
import psycopg2
import pytest
from typer.testing import CliRunner, Result

from benchmarks import __main__ as command
from benchmarks import predictions, queries
from benchmarks.cases import features_night, hourly, point_in_time, sampling
from benchmarks.frame import Case, Disagreement, ScaleResult, discover
from benchmarks.measure import Command, Limits, Measurement, measure
from benchmarks.peers.point_in_time import merge_asof
from benchmarks.peers.sampling import groupby_sample, stratified_split
from benchmarks.postgres import SETTINGS, copied, on_postgres
from benchmarks.report import Report
from millwright.local_postgres import PostgresCluster
from millwright.transfer import copy_to_postgres, create_postgres_table

NO_LIMITS = Limits(seconds=60, memory=2**40)
HOLD_100_MB = "import time; held = bytearray(100 * 2**20); time.sleep(0.5)"


class Fake(Case):
    """Two scripts that write their answer to the file `answer`, and their turn to the file `turns` beside the input."""

    description = "a fake"
    unit = "things"
    contenders = ("ours", "peer")

    def __init__(self, ours: str = "answer(42)", peer: str = "answer(42)") -> None:
        self.scripts = {"ours": ours, "peer": peer}
        self.n_prepared = 0

    def prepare(self, scale: int, data: Path) -> Path:
        self.n_prepared += 1
        inputs = data / f"input_{scale}"
        inputs.mkdir()
        return inputs

    def size(self, inputs: Path) -> float:
        return float(inputs.name.removeprefix("input_"))

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        assert list(work.iterdir()) == []
        prelude = (
            "import os, pathlib, sys, time\n"
            "open(os.environ['TURNS'], 'a').write(os.environ['CONTENDER'] + ' ')\n"
            f"answer = lambda value: pathlib.Path({str(work / 'answer')!r}).write_text(str(value))\n"
        )
        return Command(
            [sys.executable, "-c", prelude + self.scripts[contender]],
            {"TURNS": str(inputs / "turns"), "CONTENDER": contender},
        )

    def check(self, works: Mapping[str, Path]) -> str:
        ours, peers = ((works[contender] / "answer").read_text() for contender in self.contenders)
        if ours != peers:
            raise Disagreement(f"{ours} is not {peers}")
        return f"Both say {ours}."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command with a fake case called `fake`; its results and data are in the test's directory."""

    def invoke(case: Case, *arguments: str) -> Result:
        monkeypatch.setattr(command, "discover", lambda: {"fake": case})
        directories = ["--results", str(tmp_path / "results"), "--data", str(tmp_path / "data")]
        return CliRunner().invoke(command.app, ["run", "fake", *directories, *arguments])

    return invoke


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def page(tmp_path: Path) -> str:
    return (tmp_path / "results" / "fake.md").read_text()


def cells(markdown: str, scale: str, contender: str) -> list[str]:
    return next(
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in markdown.splitlines()
        if line.startswith(f"| {scale} ") and f"| {contender} |" in line
    )


def test_contenders_take_turns_and_the_page_has_a_row_for_each(run, tmp_path):
    result = run(Fake(), "--scale", "1,2", "--runs", "3,1")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / "input_1" / "turns").read_text() == "ours peer ours peer ours peer "
    assert (tmp_path / "data" / "input_2" / "turns").read_text() == "ours peer "
    written = page(tmp_path)
    assert [cells(written, scale, who)[5] for scale in ("1x", "2x") for who in ("ours", "peer")] == ["3", "3", "1", "1"]
    assert "Both say 42." in written
    assert re.search(r"cores \d+ .*memory \d+ GB.*Python 3.*duckdb 2.*dbt-core 1", written)
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith("work-")] == []


def test_the_table_has_medians_and_their_ratio():
    def measured(*seconds: float) -> list[Measurement]:
        return [Measurement("done", each, 2 * each, round(each * 2**20), each / 10) for each in seconds]

    result = ScaleResult(10, 2.0, {"ours": measured(5, 30, 6), "peer": measured(3, 4, 5)})
    report = Report("fake", Fake(), "bench", "today", {"cores": "2"}, [result])

    assert cells(report.markdown(), "10x", "ours") == [
        *("10x", "2", "ours", "6.0", "5.0 to 30.0", "3", "1.50", "12.0", "0.6", "30", "3.0"),
    ]
    assert cells(report.markdown(), "10x", "peer")[3:7] == ["4.0", "3.0 to 5.0", "3", "1.00"]


def test_a_case_may_tell_more_ratios_and_have_contenders_for_some_scales_only(run, tmp_path):
    class Longer(Fake):
        contenders = ("ours", "more", "peer")
        ratios = (("more", "ours"), ("ours", "more"))

        def contenders_at(self, scale: int) -> tuple[str, ...]:
            return self.contenders if scale == 1 else ("ours", "peer")

    case = Longer()
    case.scripts["more"] = "time.sleep(0.2)"
    case.check = lambda works: "Nothing to compare."
    result = run(case, "--scale", "1,2", "--runs", "1")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / "input_1" / "turns").read_text() == "ours more peer "
    assert (tmp_path / "data" / "input_2" / "turns").read_text() == "ours peer "
    at_1x, at_2x = page(tmp_path).split("## At 1x")[1].split("## At 2x")
    ratios = [float(line.split("|")[3]) for line in at_1x.splitlines() if line.startswith(("| more |", "| ours |"))]
    assert ratios[0] > 1 > ratios[1]
    assert "| more |" not in at_2x


def test_time_is_wall_clock_and_processor_time_is_not(tmp_path):
    sleeping = measure(Command([sys.executable, "-c", "import time; time.sleep(0.4)"]), tmp_path / "log", NO_LIMITS)
    working = measure(
        Command([sys.executable, "-c", "import time\nwhile time.process_time() < 0.4: pass"]),
        tmp_path / "log",
        NO_LIMITS,
    )

    assert sleeping.seconds >= 0.4
    assert sleeping.processor_seconds < 0.4 <= working.processor_seconds


def test_memory_is_that_of_all_processes_of_a_run(tmp_path):
    start_child = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {HOLD_100_MB!r}])"
    script = f"{start_child}; {HOLD_100_MB}; child.wait()"

    measured = measure(Command([sys.executable, "-c", script]), tmp_path / "log", NO_LIMITS)

    assert 200 * 2**20 < measured.peak_memory < 300 * 2**20


def test_memory_that_processes_share_counts_once(tmp_path):
    share_100_mb = (
        "import mmap, os, time; shared = mmap.mmap(-1, 100 * 2**20); shared.write(bytes(100 * 2**20))\n"
        "child = os.fork(); sum(shared[::4096]); time.sleep(0.5)"
    )

    measured = measure(Command([sys.executable, "-c", share_100_mb]), tmp_path / "log", NO_LIMITS)

    assert 100 * 2**20 < measured.peak_memory < 180 * 2**20


def test_at_a_limit_a_server_in_a_session_of_its_own_ends_too(tmp_path):
    script = (
        "import pathlib, subprocess, sys\n"
        "server = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(server.pid)); server.wait()"
    )

    measured = measure(Command([sys.executable, "-c", script]), tmp_path / "log", Limits(seconds=2, memory=2**40))

    assert measured.outcome == "stopped after 2 s"
    deadline = time.monotonic() + 10
    while is_running(int((tmp_path / "pid").read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_failing_contender_is_reported_and_ends_with_1(run, tmp_path):
    result = run(Fake(ours="sys.exit('cannot go on')"), "--runs", "2")

    assert result.exit_code == 1
    written = page(tmp_path)
    assert cells(written, "1x", "ours")[3:7] == ["failed with exit code 1", "", "1", ""]
    assert cells(written, "1x", "peer")[5] == "2"
    assert "cannot go on" in written


def test_different_results_are_reported_and_end_with_1(run, tmp_path):
    result = run(Fake(peer="answer(41)"))

    assert result.exit_code == 1
    assert "**The results differ:** 42 is not 41" in page(tmp_path)


@pytest.mark.parametrize(
    ("script", "limit", "outcome"),
    [
        ("time.sleep(60)", ("--time-limit", "1"), "stopped after 1 s"),
        (f"{HOLD_100_MB}; time.sleep(60)", ("--memory-limit", "0.1"), "out of memory at 0.1 GB"),
    ],
)
def test_a_peer_that_reaches_a_limit_is_stopped_and_still_in_the_table(run, tmp_path, script, limit, outcome):
    result = run(Fake(peer=script), "--runs", "2", *limit)

    assert result.exit_code == 0, result.output
    written = page(tmp_path)
    assert cells(written, "1x", "peer")[3:7] == [outcome, "", "1", ""]
    assert cells(written, "1x", "ours")[5:7] == ["2", ""]


def test_an_unknown_case_is_named_with_the_known_ones():
    result = CliRunner().invoke(command.app, ["run", "nonsense"])

    assert result.exit_code == 2
    assert "nonsense" in result.output
    assert all(name in result.output for name in discover())


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--scale", "0"), ("--scale", "1,x"), ("--time-limit", "0")),
        *(("--scale", "1,2,3", "--runs", "3,1"), ("--scale", "1,2", "--time-limit", "9,9,9")),
    ],
)
def test_a_wrong_call_prepares_nothing_and_ends_with_2(run, arguments):
    case = Fake()

    assert run(case, *arguments).exit_code == 2
    assert case.n_prepared == 0


def test_every_case_says_what_it_is():
    for name, case in discover().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert case.description.strip()
        assert len(set(case.contenders)) == len(case.contenders) >= 1


def test_peers_of_point_in_time_find_the_same_rows(tmp_path):
    warehouse = tmp_path / "made.duckdb"
    with duckdb.connect(warehouse) as duck:
        point_in_time.fill(duck, 1)
        for table in ("moments", "feat_readings"):
            duck.execute(f"copy prod.{table} to '{tmp_path / table}' (format parquet)")
        n_late = duck.execute("select count(*) from prod.feat_late_readings where known_at > event_at").fetchall()[0][0]
    works = {contender: tmp_path / contender for contender in (*point_in_time.QUERIES_BY_HAND, point_in_time.PANDAS)}
    for contender, work in works.items():
        work.mkdir()
        if contender in point_in_time.QUERIES_BY_HAND:
            query = point_in_time.PEERS / "point_in_time" / point_in_time.QUERIES_BY_HAND[contender]
            queries.main(warehouse, query, work / point_in_time.ANSWER)
        else:
            days = str(point_in_time.TIME_TO_LIVE_DAYS)
            files = [str(path) for path in (tmp_path / "moments", tmp_path / "feat_readings")]
            merge_asof.main(*files, days, str(work / point_in_time.ANSWER))

    assert n_late > 9_000
    assert "all 1,000 moments" in point_in_time.CASE.check(works)
    works[point_in_time.PANDAS] = works[point_in_time.BY_HAND_LATE]
    with pytest.raises(Disagreement, match="moments have other features of `readings`"):
        point_in_time.CASE.check(works)


def test_peers_of_sampling_take_as_many_rows(tmp_path):
    warehouse, examples = tmp_path / "made.duckdb", tmp_path / "examples"
    with duckdb.connect(warehouse) as duck:
        sampling.fill(duck, 60_000)
        duck.execute(f"copy prod.examples to '{examples}' (format parquet)")
        (n_fine,) = duck.execute("select count(*) from prod.examples where label = 'fine'").fetchone()
    works = {contender: tmp_path / contender for contender in (sampling.PANDAS, sampling.SKLEARN, sampling.BY_HAND)}
    for work in works.values():
        work.mkdir()
    answers = {contender: str(work / sampling.ANSWER) for contender, work in works.items()}
    groupby_sample.main(str(examples), str(sampling.CAP), answers[sampling.PANDAS])
    stratified_split.main(str(examples), answers[sampling.SKLEARN])
    queries.main(warehouse, sampling.PEERS / "row_number.sql", Path(answers[sampling.BY_HAND]))

    assert n_fine > sampling.CAP
    assert "as many of each class" in sampling.CASE.check(works)
    works[sampling.SAMPLE] = works[sampling.PANDAS]
    with pytest.raises(Disagreement, match="rows are only in one of"):
        sampling.CASE.check(works)
    works[sampling.SAMPLE], works[sampling.PANDAS] = works[sampling.BY_HAND], works[sampling.SKLEARN]
    with pytest.raises(Disagreement, match="By class"):
        sampling.CASE.check(works)


def test_sql_by_hand_for_evaluation_says_the_same_on_postgres(tmp_path, postgres, monkeypatch):
    monkeypatch.setattr(predictions, "PER_DAY", 200)
    warehouse, works = tmp_path / "made.duckdb", {name: tmp_path / name for name in ("ours", "peer", "other")}
    for work in works.values():
        work.mkdir()
    with duckdb.connect(warehouse) as duck, contextlib.closing(postgres.connect()) as connection:
        predictions.fill(duck, 200 * 50)
        # Some have the same score.
        duck.execute("update evaluation.eval_predictions set score = round(score, 2) where hash(prediction_id) % 2 = 0")
        with connection.cursor() as cursor:
            cursor.execute("create schema evaluation")
        rows, table = "select * from evaluation.eval_predictions", "evaluation.eval_predictions"
        create_postgres_table(duck, rows, connection, table)
        copy_to_postgres(duck, rows, connection, table)
        connection.commit()
    ours, peers, other = (work / predictions.ANSWER for work in works.values())
    queries.main(warehouse, predictions.PEERS / "by_hand.sql", ours)
    queries.answer_from_postgres(postgres, (predictions.PEERS / "by_hand_postgres.sql").read_text(), peers)
    with duckdb.connect() as duck:
        duck.read_parquet(str(peers)).project("* replace (value * 1.00001 as value)").to_parquet(str(other))

    assert "*ours* and *peer* agree in 532 values" in predictions.agreement(works, ["ours"], "peer")
    with pytest.raises(Disagreement, match="of 532 values of \\*other\\* differ"):
        predictions.agreement(works, ["ours", "other"], "peer")


def test_hours_that_are_not_those_by_hand_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(predictions, "PER_DAY", 200)
    rows, warehouse = tmp_path / "rows.duckdb", tmp_path / "hourly.duckdb"
    works = {contender: tmp_path / contender for contender in (hourly.MARTS, hourly.BY_HAND)}
    for work in works.values():
        work.mkdir()
    with duckdb.connect(rows) as duck:
        predictions.fill(duck, 200 * 10)
    with duckdb.connect(warehouse) as duck:
        hourly.fill(duck, rows)
    ours, peers = (work / predictions.ANSWER for work in works.values())
    queries.main(warehouse, hourly.PEER, peers)

    def say(change: str) -> None:
        with duckdb.connect() as duck:
            duck.read_parquet(str(peers)).project(f"* replace ({change})").to_parquet(str(ours))

    say("accuracy_rate as accuracy_rate")
    assert "agree in 12 metrics of 960 hours" in hourly.CASE.check(works)
    of_one_hour = "if(hour_starts_at = '2025-05-31 05:00:00'"
    say(f"{of_one_hour}, null, latency_p99_ms) as latency_p99_ms")
    with pytest.raises(Disagreement, match="Of 960 hours 4 differ"):
        hourly.CASE.check(works)
    say(f"{of_one_hour}, hour_starts_at - interval 1 year, hour_starts_at) as hour_starts_at")
    with pytest.raises(Disagreement, match="Of 964 hours 8 differ"):
        hourly.CASE.check(works)


def test_a_run_on_postgres_has_a_server_in_a_copy_of_the_cluster_whose_work_counts():
    statement = "create table written as select sum(sqrt(n)) from generate_series(1, 10000000) as numbers (n)"
    script = f"""
import os, psycopg2, time
address = {{name: os.environ["MILLWRIGHT_POSTGRES_" + name.upper()] for name in ("host", "port", "user", "password")}}
with psycopg2.connect(dbname=os.environ["MILLWRIGHT_POSTGRES_DATABASE"], **address) as connection:
    connection.cursor().execute("{statement}")
print(time.process_time())
"""
    with tempfile.TemporaryDirectory() as directory:
        # PostgreSQL, which root runs as `nobody`, has to reach what is in it.
        Path(directory).chmod(0o711)
        cluster, log = Path(directory, "made"), Path(directory, "log")
        cluster.mkdir()
        PostgresCluster(cluster).create(SETTINGS)
        copy = copied(cluster, Path(directory))
        measured = measure(on_postgres(Command([sys.executable, "-c", script]), copy), log, NO_LIMITS)

        assert measured.is_done, log.read_text()
        assert measured.processor_seconds > float(log.read_text()) + 0.5
        with PostgresCluster(copy).running() as server:
            server.execute("select * from written")
        with PostgresCluster(cluster).running() as server, pytest.raises(psycopg2.errors.UndefinedTable):
            server.execute("select * from written")


def test_histories_ten_times_as_long_are_for_small_scales():
    at_10x, at_100x = (features_night.CASE.contenders_at(scale) for scale in (10, 100))
    assert at_10x == features_night.CASE.contenders
    assert not set(at_100x) & set(features_night.LONG)
