"""Whatever ends pcapcheck record, at whatever step: no recorder goes on, here or on a node, and nothing stays there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from tests.support.standins import Standins

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("lab")]

# A step, and what pcapcheck says when it has come to it.
STEPS = {"starting": "", "listening": "recording ", "asking": " pings ", "stopping": "waiting for late answers"}
PATIENCE = 60.0


def running(lab: Node) -> list[str]:
    """What still runs in the node's network, by name."""
    pids = lab.host.run("ip", "netns", "pids", lab.host.name).split()
    names = []
    for pid in pids:
        try:
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue
    return names


def wait_for(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def begun(
    lab: Node, step: str, folder: Path, *words: str, lasting: tuple[str, ...] = ("--for", "50s")
) -> subprocess.Popen[bytes]:
    """A recording that has come to a step; if it is to be "stopping", by a Ctrl-C."""
    said = (folder / "said").open("wb")
    command = [sys.executable, "-m", "pcapcheck", "record", *words, *lasting, "--output", "case"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=said,
        stderr=said,
        env={**os.environ, "PATH": f"{slow_recorder(folder)}:{os.environ['PATH']}"} if step == "starting" else None,
        start_new_session=True,
        # Where the tests run in the background of a shell, it has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    if step == "stopping" and lasting:
        wait_for(lambda: b" pings " in (folder / "said").read_bytes(), "it never asked")
        process.send_signal(signal.SIGINT)
    if step == "starting":
        wait_for(lambda: "tcpdump" in running(lab), "tcpdump never began")
    else:
        wait_for(lambda: STEPS[step].encode() in (folder / "said").read_bytes(), f"it never came to {step}")
    return process


def slow_recorder(folder: Path) -> Path:
    """A folder with a tcpdump that takes its time to begin, so that a signal comes before it listens."""
    programs = folder / "programs"
    programs.mkdir()
    script = programs / "tcpdump"
    script.write_text(f'#!/bin/sh\nsleep 1\nexec {shutil.which("tcpdump")} "$@"\n')
    script.chmod(0o755)
    return programs


def ends(lab: Node) -> tuple[str, str]:
    return f"netns:{lab.space(POD_A.role).name}", f"netns:{lab.space(POD_B.role).name}"


@pytest.mark.parametrize("step", STEPS)
def test_killed(step: str, lab: Node, tmp_path: Path) -> None:
    process = begun(lab, step, tmp_path, *ends(lab))
    process.kill()
    process.wait()
    wait_for(lambda: not running(lab), "something goes on")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", STEPS)
def test_asked_to_end(step: str, number: signal.Signals, lab: Node, tmp_path: Path) -> None:
    process = begun(lab, step, tmp_path, *ends(lab))
    process.send_signal(number)
    assert process.wait(PATIENCE) in (128 + number, -number)
    wait_for(lambda: not running(lab), "something goes on")
    assert not (tmp_path / "case").exists()


def test_ctrl_c_stops_and_judges(lab: Node, tmp_path: Path) -> None:
    process = begun(lab, "asking", tmp_path, *ends(lab))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) in (0, 1, 2)
    said = (tmp_path / "said").read_text()
    assert "stopping, to judge what was recorded" in said
    assert "rules checked" in said
    assert not {"tcpdump", "ping"}.intersection(running(lab))
    wait_for(lambda: not running(lab), "something goes on")


def test_the_first_ctrl_c_while_it_waits_for_late_answers_abandons_nothing(lab: Node, tmp_path: Path) -> None:
    process = begun(lab, "stopping", tmp_path, *ends(lab), lasting=())
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0, (tmp_path / "said").read_text()
    said = (tmp_path / "said").read_text()
    assert "stopping, to judge what was recorded" in said
    assert "13 of 13 echo requests are replied to" in " ".join(said.split())
    wait_for(lambda: not running(lab), "something goes on")
    assert (tmp_path / "case" / "recording.json").exists()


@pytest.mark.parametrize("step", ["starting", "stopping"])
def test_ctrl_c_again_abandons(step: str, lab: Node, tmp_path: Path) -> None:
    process = begun(lab, step, tmp_path, *ends(lab))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 2
    assert "interrupted; nothing was judged" in (tmp_path / "said").read_text()
    wait_for(lambda: not running(lab), "something goes on")
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("via", ["kubectl", "ssh"])
@pytest.mark.parametrize("step", ["starting", "asking"])
def test_killed_while_nodes_are_elsewhere(via: str, step: str, lab: Node, cluster: Standins, tmp_path: Path) -> None:
    process = begun(lab, step, tmp_path, f"default/{POD_A.name}", f"default/{POD_B.name}", "--via", via)
    process.kill()
    process.wait()
    wait_for(lambda: not running(lab), "something goes on")


def parents(lab: Node) -> list[tuple[int, str]]:
    """Of each process in the node's network the parent, and its name: of a recorder what stands for the connection."""
    found = []
    for pid in lab.host.run("ip", "netns", "pids", lab.host.name).split():
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        found.append((int(rest.split()[1]), name))
    return found


def test_a_lost_connection_ends_the_far_side(lab: Node, cluster: Standins, tmp_path: Path) -> None:
    """The connection breaks, not pcapcheck: it says so, and judges what there is."""
    process = begun(lab, "asking", tmp_path, f"default/{POD_A.name}", f"default/{POD_B.name}", "--via", "ssh")
    for parent, name in parents(lab):
        if name == "tcpdump":
            os.kill(parent, signal.SIGKILL)
    assert process.wait(PATIENCE) in (0, 1, 2)
    assert "the recording ended early" in (tmp_path / "said").read_text()
    wait_for(lambda: not running(lab), "something goes on")


def test_a_far_side_left_alone_ends_by_its_bound(lab: Node) -> None:
    """Nobody closes its input: after its bound it ends all the same."""
    from pcapcheck.recording.command_place import network_namespace
    from pcapcheck.recording.recording_point import RecordingPoint

    point = RecordingPoint(network_namespace(lab.host.name), POD_A.cali)
    process = subprocess.Popen(point.argv(2), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert any(b"listening on" in line for line in process.stderr)
    process.wait(PATIENCE)
    wait_for(lambda: not running(lab), "something goes on")
