"""Observations made to mislead the following of packets: mixtures, translations, repeats, filters, too much of all."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from pathlib import Path

import dpkt
import pytest

from pcapcheck import analyze
from pcapcheck.links.scope import Scope
from pcapcheck.paths import path_grouping
from tests.paths.test_paths import finding, steps
from tests.support.lab import captures
from tests.support.links import BEGIN, LINK_A, LINK_B, MS, PEER, SECOND, on_a, on_b, ping, pings, write_links
from tests.support.wire import (
    NODE,
    NODE_IP,
    PEER_IP,
    POD,
    POD_IP,
    Frame,
    arp,
    cooked2,
    error,
    ethernet,
    option,
    pcapng_block,
    request,
    write_pcap,
)


def tcp(src: str, dst: str, eth: tuple[str, str], number: int, ttl: int = 64) -> bytes:
    segment = dpkt.tcp.TCP(sport=40000, dport=443, seq=number, flags=16, data=b"")
    packet = dpkt.ip.IP(src=socket.inet_aton(src), dst=socket.inet_aton(dst), p=6, ttl=ttl, id=number, data=segment)
    packet.len = len(packet)
    return ethernet(*eth, 0x0800, bytes(packet))


def segments(count: int, src: str, dst: str, eth: tuple[str, str]) -> list[Frame]:
    """TCP segments, ten microseconds apart, each with its own identification and number."""
    frame = bytearray(tcp(src, dst, eth, 0))
    frames = []
    for n in range(count):
        frame[18:20], frame[38:42] = struct.pack(">H", n & 0xFFFF), struct.pack(">I", n)
        frames.append((BEGIN + n * 10_000, bytes(frame)))
    return frames


def udp(src: str, dst: str, eth: tuple[str, str], ttl: int, payload: bytes = b"\x23" + bytes(47)) -> bytes:
    datagram = dpkt.udp.UDP(sport=50000, dport=123, data=payload)
    datagram.ulen = len(datagram)
    packet = dpkt.ip.IP(src=socket.inet_aton(src), dst=socket.inet_aton(dst), p=17, ttl=ttl, id=0, data=datagram)
    packet.len = len(packet)
    return ethernet(*eth, 0x0800, bytes(packet))


def without(frames: list[Frame], kind: int, *sequences: int) -> list[Frame]:
    """All but the echoes of this kind (8 or 0) and these sequence numbers."""
    return [
        (time, frame)
        for time, frame in frames
        if not (frame[34] == kind and struct.unpack_from(">H", frame, 40)[0] in sequences)
    ]


def two_interfaces(path: Path, frames: list[tuple[int, int, bytes]], filters: tuple[str, str] = ("", "")) -> Path:
    """A pcapng with both links: (interface, nanoseconds or -1 for a packet block without a time, frame)."""
    data = pcapng_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name, said in zip((LINK_A, LINK_B), filters, strict=True):
        options = option(2, name.encode()) + option(9, b"\x09")
        if said:
            options += option(11, b"\0" + said.encode())
        data += pcapng_block(1, struct.pack("<HHI", 1, 0, 0) + options + option(0, b""))
    for interface, time, frame in frames:
        if time < 0:
            data += pcapng_block(3, struct.pack("<I", len(frame)) + frame)
        else:
            head = struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
            data += pcapng_block(6, head + frame)
    path.write_bytes(data)
    return path


def both(a: list[Frame], b: list[Frame]) -> list[tuple[int, int, bytes]]:
    return sorted([(0, *one) for one in a] + [(1, *one) for one in b], key=lambda one: one[1])


@pytest.mark.parametrize("others", [0, 100])
def test_lost_pings_amid_other_traffic(others: int, tmp_path: Path) -> None:
    """Requests, replies and TCP segments of several address pairs, some of each at one point only."""
    a, b = pings(30)
    a = without(a, 0, *range(5, 25))
    b = without(without(b, 0, *range(5, 25)), 8, *range(5, 25))
    a += [(BEGIN + n * MS, tcp(POD_IP, "8.8.8.8", (POD, NODE), n)) for n in range(others)]
    b += [(BEGIN + n * MS, tcp(PEER_IP, "8.8.4.4", (PEER, NODE), n)) for n in range(others)]
    analysis = analyze(two_interfaces(tmp_path / "x.pcapng", both(a, b)))
    assert finding(analysis, "request-leaves-node")[1:3] == (30, 20)
    assert finding(analysis, "reply-delivered")[1:3] == (10, 0)


def test_two_pods_that_ask_two_servers_alike(tmp_path: Path) -> None:
    """The same question, without an identification: two datagrams of two pods, not one that was rewritten."""
    a, b = pings(3)
    for n in range(5):
        a.append((BEGIN + n * SECOND, udp(POD_IP, "192.0.2.1", (POD, NODE), 64)))
        b.append((BEGIN + n * SECOND + MS, udp(PEER_IP, "192.0.2.2", (PEER, NODE), 64)))
    analysis = analyze(two_interfaces(tmp_path / "x.pcapng", both(a, b)))
    assert finding(analysis, "hop-ttl-decremented") == ("pass", 6, 0, 0)
    assert not analysis.paths["rewritten"].any()


def test_two_targets_behind_one_address_are_two_paths(tmp_path: Path) -> None:
    """A service address that leads to one pod first and to another later: what is lost for one is not hidden."""
    a, eth0 = [], []
    for seq in range(10):
        target = PEER_IP if seq < 5 else "10.244.1.12"
        at = BEGIN + seq * SECOND
        a.append((at, on_a(8, seq, dst="10.96.0.10")))
        eth0.append((at + 1000, on_b(8, seq, dst=target, eth=("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:01"))))
    paths = write_pcap(tmp_path / f"{LINK_A}.pcap", a), write_pcap(tmp_path / "eth0.pcap", eth0)
    counts: dict[int, int] = {}
    for path in analyze(*paths).followed.found:
        assert path.rewritten
        counts[path.steps[-1].dst] = counts.get(path.steps[-1].dst, 0) + path.count
    assert list(counts.values()) == [5, 5]


@pytest.mark.parametrize("apart", [0, 20_000])
def test_frames_recorded_twice_prove_no_loss(apart: int, tmp_path: Path) -> None:
    """A link whose frames were written twice, here and there: nothing is missing on the other."""
    a, b = pings(12)
    twice = sorted([*b, *((time + apart, frame) for time, frame in b[::3])])
    analysis = analyze(*write_links(tmp_path, a, twice))
    assert analysis.verdict == "pass"
    assert finding(analysis, "reply-delivered")[2] == 0
    assert finding(analysis, "request-leaves-node")[2] == 0


def test_sequence_number_used_again_and_lost(tmp_path: Path) -> None:
    """Identifier, sequence number and payload of a request that was answered before: that does not answer this one."""
    a: list[Frame] = []
    b: list[Frame] = []
    for n in range(6):
        on_link_a, on_link_b = ping(1, BEGIN + n * 3 * SECOND)
        lost = n == 3
        a += on_link_a[:1] if lost else on_link_a
        b += [] if lost else on_link_b
    assert finding(analyze(*write_links(tmp_path, a, b)), "request-leaves-node") == ("fail", 6, 1, 0)


def test_filter_that_leaves_echoes_out(tmp_path: Path) -> None:
    """B's interface was recorded with a filter: that requests are not there says nothing."""
    a = without(pings(6)[0], 0, *range(10))
    node_asks = arp(1, (NODE, NODE_IP), ("00:00:00:00:00:00", PEER_IP), "ff:ff:ff:ff:ff:ff")
    pod_says = arp(2, (PEER, PEER_IP), (NODE, NODE_IP), NODE)
    quiet = [(BEGIN + n * 200 * MS, frame) for n in range(8) for frame in (node_asks, pod_says)]
    unfiltered = analyze(two_interfaces(tmp_path / "x.pcapng", both(a, quiet)))
    assert finding(unfiltered, "request-leaves-node")[0] == "fail"
    filtered = analyze(two_interfaces(tmp_path / "y.pcapng", both(a, quiet), ("", "arp")))
    assert finding(filtered, "request-leaves-node")[2] == 0
    said = analyze(tmp_path / "x.pcapng", scope=Scope(filter_used="arp"))
    assert finding(said, "request-leaves-node")[2] == 0


