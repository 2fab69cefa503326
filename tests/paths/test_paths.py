"""Packets followed from link to link: what is one packet, what is a hop, what is lost, and by whose clock."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapcheck import Analysis, analyze, intake
from pcapcheck.decode.sightings import Sightings
from pcapcheck.report.formats.text import write_text
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.links import BEGIN, LINK_A, LINK_B, MS, PEER, SECOND, on_a, on_b, ping, pings, write_links
from tests.support.wire import NODE, Frame, tcp, tcp_back, write_pcap

SEVERAL = sorted(name for name in EXPECTED if len(captures(name)) > 1)


def finding(analysis: Analysis, rule: str) -> tuple[str, int, int, int]:
    (found,) = [finding for finding in analysis.findings if finding.rule.id == rule]
    return found.status, found.checked, found.failed, found.unknown


def steps(analysis: Analysis) -> dict[tuple[str, ...], int]:
    """How many packets went over which capture points."""
    counts: dict[tuple[str, ...], int] = {}
    for path in analysis.followed.found:
        points = tuple(step.spot.point.name for step in path.steps)
        counts[points] = counts.get(points, 0) + path.count
    return counts


def text_of(analysis: Analysis) -> str:
    written = StringIO()
    write_text(analysis, written)
    return written.getvalue()


def test_a_ping_is_seen_on_both_links(tmp_path: Path) -> None:
    analysis = analyze(*write_links(tmp_path, *pings(4)))
    assert steps(analysis) == {(LINK_A, LINK_B): 4, (LINK_B, LINK_A): 4}
    assert finding(analysis, "hop-ttl-decremented") == ("pass", 8, 0, 0)
    assert finding(analysis, "hop-macs-rewritten") == ("pass", 8, 0, 0)
    assert finding(analysis, "request-leaves-node") == ("pass", 4, 0, 0)


def test_latency_is_between_the_sightings(tmp_path: Path) -> None:
    analysis = analyze(*write_links(tmp_path, *pings(4)))
    assert {one.median for path in analysis.followed.found for one in path.latencies} == {20_000}


@pytest.mark.parametrize("ahead", [40 * MS, -40 * MS, 3 * 3600 * SECOND, -86400 * SECOND])
def test_another_clock_takes_no_hop_away(ahead: int, tmp_path: Path) -> None:
    """The offset is found from packets in both directions and reported; the latency is as if there were none."""
    analysis = analyze(*write_links(tmp_path, *pings(4), ahead=ahead))
    clock = analysis.followed.clocks[1]
    assert abs(clock.offset - ahead) < 10_000
    assert clock.both_ways
    assert steps(analysis) == {(LINK_A, LINK_B): 4, (LINK_B, LINK_A): 4}
    assert {one.median for path in analysis.followed.found for one in path.latencies} == {20_000}
    assert finding(analysis, "request-leaves-node") == ("pass", 4, 0, 0)


def test_another_clock_seen_in_one_direction_only(tmp_path: Path) -> None:
    """Delay and offset are not distinguishable then, but the hop is there."""
    a, b = pings(4)
    requests = [one for one in b if one[1][34] == 8]
    analysis = analyze(*write_links(tmp_path, a, requests, ahead=7200 * SECOND))
    assert steps(analysis)[LINK_A, LINK_B] == 4
    assert not analysis.followed.clocks[1].both_ways


def test_one_kernel_has_one_clock(tmp_path: Path) -> None:
    """Microseconds of forwarding are no offset."""
    assert analyze(*write_links(tmp_path, *pings(4))).followed.clocks[1].offset == 0


def test_requests_that_waited_for_the_receivers_mac_move_no_clock(tmp_path: Path) -> None:
    """The node holds them until it knows the MAC: all of them late, and their replies at once."""
    a: list[Frame] = []
    b: list[Frame] = []
    known = BEGIN + 900 * MS
    for seq in range(1, 4):
        sent = BEGIN + seq * 200 * MS
        passed = max(known, sent) + seq * 1000
        a += [(sent, on_a(8, seq)), (passed + 30_000, on_a(0, seq))]
        b += [(passed, on_b(8, seq)), (passed + 20_000, on_b(0, seq))]
    analysis = analyze(*write_links(tmp_path, sorted(a), sorted(b)))
    assert analysis.followed.clocks[1].offset == 0
    assert steps(analysis) == {(LINK_A, LINK_B): 3, (LINK_B, LINK_A): 3}


def data_on_both_links(acknowledged: bool) -> tuple[list[Frame], list[Frame]]:
    """3000 bytes of B's for A, in one segment on B's link and in three on A's; pings besides."""
    begin, again = BEGIN + SECOND, 0 if acknowledged else 5
    a, b = ping(1, BEGIN)
    whole = [
        (begin + n * SECOND, tcp_back(0x18, seq=1, ack=1, data=b"x" * 3000, ip_id=1 + n, eth=(PEER, NODE), ttl=64))
        for n in range(1 + again)
    ]
    b = b + whole
    if acknowledged:
        a += [
            (begin + n * 1000, tcp_back(flags, seq=1 + n * 1000, ack=1, data=b"x" * 1000, ip_id=1 + n))
            for n, flags in enumerate((0x10, 0x10, 0x18))
        ]
        a.append((begin + MS, tcp(0x10, ack=3001, ip_id=9)))
        b.append((begin + MS + 20_000, tcp(0x10, ack=3001, ip_id=9, eth=(NODE, PEER), ttl=63)))
    for number in (2, 3):
        on_link_a, on_link_b = ping(number, BEGIN + number * 4 * SECOND)
        a, b = a + on_link_a, b + on_link_b
    return a, b


