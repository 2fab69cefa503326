"""Processes, Dask and an object store: the same rows whoever judges and wherever files are kept."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pcapcheck import pipeline
from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError
from pcapcheck.fleet import fleet_request, judge_observation
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.fleet_run import run_fleet
from pcapcheck.fleet.judge_fleet import ATTEMPTS, Ordered, judge_fleet
from pcapcheck.fleet.judge_observation import unpacked
from pcapcheck.fleet.judging import Judging
from pcapcheck.fleet.process_engine import ProcessEngine
from pcapcheck.fleet.time_limit import OutOfTime, within
from tests.support.fleet import BROKEN, HEALTHY, InlineEngine, fleet_of, run_inline
from tests.support.lab import CAPTURES

TABLES = ("observations.jsonl", "findings.jsonl")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Forty captures of the lab, and four files that are none."""
    folder = tmp_path / "fleet"
    captures = sorted(CAPTURES.rglob("*.pcap"))
    for capture in captures[:: len(captures) // 40][:40]:
        place = folder / capture.relative_to(CAPTURES)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(capture, place)
    for number in range(4):
        (folder / f"text-{number}.pcap").write_text("no capture\n")
    return folder


def written(output: Path) -> list[bytes]:
    return [(output / name).read_bytes() for name in TABLES]


def run(source: Path | str, output: Path, **how: Any) -> list[bytes]:
    run_fleet(FleetRequest((str(source),), Judging(), **how), output, "jsonl")
    return written(output)


class DyingEngine(InlineEngine):
    """Its workers die over what is called like this, a number of times."""

    def __init__(self, name: str, times: int) -> None:
        super().__init__()
        self.name, self.times = name, times

    def submit(self, function: Any, *arguments: Any, alone: bool = False) -> Future[Any]:
        if self.name in arguments[0].name and self.times:
            self.times -= 1
            future: Future[Any] = Future()
            future.set_exception(BrokenProcessPool("a process is gone"))
            return future
        return super().submit(function, *arguments, alone=alone)

    def has_died(self, error: BaseException) -> bool:
        return isinstance(error, BrokenProcessPool)


@pytest.mark.parametrize(("deaths", "verdict"), [(ATTEMPTS - 1, "pass"), (ATTEMPTS, "error")])
def test_a_worker_that_dies_costs_one_row_at_most(tmp_path: Path, deaths: int, verdict: str) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN)
    engine = DyingEngine("node1", deaths)
    overview = run_inline(folder, output=tmp_path / "out", engine=engine)[0].overview
    assert overview.verdicts == {verdict: 1, "fail": 1}