def test_packets_without_times_prove_no_loss(tmp_path: Path) -> None:
    """What a simple packet block holds has no time, so it is not followed, and its link is not held to be silent."""
    a, b = pings(8)
    requests = without(a, 0, *range(20))
    untimed = [(0, -1, frame) for _, frame in requests]
    timed = [(1, time, frame) for time, frame in b]
    analysis = analyze(two_interfaces(tmp_path / "x.pcapng", [*untimed, *timed]))
    assert finding(analysis, "reply-delivered")[2] == 0


@pytest.mark.slow
def test_clocks_of_a_busy_and_a_quiet_capture(tmp_path: Path) -> None:
    """Five packets that both saw among fifty thousand that only one did."""
    a, b = pings(5)
    noise = segments(50_000, POD_IP, "8.8.8.8", (POD, NODE))
    analysis = analyze(*write_links(tmp_path, sorted(a + noise), b, ahead=3 * SECOND))
    assert abs(analysis.followed.clocks[1].offset - 3 * SECOND) < MS
    assert steps(analysis)[LINK_A, LINK_B] == steps(analysis)[LINK_B, LINK_A] == 5


@pytest.mark.slow
def test_clocks_of_two_busy_captures_that_share_little(tmp_path: Path) -> None:
    """A ping that both saw, and more others on either side than are compared."""
    a, b = pings(1)
    ours = segments(40_000, POD_IP, "8.8.8.8", (POD, NODE))
    theirs = segments(40_000, PEER_IP, "8.8.4.4", (PEER, NODE))
    analysis = analyze(*write_links(tmp_path, sorted(a + ours), sorted(b + theirs), ahead=3 * SECOND))
    assert abs(analysis.followed.clocks[1].offset - 3 * SECOND) < MS