@pytest.mark.parametrize(("acknowledged", "lost"), [(True, False), (False, True)])
def test_segments_that_are_cut_on_the_way_are_not_lost(acknowledged: bool, lost: bool, tmp_path: Path) -> None:
    """As a kernel cuts what it was handed whole: what was acknowledged arrived, in whatever pieces."""
    analysis = analyze(*write_links(tmp_path, *data_on_both_links(acknowledged)))
    data = [path for path in analysis.followed.found if path.packet == "tcp" and path.longest > 3000]
    assert data
    assert {analysis.followed.is_delivered(path) for path in data} == ({False} if lost else {None})
    assert ("lost after this point" in text_of(analysis)) is lost


def test_recorded_twice_is_one_packet_and_no_loss(tmp_path: Path) -> None:
    a, b = pings(4)
    analysis = analyze(*write_links(tmp_path, a, [one for one in b for _ in range(2)]))
    assert finding(analysis, "hop-ttl-decremented") == ("pass", 8, 0, 0)
    assert finding(analysis, "reply-delivered")[2] == 0


def test_identifier_used_again_is_another_packet(tmp_path: Path) -> None:
    """Same identifier, sequence number and IP identification, ten seconds later."""
    first, second = ping(1, BEGIN), ping(1, BEGIN + 10 * SECOND)
    analysis = analyze(*write_links(tmp_path, first[0] + second[0], first[1] + second[1]))
    assert steps(analysis) == {(LINK_A, LINK_B): 2, (LINK_B, LINK_A): 2}


def test_identifier_used_again_with_one_lost(tmp_path: Path) -> None:
    """The second request is lost: it is not taken for the first."""
    first, later = ping(1, BEGIN), ping(2, BEGIN + 20 * SECOND)
    a = [*first[0], (BEGIN + 10 * SECOND, on_a(8, 1)), *later[0]]
    analysis = analyze(*write_links(tmp_path, a, first[1] + later[1]))
    assert steps(analysis) == {(LINK_A, LINK_B): 2, (LINK_B, LINK_A): 2, (LINK_A,): 1}


def test_identifier_used_again_after_a_loss(tmp_path: Path) -> None:
    """The first request is lost: the second, ten seconds later, does not stand in for it."""
    later = ping(1, BEGIN + 10 * SECOND)
    a = [(BEGIN, on_a(8, 1)), *later[0]]
    analysis = analyze(*write_links(tmp_path, a, later[1]))
    assert steps(analysis) == {(LINK_A, LINK_B): 1, (LINK_B, LINK_A): 1, (LINK_A,): 1}
    (lost,) = [path for path in analysis.followed.found if len(path.steps) == 1]
    assert lost.first == BEGIN