def test_a_process_that_cannot_be_started_is_started_again(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that begins all others may be killed while it begins one; if none can be begun, that is said."""
    submit, fails = ProcessPoolExecutor.submit, [True, False, True, True]

    def killed_sometimes(*arguments: Any, **how: Any) -> Any:
        if fails and fails.pop():
            raise EOFError("unexpected EOF")
        return submit(*arguments, **how)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", killed_sometimes)
    observations, _ = FleetRequest((str(fleet / "text-0.pcap"),), Judging()).observations()
    with closing(ProcessEngine(1)) as engine:
        (judged,) = judge_fleet(map(Ordered, observations), Judging(), engine)
        assert unpacked(judged.packed).observation.problem == "not-a-capture"
        fails += [True] * 10
        with pytest.raises(CaptureError, match="judging stopped"):
            list(judge_fleet(map(Ordered, observations), Judging(), engine))


def test_what_a_worker_died_over_is_judged_again_when_nothing_else_is(tmp_path: Path) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN, node3=HEALTHY)
    engine = DyingEngine("node1", 1)
    run_inline(folder, output=tmp_path / "out", engine=engine)
    assert [name.split("/")[-2] for name in engine.alone + engine.judged[-1:]] == ["node1", "node1"]


def test_what_needs_more_memory_than_a_worker_has_gets_all_there_is_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN)
    engine = InlineEngine()

    def analyze(path: Path, **how: Any) -> Analysis:
        if "node1" in str(path) and not engine.alone:
            raise MemoryError
        return pipeline.analyze(path, **how)

    monkeypatch.setattr(judge_observation, "analyze", analyze)
    assert run_inline(folder, output=tmp_path / "out", engine=engine)[0].overview.verdicts == {"pass": 1, "fail": 1}
    monkeypatch.setattr(judge_observation, "analyze", never)
    _, judged = run_inline(folder, output=tmp_path / "other")
    assert len(judged) == 4
    assert written(tmp_path / "other")[0].count(b"more memory is needed than there is") == 4


def never(path: Path, **how: Any) -> Analysis:
    raise MemoryError


def test_a_thread_is_interrupted_when_its_time_is_over() -> None:
    with pytest.raises(OutOfTime):
        within(0.05, wait_for_nothing)
    assert within(60, str, 7) == within(None, str, 7) == "7"


def test_a_source_that_does_not_come_to_an_end_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_request, "every_source", lambda *_: wait_for_nothing())
    with pytest.raises(CaptureError, match="not listed within --timeout; see what it waits for"):
        FleetRequest((str(tmp_path),), Judging(), time_limit=0.05).observations()


def wait_for_nothing() -> None:
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pytest.fail("what reads a file took it for an error of the file")


@pytest.mark.slow
def test_what_takes_too_long_is_a_row_and_costs_the_others_nothing(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ProcessEngine(2, time_limit=3600)
    submit = engine.submit

    def slow(function: Any, *arguments: Any, alone: bool = False) -> Future[Any]:
        if not arguments[0].name.endswith("text-2.pcap"):
            return submit(function, *arguments, alone=alone)
        future = submit(time.sleep, 600)
        # An hour ago: however busy this machine is, only this one takes too long.
        engine._busy[future].began -= 3601
        return future

    monkeypatch.setattr(engine, "submit", slow)
    run_inline(fleet, output=tmp_path / "out", engine=engine)
    engine.close()
    run_inline(fleet, output=tmp_path / "whole")
    late = [row for row in written(tmp_path / "out")[0].splitlines() if b"text-2.pcap" in row]
    assert len(late) == 1
    assert b"not judged within --timeout; see what its source waits for" in late[0]
    assert written(tmp_path / "out")[1] == written(tmp_path / "whole")[1]


def test_the_largest_begin_and_few_wait(tmp_path: Path) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN, node3=CAPTURES / "walkthrough" / HEALTHY.name)
    observations, _ = FleetRequest((str(folder),), Judging()).observations()
    sizes = {one.name: one.size for one in observations}
    engine = InlineEngine()
    judged = judge_fleet(map(Ordered, observations), Judging(), engine)
    next(judged)
    assert len(engine.judged) == engine.slots
    list(judged)
    assert [sizes[name] for name in engine.judged] == sorted(sizes.values(), reverse=True)


class LostEngine(InlineEngine):
    """Whose scheduler is gone after the first observation."""

    def submit(self, function: Any, *arguments: Any, alone: bool = False) -> Future[Any]:
        if self.judged:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future
        return super().submit(function, *arguments, alone=alone)


def test_a_scheduler_that_goes_away_ends_the_run_with_a_line(tmp_path: Path) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN)
    with pytest.raises(CaptureError, match=r"judging stopped \(CancelledError\)"):
        run_inline(folder, output=tmp_path / "out", engine=LostEngine())
    # What was judged before is kept.
    assert len(run_inline(folder, output=tmp_path / "out")[1]) == 2
    assert written(tmp_path / "out")[0].count(b"\n") == 2


@pytest.mark.slow
def test_any_number_of_workers_writes_the_same_bytes(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "one")
    assert run(fleet, tmp_path / "three", workers=3) == written(tmp_path / "one")


@pytest.mark.slow
def test_workers_killed_at_random_cost_nothing(fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(160):
        fleet_of(fleet, **{f"more{number}": BROKEN})
    run_inline(fleet, output=tmp_path / "one")
    engines: list[ProcessEngine] = []

    def engine(self: FleetRequest) -> ProcessEngine:
        engines.append(ProcessEngine(2))
        return engines[0]

    monkeypatch.setattr(FleetRequest, "engine", engine)
    killed = 0
    done = threading.Event()

    def kill() -> None:
        nonlocal killed
        chance = random.Random(20)
        while not done.wait(chance.uniform(0.05, 0.3)):
            for one in engines:
                pools = [process.pool for process in [*one._idle, *list(one._busy.values())]]
                victims = [process for pool in pools for process in dict(pool._processes or {}).values()]
                if victims and killed < 6:
                    os.kill(chance.choice(victims).pid or 0, signal.SIGKILL)
                    killed += 1

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        rows = run(fleet, tmp_path / "killed")
    finally:
        done.set()
        killer.join()
    assert killed
    assert rows == written(tmp_path / "one")


@pytest.mark.slow
def test_what_needs_too_much_memory_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ProcessEngine(1)
    monkeypatch.setattr(engine, "_memory", 60 << 20)
    try:
        future = engine.submit(bytearray, 200 << 20)
        assert isinstance(future.exception(), MemoryError)
    finally:
        engine.close()


@pytest.mark.slow
def test_an_interruption_ends_cleanly_and_the_same_command_goes_on(fleet: Path, tmp_path: Path) -> None:
    for number in range(160):
        fleet_of(fleet, **{f"more{number}": BROKEN})
    words = [sys.executable, "-m", "pcapcheck", "fleet", str(fleet), "--output", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*words, "--format", "jsonl", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background of a shell, it has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    ledger = tmp_path / "out" / "ledger.sqlite"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (not ledger.exists() or ledger.stat().st_size < 40_000):
        time.sleep(0.05)
    # As Ctrl-C on a terminal: to all processes of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, out + err
    assert err.strip() == "pcapcheck: interrupted; the same command goes on from here"
    begun = len((tmp_path / "out" / "observations.jsonl").read_bytes().splitlines())
    assert 0 < begun < 204
    run_inline(fleet, output=tmp_path / "out")
    run_inline(fleet, output=tmp_path / "whole")
    assert written(tmp_path / "out") == written(tmp_path / "whole")


@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(fleet: Path, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pcapcheck.fleet.process_engine import ProcessEngine\nimport os\n"
        "if __name__ == '__main__':\n"
        "    engine = ProcessEngine(1)\n    print(engine.submit(os.getpid).result(), flush=True)\n    time.sleep(60)\n"
    )
    (tmp_path / "parent.py").write_text(script)
    parent = subprocess.Popen([sys.executable, str(tmp_path / "parent.py")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and _lives(worker):
        time.sleep(0.1)
    assert not _lives(worker)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_dask_writes_the_same_bytes(fleet: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    run_inline(fleet, output=tmp_path / "one")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        assert run(fleet, tmp_path / "dask", scheduler=cluster.scheduler_address) == written(tmp_path / "one")


@pytest.fixture
def bucket(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    """The fleet in a store of objects on this machine: a client for it, and the address of the bucket."""
    server_of = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    import boto3
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    server = server_of(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    store = boto3.client("s3")
    store.create_bucket(Bucket="captures")
    for path in fleet.rglob("*.pcap"):
        store.upload_file(str(path), "captures", f"night/{path.relative_to(fleet)}")
    yield store, "s3://captures/night"
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.slow
def test_an_object_store_has_the_same_rows(fleet: Path, tmp_path: Path, bucket: tuple[Any, str]) -> None:
    store, address = bucket
    s3fs = pytest.importorskip("s3fs")
    run_inline(fleet, output=tmp_path / "folder")
    run_inline(address, output=tmp_path / "store")

    def neutral(rows: bytes, root: str) -> bytes:
        return rows.replace(root.encode(), b"ROOT").replace(root.removeprefix("s3://").encode(), b"ROOT")

    for local, remote in zip(written(tmp_path / "folder"), written(tmp_path / "store"), strict=True):
        assert neutral(local, str(fleet)) == neutral(remote, address)
    # The ETag says that nothing has changed; then one object is another.
    s3fs.S3FileSystem.clear_instance_cache()
    assert run_inline(address, output=tmp_path / "store")[1] == []
    name = store.list_objects_v2(Bucket="captures")["Contents"][0]["Key"]
    store.upload_file(str(BROKEN), "captures", name)
    s3fs.S3FileSystem.clear_instance_cache()
    assert run_inline(address, output=tmp_path / "store")[1] == [f"s3://captures/{name}"]


@pytest.mark.slow
def test_keys_may_hold_anything_and_an_empty_one_is_a_folder(tmp_path: Path, bucket: tuple[Any, str]) -> None:
    store, _ = bucket
    keys = ["a=b/c d+e%20?#.pcap", "é😀/[1]*.pcap", "//.pcap", "..x/$(x).pcap"]
    for key in keys:
        store.upload_file(str(HEALTHY), "captures", f"odd/{key}")
    store.put_object(Bucket="captures", Key="odd/marker/", Body=b"")
    overview = run_inline("s3://captures/odd", output=tmp_path / "out", form="csv")[0].overview
    assert overview.verdicts == {"pass": len(keys)}
    assert {entry.name for entry in overview.kept} == {f"s3://captures/odd/{key}" for key in keys}


@pytest.mark.slow
def test_an_object_that_is_gone_is_a_row(tmp_path: Path, bucket: tuple[Any, str]) -> None:
    store, address = bucket
    observations, _ = FleetRequest((address,), Judging()).observations()
    lost = next(one for one in observations if "text" not in one.name)
    store.delete_object(Bucket="captures", Key=lost.name.removeprefix("s3://captures/"))
    (judged,) = judge_fleet([Ordered(lost)], Judging(), InlineEngine())
    row = unpacked(judged.packed).observation
    assert (row.verdict, row.problem) == ("error", "missing")
    assert lost.name in (row.error or "")


def test_an_observation_is_named_by_what_it_is() -> None:
    one, other = FleetObservation("a"), FleetObservation("b")
    assert one.key != other.key
    assert one.stamp == other.stamp == ""