@pytest.mark.slow
def test_more_address_pairs_than_are_distinguished(tmp_path: Path) -> None:
    """Those beyond are counted, not judged as if they were one."""
    a, b = pings(3)
    scan = []
    for n in range(17_000):
        frame = bytearray(on_a(8, n))
        frame[30:34] = struct.pack(">I", (11 << 24) + n)
        scan.append((BEGIN + n * 100_000, bytes(frame)))
    analysis = analyze(*write_links(tmp_path, sorted(a + scan), b))
    assert finding(analysis, "request-leaves-node")[2] == 0
    assert analysis.to_dict()["summary"]["paths"]["not_followed"] > 0


def test_rare_losses_among_more_paths_than_are_distinguished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Echoes come first: however many others talk, a lost ping is found."""
    monkeypatch.setattr(path_grouping, "MOST_PATHS", 20)
    a, b = pings(10)
    a, b = without(a, 0, 4), without(without(b, 0, 4), 8, 4)
    for client in range(60):
        address = f"198.51.100.{client}"
        a += [(BEGIN + n * MS, tcp(POD_IP, address, (POD, NODE), n)) for n in range(3)]
    analysis = analyze(two_interfaces(tmp_path / "x.pcapng", both(a, b)))
    assert finding(analysis, "request-leaves-node")[1:3] == (10, 1)
    assert analysis.to_dict()["summary"]["paths"]["not_followed"] > 0


def test_a_rule_about_single_packets_looks_at_each(tmp_path: Path) -> None:
    """One of forty takes 20 ms, all on the same way."""
    a, b = pings(40)
    b = [(time + 20 * MS if n == 20 else time, frame) for n, (time, frame) in enumerate(b)]
    rule = tmp_path / "quick.yml"
    rule.write_text(
        "id: quick\ntitle: Quick\nwhy: It should be.\nseverity: error\n"
        "select: {table: hops, packet: request}\nexpect: {latency: {lt: 5ms}}\n"
    )
    (found,) = analyze(*write_links(tmp_path, a, b), rules=rule).findings
    assert (found.status, found.checked, found.failed) == ("fail", 40, 1)


def test_lengths_in_tables_are_those_of_each_packet() -> None:
    paths = analyze(*captures("node-port")).paths
    assert paths["length"].nunique() > 2


def test_any_with_the_links_takes_nothing_away(tmp_path: Path) -> None:
    """Cooked frames lack the destination MAC; where the link itself was recorded too, that one counts."""
    a, b = pings(5)
    cooked = [(time, cooked2(frame, frame[34] == 0, 3)) for time, frame in a]
    cooked += [(time, cooked2(frame, frame[34] == 8, 4)) for time, frame in b]
    node = write_pcap(tmp_path / "any.pcap", sorted(cooked), link_type=276, nanoseconds=True)
    analysis = analyze(node, *write_links(tmp_path, a, b))
    assert finding(analysis, "hop-macs-rewritten") == ("pass", 10, 0, 0)
    assert {len(points) for points in steps(analysis)} == {2}


def test_drop_behind_the_nic_and_before_it() -> None:
    """That later pings left by the NIC tells where the lost ones had to be seen."""
    analysis = analyze(*captures("vxlan-blocked"))
    assert finding(analysis, "request-leaves-node")[2] == 0
    assert finding(analysis, "request-reaches-pod")[2] == 4


def test_drop_inside_the_node_whose_nic_was_recorded(tmp_path: Path) -> None:
    a, b = pings(20)
    between = ("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:fb")
    eth0 = [(time - 5_000, on_b(8, n, eth=between)) for n, (time, _) in enumerate(b[::2], 1)]
    on_far_link = [(time, frame[:22] + b"\x3e" + frame[23:] if frame[34] == 8 else frame) for time, frame in b]
    a = without(a, 0, 4)
    lost = without(without(on_far_link, 8, 4), 0, 4)
    files = (
        two_interfaces(tmp_path / "one.pcapng", [(0, *one) for one in a] + [(1, *one) for one in without(eth0, 8, 4)]),
        write_pcap(tmp_path / f"{LINK_B}.pcap", lost, nanoseconds=True),
    )
    named = Scope(names={"one.pcapng": {1: "eth0"}})
    assert finding(analyze(*files, scope=named), "request-leaves-node")[1:3] == (20, 1)


def test_forty_captures_take_the_memory_of_a_few(tmp_path: Path) -> None:
    """What reading a capture needs is given back at its end."""
    a, _ = pings(3)
    for n in range(40):
        write_pcap(tmp_path / f"cali{n:011x}.pcap", a)
    script = (
        "import resource, sys; from pcapcheck import analyze; analyze(*sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    few = int(subprocess.run([sys.executable, "-c", script, *files[:4]], capture_output=True, check=True).stdout)
    many = int(subprocess.run([sys.executable, "-c", script, *files], capture_output=True, check=True).stdout)
    assert many - few < 60 * 1024


def test_a_loop_is_no_traceroute(tmp_path: Path) -> None:
    """Time exceeded for a request that began with 64 is a routing loop, and a lost ping."""
    frames = [(BEGIN, request(seq=1)), (BEGIN + MS, error(11, 0, request(seq=1)))]
    probe = [(BEGIN + SECOND, request(seq=2, ttl=1)), (BEGIN + SECOND + MS, error(11, 0, request(seq=2, ttl=1)))]
    path = write_pcap(tmp_path / f"{LINK_A}.pcap", [*frames, *probe])
    assert finding(analyze(path), "echo-answered") == ("fail", 1, 1, 0)