def test_sequence_numbers_wrap_around(tmp_path: Path) -> None:
    a: list[Frame] = []
    b: list[Frame] = []
    for number in range(65530, 65545):
        on_link_a, on_link_b = ping(number, BEGIN + number * MS)
        a += on_link_a
        b += on_link_b
    analysis = analyze(*write_links(tmp_path, a, b))
    assert steps(analysis) == {(LINK_A, LINK_B): 15, (LINK_B, LINK_A): 15}


def test_cut_short_on_one_link(tmp_path: Path) -> None:
    """What both hold of the payload is compared, and no more."""
    a, b = pings(3)
    whole, _ = write_links(tmp_path, a, b)
    cut = tmp_path / f"{LINK_B}.pcap"
    data = bytearray(cut.read_bytes())
    # Each record of 90 bytes becomes one of 44: headers and two bytes of payload.
    records = data[:24]
    for start in range(24, len(data), 16 + 90):
        records += data[start : start + 8] + (44).to_bytes(4, "little") + data[start + 12 : start + 16 + 44]
    cut.write_bytes(records)
    assert steps(analyze(whole, cut)) == {(LINK_A, LINK_B): 3, (LINK_B, LINK_A): 3}


def test_another_payload_is_another_packet(tmp_path: Path) -> None:
    """All headers alike, the payload not: two pings of two machines with one address, not one packet."""
    a, b = pings(3)
    changed = [(time, frame[:-8] + b"y" * 8 if frame[34] == 8 else frame) for time, frame in b]
    # The digest is of the first 16 bytes of the payload.
    changed = [(time, frame[:42] + b"y" * 16 + frame[58:] if frame[34] == 8 else frame) for time, frame in changed]
    assert steps(analyze(*write_links(tmp_path, a, changed))) == {(LINK_A,): 3, (LINK_B,): 3, (LINK_B, LINK_A): 3}


def test_lost_request_fails_and_says_where_it_was_seen_last(tmp_path: Path) -> None:
    a, b = pings(8)
    b = [one for one in b if one[1][40:42] != b"\0\3"]
    a = [one for one in a if not (one[1][34] == 0 and one[1][40:42] == b"\0\3")]
    analysis = analyze(*write_links(tmp_path, a, b))
    assert finding(analysis, "request-leaves-node")[:3] == ("fail", 8, 1)
    (failed,) = [finding for finding in analysis.findings if finding.rule.id == "request-leaves-node"]
    (shown,) = failed.evidence
    assert shown.frames == (5,)
    assert LINK_A in shown.observed
    assert "nowhere else" in shown.observed
    assert LINK_B in shown.expected


def test_lost_reply_fails(tmp_path: Path) -> None:
    a, b = pings(8)
    a = [one for one in a if not (one[1][34] == 0 and one[1][40:42] == b"\0\3")]
    analysis = analyze(*write_links(tmp_path, a, b))
    assert finding(analysis, "reply-delivered")[:3] == ("fail", 8, 1)
    assert finding(analysis, "request-leaves-node") == ("pass", 8, 0, 0)


@pytest.mark.parametrize("kept", [slice(6, None), slice(None, -6)], ids=["started later", "stopped earlier"])
def test_other_capture_did_not_run(kept: slice, tmp_path: Path) -> None:
    """What went by before or after a recording is not lost, answered or not."""
    a, b = pings(8)
    requests = [one for one in a if one[1][34] == 8]
    analysis = analyze(*write_links(tmp_path, requests, b[kept]))
    assert finding(analysis, "request-leaves-node")[2] == 0
    assert finding(analysis, "reply-delivered")[2] == 0


def test_one_direction_only_proves_no_loss(tmp_path: Path) -> None:
    """Only what pod B sent was recorded on its link (-Q in): requests to it cannot be there."""
    a, b = pings(8)
    requests = [one for one in a if one[1][34] == 8]
    from_b = [one for one in b if one[1][34] == 0]
    assert finding(analyze(*write_links(tmp_path, requests, from_b)), "request-leaves-node")[2] == 0


