"""Interfaces of a node from namespaces, watched with this machine's tcpdump."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.lab.namespace import Namespace
from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from pcapcheck import analyze
from tests.support.lab import ROOT
from tests.support.nodes import node_of_two_pods

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("lab")]
COMMAND = [sys.executable, "-m", "pcapcheck", "watch"]
PATIENCE = 60
ETH_P_ALL = "0003"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with node_of_two_pods() as built:
        yield built


@contextmanager
def watching(node: Node, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A watch of pod A's link, in the node's namespace; tcpdump is recording."""
    command = node.host.argv(*COMMAND, POD_A.cali, *arguments)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        preexec_fn=obey,
    ) as run:
        try:
            wait_for(lambda: listens(node))
            yield run
        finally:
            run.kill()
    # The kernel may keep the socket for a moment longer than the process: the next watch would seem to record.
    wait_for(lambda: not recorders() and not packet_sockets(node))


def obey() -> None:
    """What a shell in the background, or nohup, has a process ignore ends it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def listens(node: Node) -> bool:
    """Whether a packet socket takes what the node's namespace has: libpcap binds it when all else is set up."""
    return any(row.split()[3] == ETH_P_ALL for row in packet_sockets(node))


def packet_sockets(node: Node) -> list[str]:
    """The rows of /proc/net/packet: sk, RefCnt, Type, Proto, Iface, R, Rmem, User, Inode."""
    return node.host.run("cat", "/proc/net/packet").splitlines()[1:]


def recorders() -> list[str]:
    """The processes that record pod A's link."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if re.search(rf"tcpdump -i {POD_A.cali} .*-w -$", line)]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


def pinging(space: Namespace, count: int = 1) -> None:
    space.run("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "1", POD_B.address, check=False)


def test_until_pass(node: Node) -> None:
    with watching(node, "--until", "pass", "--format", "json") as run:
        pinging(node.space("pod-a"), 3)
        output, errors = run.communicate(timeout=PATIENCE)
    document = json.loads(output)
    assert (run.returncode, document["verdict"]) == (0, "pass")
    (interface,) = document["captures"][0]["interfaces"]
    assert (interface["name"], interface["kind"]) == (POD_A.cali, "pod-link")
    assert f"{POD_A.address} is seen on {POD_A.cali}" in errors
    # So that a person knows when to begin.
    assert f"listening on {POD_A.cali}; what happens from now on is seen" in errors.splitlines()[0]


def test_a_lost_ping_on_a_quiet_link_is_a_failure_in_a_moment(node: Node, tmp_path: Path) -> None:
    """One echo request, and nothing after it: no packet comes that would show that time goes on."""
    inside, keep = node.space("pod-a"), tmp_path / "kept.pcap"
    pinging(inside, 2)
    node.space("pod-b").sysctl(**{"ipv4/icmp_echo_ignore_all": 1})
    try:
        with watching(node, "--until", "fail", "--jsonl", "--keep", str(keep)) as run:
            pinging(inside)
            output, _ = run.communicate(timeout=PATIENCE)
    finally:
        node.space("pod-b").sysctl(**{"ipv4/icmp_echo_ignore_all": 0})
    events = [json.loads(line) for line in output.splitlines()]
    assert events[0]["event"] == "listening"
    failure = next(event for event in events if event["event"] == "failure")
    assert (failure["rule"], failure["link"]) == ("echo-answered", POD_A.cali)
    assert (run.returncode, events[-1]["verdict"]) == (1, "fail")
    assert analyze(keep).captures[0].frames >= 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_it_no_recorder_is_left(node: Node, number: signal.Signals) -> None:
    with watching(node) as run:
        pinging(node.space("pod-a"), 2)
        assert recorders()
        run.send_signal(number)
        output, errors = run.communicate(timeout=PATIENCE)
        wait_for(lambda: not recorders())
    if number in (signal.SIGINT, signal.SIGTERM):
        # Nothing that was recorded before is lost.
        assert "2 of 2 echo requests are replied to" in output, errors
        assert run.returncode == 0


def test_an_interface_that_goes_away_ends_it_with_a_report(node: Node) -> None:
    with watching(node) as run:
        pinging(node.space("pod-a"), 2)
        node.detach(POD_A)
        output, _ = run.communicate(timeout=PATIENCE)
        node.attach(POD_A)
    assert output.startswith("PASS  ")


def test_without_the_right_to_record(node: Node) -> None:
    """tcpdump's own words say what is missing."""
    command = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    done = subprocess.run(
        node.host.argv(*command, *COMMAND, POD_A.cali), capture_output=True, text=True, check=False, cwd=ROOT
    )
    if "setpriv" in done.stderr or "ModuleNotFound" in done.stderr or "Permission denied: '" in done.stderr:
        pytest.skip("nobody cannot run this checkout")
    assert done.returncode == 2
    assert "permission" in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("pcapcheck: ")]) == 1
