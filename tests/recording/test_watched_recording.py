"""pcapcheck record --watch on a real node of network namespaces: what is shown before the recording ends, and after."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pcapcheck
from fixtures.lab.cluster import First, Second
from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from pcapcheck.watch.watched_recording import WatchedRecording
from tests.support.watching import Onlooker

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("lab")]
PATIENCE = 60.0


def ends(lab: Node) -> list[str]:
    return [f"netns:{lab.space(pod.role).name}" for pod in (POD_A, POD_B)]


def break_pod(lab: Node) -> None:
    lab.host.sysctl(**{f"ipv4/conf/{POD_A.cali}/proxy_arp": 0})


def running(lab: Node) -> list[str]:
    """What still runs in the networks of the node and its pods."""
    spaces = (lab.host, lab.space(POD_A.role), lab.space(POD_B.role))
    pids = [pid for space in spaces for pid in lab.host.run("ip", "netns", "pids", space.name).split()]
    return [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids if Path(f"/proc/{pid}/comm").exists()]


def assert_nothing_goes_on(lab: Node) -> None:
    """No recorder and no ping; the shell that stood guard may take a second."""
    assert not {"tcpdump", "ping"}.intersection(running(lab))
    wait_for(lambda: not running(lab), "something goes on")


def wait_for(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@contextmanager
def recording(folder: Path, *words: str, stderr: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A ``record --watch`` whose standard output, and standard error if that is nothing else, are files."""
    command = [sys.executable, "-m", "pcapcheck", "record", *words, "--watch", "--output", "case"]
    with (folder / "printed").open("wb") as printed, (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=printed,
            stderr=said if stderr is None else stderr,
            env=dict(os.environ),
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def analyzed(folder: Path) -> str:
    command = [sys.executable, "-m", "pcapcheck", "analyze", "case"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_a_failure_is_shown_before_the_recording_ends(lab: Node, tmp_path: Path) -> None:
    break_pod(lab)
    with recording(tmp_path, *ends(lab), "--for", "50s") as process:
        wait_for(lambda: "✗" in (tmp_path / "said").read_text(), "no failure is shown")
        shown = (tmp_path / "said").read_text()
        assert process.poll() is None
        assert "tcpdump" in running(lab)
        assert "waiting for late answers" not in shown
        # Once: what was recorded until then is judged, with the state.
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 1
    said, report = (tmp_path / "said").read_text(), (tmp_path / "printed").read_text()
    assert re.search(r"^\d\d:\d\d:\d\d ✗ .*10\.244\.1\.10.*169\.254\.1\.1", shown, re.M), shown
    assert "stopping, to judge what was recorded" in said
    assert f"confirmed proxy ARP is off on {POD_A.cali}" in report
    assert report.split() == analyzed(tmp_path).split()
    assert_nothing_goes_on(lab)


def test_the_verdict_that_is_waited_for_ends_the_recording(lab: Node, tmp_path: Path) -> None:
    """Nothing of an hour is left to wait for; the last word is that of the bundle, whose state knows the cause."""
    break_pod(lab)
    with recording(tmp_path, *ends(lab), "--for", "3600s", "--until", "fail", "--jsonl") as process:
        assert process.wait(PATIENCE) == 1
    events = [json.loads(line) for line in (tmp_path / "printed").read_text().splitlines()]
    # A pod that sent nothing so far is no problem.
    assert not [event for event in events if event["event"] == "problem"]
    failure = next(event for event in events if event["event"] == "failure")
    assert failure["rule"] == "gateway-arp-answered"
    proved = next(event for event in events if event["event"] == "cause" and event["rule"] == failure["rule"])
    assert (proved["cause"], proved["is_proved"]) == (f"proxy ARP is off on {POD_A.cali}", True)
    assert [event["event"] for event in events].count("end") == 1
    assert (events[-1]["event"], events[-1]["verdict"], events[-1]["exit_code"]) == ("end", "fail", 1)
    assert not [event for event in events if event["event"] == "withdrawn"]
    assert (tmp_path / "case" / lab.host.name / "state.txt").exists()
    assert " ".join(analyzed(tmp_path).split()).startswith(f"FAIL {events[-1]['headline']}")
    # The probe too: it would have gone on to ping.
    assert_nothing_goes_on(lab)


def test_until_pass(lab: Node, tmp_path: Path) -> None:
    with recording(tmp_path, *ends(lab), "--count", "1000", "--until", "pass", "--no-state") as process:
        assert process.wait(PATIENCE) == 0
    assert (tmp_path / "printed").read_text().startswith("PASS")
    assert_nothing_goes_on(lab)


def test_a_second_interrupt_abandons(lab: Node, tmp_path: Path) -> None:
    with recording(tmp_path, *ends(lab), "--count", "1000") as process:
        wait_for(lambda: "is seen on" in (tmp_path / "said").read_text(), "no pod is shown")
        process.send_signal(signal.SIGINT)
        wait_for(lambda: "stopping" in (tmp_path / "said").read_text(), "it does not stop")
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    assert (tmp_path / "printed").read_text() == ""
    assert "Traceback" not in (tmp_path / "said").read_text()
    assert not (tmp_path / "case").exists()
    wait_for(lambda: not running(lab), "something goes on")


def test_a_kill_ends_the_recorders(lab: Node, tmp_path: Path) -> None:
    with recording(tmp_path, *ends(lab), "--probe", "none", "--for", "50s") as process:
        wait_for(lambda: "recording " in (tmp_path / "said").read_text(), "it does not begin")
        lab.space(POD_A.role).run("ping", "-c", "3", "-i", "0.2", POD_B.address)
        wait_for(lambda: "is seen on" in (tmp_path / "said").read_text(), "no pod is shown")
        process.kill()
    wait_for(lambda: running(lab) == [], "a recorder goes on")


def test_a_screen_on_a_terminal(lab: Node, tmp_path: Path) -> None:
    """It is drawn while the recording goes on; messages stand above it, whole."""
    break_pod(lab)
    own, other = pty.openpty()
    drawn = bytearray()

    def read() -> None:
        try:
            while piece := os.read(own, 1 << 16):
                drawn.extend(piece)
        except OSError:
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with recording(tmp_path, *ends(lab), "--no-state", "--for", "50s", stderr=other) as process:
        os.close(other)
        wait_for(lambda: b"possible cause: " in drawn, "no cause is drawn")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 1
    reader.join(PATIENCE)
    os.close(own)
    text = drawn.decode()
    assert "FAIL" in text
    assert "pcapcheck: waiting for late answers\r\n" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    # The cursor is given back.
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert (tmp_path / "printed").read_text().startswith("FAIL")


def give_up(lab: Node) -> None:
    with pcapcheck.record(*ends(lab), state=False) as live, WatchedRecording(live, [], None, print) as watched:
        watched.begin()
        raise ZeroDivisionError


def test_no_thread_is_left(lab: Node) -> None:
    """Nor after an exception, and what cannot be shown does not cost the recording."""
    before = set(threading.enumerate())
    said: list[str] = []
    onlooker = Onlooker("pod")

    class Broken(Onlooker):
        def show(self, scene: object) -> None:
            raise ValueError("no room on the screen")

    for display in (onlooker, Broken()):
        with pcapcheck.record(*ends(lab), state=False) as live:
            with WatchedRecording(live, [display], None, said.append) as watched:
                watched.begin()
                lab.space(POD_A.role).run("ping", "-c", "3", "-i", "0.2", POD_B.address)
                if display is onlooker:
                    assert onlooker.seen.wait(PATIENCE)
                live.wait_for_answers()
            assert not [thread for thread in threading.enumerate() if thread.name.startswith("watch ")]
        assert live.analysis.verdict == "pass"
    assert said == ["nothing more is shown (no room on the screen); the recording goes on"]
    with pytest.raises(ZeroDivisionError):
        give_up(lab)
    assert set(threading.enumerate()) <= before
    assert_nothing_goes_on(lab)


def test_two_nodes_are_named_alike_while_it_records_and_at_the_end(tmp_path: Path) -> None:
    """Else each failure would be withdrawn, and found again."""
    from fixtures.lab.cluster import POD_D, Cluster

    with First() as first, Second(first) as second:
        inside = first.attach(POD_A), second.attach(POD_D)
        Cluster(tmp_path, first, second).route_by_vxlan()
        second.host.ip("route", "del", f"{POD_D.address}/32", "dev", POD_D.cali)
        names = [f"netns:{space.name}" for space in inside]
        with recording(tmp_path, *names, "--for", "50s", "--until", "fail", "--jsonl") as process:
            assert process.wait(PATIENCE) == 1
    events = [json.loads(line) for line in (tmp_path / "printed").read_text().splitlines()]
    assert "echo-answered" in {event["rule"] for event in events if event["event"] == "failure"}
    # Where packets were seen last may change: on a busy machine one recorder is behind another.
    withdrawn = [event for event in events if event["event"] == "withdrawn" and event["rule"] == "echo-answered"]
    assert not withdrawn, events


def test_what_is_about_the_display_wants_one(lab: Node, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pcapcheck", "record", *ends(lab), "--until", "fail"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "give --watch too" in done.stderr
    assert list(tmp_path.iterdir()) == []