def test_answered_request_was_not_lost(tmp_path: Path) -> None:
    """The recorder missed the request on the other link, but its reply is there."""
    a, b = pings(8)
    b = [one for one in b if not (one[1][34] == 8 and one[1][40:42] == b"\0\3")]
    assert finding(analyze(*write_links(tmp_path, a, b)), "request-leaves-node") == ("pass", 8, 0, 0)


def test_ttl_not_decremented_and_macs_kept(tmp_path: Path) -> None:
    a, b = pings(4)
    as_on_a = [(time + 20_000, frame) for time, frame in a if frame[34] == 8]
    from_b = [one for one in b if one[1][34] == 0]
    analysis = analyze(*write_links(tmp_path, a, sorted(as_on_a + from_b)))
    assert finding(analysis, "hop-ttl-decremented")[:3] == ("fail", 8, 4)
    assert finding(analysis, "hop-macs-rewritten")[:3] == ("fail", 8, 4)


def test_memory_bound_leaves_the_same_packets_out_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "Sightings", lambda: Sightings(most=100))
    analysis = analyze(*write_links(tmp_path, *pings(200)), batch_frames=50)
    assert analysis.followed.share > 1
    assert all(len(points) == 2 for points in steps(analysis))
    assert sum(steps(analysis).values()) <= 50


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SEVERAL)
@pytest.mark.parametrize("batch_frames", [1, 7])
def test_batch_size_does_not_matter(scenario: str, batch_frames: int) -> None:
    one, other = analyze(*captures(scenario), batch_frames=batch_frames), analyze(*captures(scenario))
    assert one.to_dict() == other.to_dict()


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@pytest.mark.parametrize("scenario", SEVERAL)
def test_compiled_and_plain_agree(scenario: str) -> None:
    with plain_loops():
        plain = analyze(*captures(scenario)).to_dict()
    assert analyze(*captures(scenario)).to_dict() == plain


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["both", "request lost", "reply lost", "pod silent"]), min_size=1, max_size=30),
    st.integers(-5, 5),
)
def test_against_the_model(tmp_path: Path, fates: list[str], hours: int) -> None:
    """Whatever is lost where: each packet is found where it was, and counted as lost where it was lost."""
    a: list[Frame] = []
    b: list[Frame] = []
    for seq, fate in enumerate(["both", *fates, "both", "both"]):
        on_link_a, on_link_b = ping(seq, BEGIN + seq * 600 * MS)
        a += on_link_a if fate == "both" else on_link_a[:1]
        b += {"both": on_link_b, "reply lost": on_link_b, "pod silent": on_link_b[:1], "request lost": []}[fate]
    analysis = analyze(*write_links(tmp_path, a, b, ahead=hours * 3600 * SECOND))
    lost, unheard = fates.count("request lost"), fates.count("reply lost")
    assert steps(analysis).get((LINK_A,), 0) == lost
    assert steps(analysis).get((LINK_B,), 0) == unheard
    assert steps(analysis)[LINK_A, LINK_B] == len(fates) + 3 - lost
    assert finding(analysis, "request-leaves-node")[1:] == (len(fates) + 3, lost, 0)
    assert finding(analysis, "reply-delivered")[2] == unheard


def test_one_link_seen_twice_is_no_hop() -> None:
    """Pod A's eth0 and its cali are one link; the node's end of it is the one shown."""
    analysis = analyze(*captures("recorded-at-both-ends"))
    assert set(steps(analysis)) == {(LINK_A, LINK_B), (LINK_B, LINK_A)}


def test_two_nics_of_one_wire_are_no_hop() -> None:
    analysis = analyze(*captures("two-nodes-plain"))
    assert {len(points) for points in steps(analysis)} == {3}


