"""pcapcheck record on a real node of network namespaces, with the real tcpdump and dumpcap."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import pcapcheck
from fixtures.lab.cluster import First, Second
from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from pcapcheck.recording.live_recording import LiveRecording

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("lab")]


def pcapcheck_command(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pcapcheck", *map(str, words)]
    environment = dict(os.environ)
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120, env=environment)


def record(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return pcapcheck_command("record", *words, cwd=cwd)


def ends(lab: Node) -> tuple[str, str]:
    return f"netns:{lab.space(POD_A.role).name}", f"netns:{lab.space(POD_B.role).name}"


def recorders_left(lab: Node) -> list[str]:
    """The recorders that still run in the node's network."""
    pids = lab.host.run("ip", "netns", "pids", lab.host.name).split()
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids if Path(f"/proc/{pid}/comm").exists()]
    return [name for name in names if name in ("tcpdump", "dumpcap")]


def test_a_healthy_node_in_one_command(lab: Node, tmp_path: Path) -> None:
    done = record(*ends(lab), "--output", "case.tar.gz", "--require", "request-reaches-pod", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("PASS  the node answers the pods' ARP for their gateway, and 13 of 13 echo requests")
    assert "kept in case.tar.gz" in done.stderr
    with tarfile.open(tmp_path / "case.tar.gz") as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert {f"{POD_A.cali}.pcap", f"{POD_B.cali}.pcap", "state.txt", "recording.json"} <= names
    assert pcapcheck_command("analyze", "case.tar.gz", cwd=tmp_path).stdout == done.stdout
    assert recorders_left(lab) == []


def test_the_probe_asks_nobody_else(lab: Node, tmp_path: Path) -> None:
    """Where the loopback is down, what a pod sends to itself leaves by its link, and nobody replies."""
    lab.space(POD_A.role).ip("link", "set", "lo", "down")
    done = record(*ends(lab), "--output", "case", cwd=tmp_path)
    assert done.stdout.startswith("PASS"), done.stdout
    assert "13 of 13 echo requests" in done.stdout
    assert "127.0.0.1" not in done.stdout


def test_a_probe_that_cannot_ask_is_said_of_the_recording(lab: Node, tmp_path: Path) -> None:
    """Nothing fails, but nothing is answered either."""
    done = record(ends(lab)[0], "--probe", "dns=x.example@192.0.2.53", "--output", "case", cwd=tmp_path)
    if "nothing was asked" not in done.stderr:
        pytest.skip("a DNS client is here")
    assert done.stdout.startswith("WARN  "), done.stdout
    assert "nothing was asked: dig or nslookup, to ask 192.0.2.53: not found" in done.stdout
    assert pcapcheck_command("analyze", "case", cwd=tmp_path).stdout == done.stdout


def proxy_arp_off(lab: Node) -> None:
    lab.host.sysctl(**{f"ipv4/conf/{POD_A.cali}/proxy_arp": 0})


def no_route(lab: Node) -> None:
    lab.host.ip("route", "del", f"{POD_B.address}/32", "dev", POD_B.cali)


def reverse_path(lab: Node) -> None:
    """Packets of pod A are not accepted, since the way back to its address leads elsewhere."""
    lab.host.ip("route", "replace", f"{POD_A.address}/32", "via", "172.31.186.1")


def arp_ignore(lab: Node) -> None:
    lab.space(POD_B.role).sysctl(**{"ipv4/conf/eth0/arp_ignore": 8})


def mtu(lab: Node) -> None:
    """Large packets are lost, and nobody says why."""
    lab.host.ip("link", "set", POD_B.cali, "mtu", "1400")
    lab.host.run("nft", "add table ip quiet; add chain ip quiet out { type filter hook output priority 0; }")
    lab.host.run("nft", "add rule ip quiet out icmp type destination-unreachable drop")


def forward_drop(lab: Node) -> None:
    lab.host.run("nft", "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; }")
    lab.host.run("nft", "add rule ip filter FORWARD counter drop")


CAUSES = {
    proxy_arp_off: f"proxy ARP is off on {POD_A.cali}",
    no_route: f"packets for {POD_B.address} fall into the blackhole of the node's own block",
    reverse_path: f"the node has no host route to {POD_A.address} over {POD_A.cali}",
    arp_ignore: f"arp_ignore in the pod {POD_B.address} makes it silent to the node",
    mtu: f"the two ends of the link of the pod {POD_B.address} have different MTUs",
    forward_drop: "a firewall rule on the node, not one of Calico's, drops the packets",
}


@pytest.mark.parametrize("fault", CAUSES, ids=lambda fault: fault.__name__)
def test_one_command_knows_the_cause(fault: object, lab: Node, tmp_path: Path) -> None:
    """A broken node, and nothing but the names of two pods."""
    assert callable(fault)
    fault(lab)
    done = record(*ends(lab), "--output", "case", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    confirmed = [line.strip() for line in done.stdout.splitlines() if line.startswith("  confirmed ")]
    assert any(CAUSES[fault] in line for line in confirmed), done.stdout


def test_two_nodes_are_recorded_at_both_ends_and_between(tmp_path: Path, lab: Node) -> None:
    from fixtures.lab.cluster import POD_D, Cluster

    with First() as first, Second(first) as second:
        inside = first.attach(POD_A), second.attach(POD_D)
        Cluster(tmp_path, first, second).route_by_vxlan()
        for space in inside:
            space.ip("link", "set", "eth0", "mtu", "1450")
        done = record(*(f"netns:{space.name}" for space in inside), "--output", "case", cwd=tmp_path)
        assert "13 of 13 echo requests are replied to" in done.stdout, done.stdout + done.stderr
        for node in (first, second):
            names = {path.name for path in (tmp_path / "case" / node.host.name).iterdir()}
            assert {"eth0.pcap", "vxlan.calico.pcap", "state.txt"} <= names


def test_a_pod_and_its_node(lab: Node, tmp_path: Path) -> None:
    done = record(ends(lab)[0], "--output", "case", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pings its node at 172.31.186.250" in done.stderr
    assert [path.name for path in (tmp_path / "case").rglob("*.pcap")] == [f"{POD_A.cali}.pcap"]


def test_other_questions(lab: Node, tmp_path: Path) -> None:
    """A connection that is refused is an answer; a query that nobody takes is a failure of DNS, said as such."""
    done = record(*ends(lab), "--probe", f"tcp={POD_B.address}:80", "--output", "tcp", "--no-state", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 TCP connections are answered" in done.stdout


def test_rules_are_read_before_anything_is_recorded(lab: Node, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("id: broken\nselect: {table: nothing}\n")
    done = record(*ends(lab), "--rules", "rules.yml", cwd=tmp_path)
    assert done.returncode == 2
    assert "recording" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rules.yml"]


def test_dry_run_prints_and_does_nothing(lab: Node, tmp_path: Path) -> None:
    done = record(*ends(lab), "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert f"ip netns exec {lab.host.name} tcpdump -i {POD_A.cali} " in done.stdout
    assert f"ip netns exec {lab.space(POD_A.role).name} ip neigh flush dev eth0" in done.stdout
    assert list(tmp_path.iterdir()) == []


def ping(lab: Node, count: int = 3) -> None:
    lab.space(POD_A.role).run("ping", "-c", str(count), "-i", "0.01", "-W", "1", POD_B.address, check=False)


def test_in_python(lab: Node) -> None:
    with pcapcheck.record(*ends(lab)) as recording:
        ping(lab)
    analysis = recording.analysis
    assert analysis.verdict == "pass"
    assert list(analysis.echo["replied"]) == [True] * 6
    assert recorders_left(lab) == []


def test_silence_until_the_end_is_a_failure_and_not_in_flight(lab: Node) -> None:
    """The last packet of all is the question: only the notes of the recording show that nothing came after it."""
    no_route(lab)
    with pcapcheck.record(*ends(lab), state=False) as recording:
        ping(lab, 1)
    assert [finding.rule.id for finding in recording.analysis.failures] == ["echo-answered"]


def test_an_exception_in_the_body_ends_everything(lab: Node, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), pcapcheck.record(*ends(lab), output=tmp_path / "case"):
        raise ZeroDivisionError
    assert recorders_left(lab) == []
    assert list(tmp_path.iterdir()) == []


def test_streams_are_the_recording_as_it_grows(lab: Node) -> None:
    with pcapcheck.record(*ends(lab), state=False) as recording:
        streams = {point.interface: stream for point, stream in recording.streams()}
        assert set(streams) == {POD_A.cali, POD_B.cali}
        ping(lab)
        begun = streams[POD_A.cali].read(24)
        assert begun[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")
        recording.stop()
        rest = streams[POD_A.cali].read()
        assert rest is not None
        assert len(rest) > 6 * 98


def test_drops_and_filters_are_said_of_the_recording(lab: Node, tmp_path: Path) -> None:
    """What tcpdump counted as lost makes silence prove nothing, and so does a filter that may leave out answers."""
    no_route(lab)
    with pcapcheck.record(*ends(lab), output=tmp_path / "case", state=False, capture_filter="arp or src 10.244.1.10"):
        ping(lab, 1)
    judged = pcapcheck.analyze(tmp_path / "case")
    assert "capture filter" in next(each for each in judged.findings if each.rule.id == "echo-answered").reason
    notes = json.loads((tmp_path / "case" / "recording.json").read_text())
    for point in notes["points"]:
        assert (point["dropped"], point["captured"] >= 0) == (0, True)
        point |= {"filter": "", "dropped": 7}
    (tmp_path / "case" / "recording.json").write_text(json.dumps(notes))
    judged = pcapcheck.analyze(tmp_path / "case")
    assert "7 packets were lost" in next(each for each in judged.findings if each.rule.id == "echo-answered").reason
    assert any("lost 7 packets while recording" in problem.message for problem in judged.captures[0].problems)


def test_dumpcap_where_tcpdump_is_missing(lab: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("dumpcap"):
        pytest.skip("no dumpcap here")
    from pcapcheck.recording import network_survey

    monkeypatch.setattr(network_survey, "RECORDERS", ("dumpcap",))
    with pcapcheck.record(*ends(lab), state=False) as recording:
        ping(lab)
    assert len(recording.analysis.echo) == 6
    assert {point.recorder for point in recording.plan.points} == {"dumpcap"}


def test_an_interface_that_vanishes_costs_a_line(lab: Node, tmp_path: Path) -> None:
    said: list[str] = []
    with pcapcheck.record(*ends(lab), state=False, tell=said.append) as recording:
        ping(lab)
        lab.detach(POD_B)
        wait_until_one_ended(recording)
    assert any(f"{POD_B.cali} on {lab.host.name}: the recording ended early: " in line for line in said), said
    problems = [problem for capture in recording.analysis.captures for problem in capture.problems]
    assert any(problem.kind == "recording-ended" and POD_B.cali in problem.message for problem in problems)


def wait_until_one_ended(recording: LiveRecording) -> None:
    while not any(recorder.has_ended for recorder in recording.recorders):
        recording.go_on(0.1)


def test_the_fixture(lab: Node, tmp_path: Path) -> None:
    first, second = ends(lab)
    (tmp_path / "test_node.py").write_text(
        "import subprocess\n"
        "def ping():\n"
        f"    subprocess.run(['ip', 'netns', 'exec', {lab.space(POD_A.role).name!r}, 'ping', '-c', '2', '-W', '1',"
        f" {POD_B.address!r}], check=False)\n"
        "def test_works(pcapcheck_record):\n"
        f"    with pcapcheck_record({first!r}, {second!r}, require='echo-answered') as recording:\n"
        "        ping()\n"
        "    assert recording.analysis.verdict == 'pass'\n"
        "def test_breaks(pcapcheck_record):\n"
        f"    with pcapcheck_record({first!r}, {second!r}, require='dns-answered'):\n"
        "        ping()\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pcapcheck-evidence", "kept", "."]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "dns-answered" in done.stdout
    assert len(list((tmp_path / "kept").rglob("recording.json"))) == 2