@pytest.mark.parametrize(
    ("scenario", "ttls", "encap"),
    [
        ("two-nodes-plain", "64, 63, 62", "none"),
        ("two-nodes-vxlan", "64, 63, 63, 63, 62", "vxlan"),
        ("two-nodes-ipip", "64, 63, 63, 63, 62", "ipip"),
    ],
)
def test_between_two_nodes(scenario: str, ttls: str, encap: str) -> None:
    """Inside a tunnel the TTL is the inner one; both families of tunnels are named with their ends."""
    analysis = analyze(*captures(scenario))
    assert set(analysis.paths["ttls"]) == {ttls}
    assert set(analysis.paths["encap"]) == {encap}
    between = {step.outer for path in analysis.followed.found for step in path.steps if step.outer}
    assert len(between) == (0 if encap == "none" else 2)


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        ("vxlan-blocked", "eth0"),
        ("second-node-drops", "eth0"),
        ("route-lost-midway", LINK_A),
        ("reply-lost-midway", LINK_B),
    ],
)
def test_last_point_is_named(scenario: str, text: str) -> None:
    analysis = analyze(*captures(scenario))
    lost = analysis.paths[~analysis.paths["delivered"].fillna(value=True)]
    assert set(lost["last.interface"]) == {text}


def test_source_nat_is_one_path() -> None:
    """The addresses change on the way out and back; packet, reply and answer are found all the same."""
    paths = analyze(*captures("snat")).paths
    assert list(paths["rewritten"]) == [True] * 6
    assert set(paths["points"]) == {f"{LINK_A}, eth0", f"eth0, {LINK_A}"}
    assert set(paths[paths["packet"] == "request"]["answered"]) == {True}


def test_node_port_is_one_path() -> None:
    paths = analyze(*captures("node-port")).paths
    assert set(paths["packet"]) == {"tcp"}
    assert set(paths["rewritten"]) == {True}
    assert set(paths["points"]) == {f"eth0, {LINK_B}", f"{LINK_B}, eth0"}


def test_two_packets_that_could_be_the_rewritten_one_are_not_guessed_at(tmp_path: Path) -> None:
    """Two packets on the other link differ in their source only: it is unknown which of them is ours."""
    a, b = pings(1)
    twins = [
        (time + extra, on_b(8, 1, src=source, ip_id=2))
        for time, _ in b[:1]
        for extra, source in ((0, "172.31.186.250"), (1000, "172.31.186.251"))
    ]
    analysis = analyze(*write_links(tmp_path, a[:1], twins))
    assert set(steps(analysis)) == {(LINK_A,), (LINK_B,)}


def test_size_that_does_not_pass() -> None:
    (limit,) = analyze(*captures("tunnel-mtu")).to_dict()["summary"]["paths"]["size_limits"]
    assert limit["smallest_lost"] == 1468
    assert limit["largest_arrived"] == 1328
    assert limit["icmp_errors"] == [{"mtu": 1400, "from": "172.31.186.250"}]


def test_offset_of_two_clocks_is_reported() -> None:
    (clock,) = analyze(*captures("two-clocks")).to_dict()["summary"]["paths"]["clocks"]
    assert clock["offset"] == pytest.approx(0.04, abs=0.001)
    assert clock["both_directions"]


def test_one_capture_of_one_link_is_not_followed() -> None:
    """So a verdict on it needs neither the time nor the memory."""
    followed = analyze(CAPTURES / "healthy" / f"{LINK_A}.pcap").followed
    assert followed.groups is None
    assert not followed.found


def test_wireguard_is_said_not_guessed(tmp_path: Path) -> None:
    import socket

    import dpkt

    from tests.support.wire import ethernet

    datagram = dpkt.udp.UDP(sport=51820, dport=51820, data=bytes(100))
    datagram.ulen = len(datagram)
    packet = dpkt.ip.IP(src=socket.inet_aton("10.0.0.1"), dst=socket.inet_aton("10.0.0.2"), p=17, data=datagram)
    packet.len = len(packet)
    frame = ethernet("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:fb", 0x0800, bytes(packet))
    a, _ = pings(1)
    paths = (
        write_pcap(tmp_path / f"{LINK_A}.pcap", a),
        write_pcap(tmp_path / "eth0.pcap", [(BEGIN, frame), (BEGIN + MS, frame)]),
    )
    assert analyze(*paths).to_dict()["summary"]["paths"]["encrypted"] == 2
