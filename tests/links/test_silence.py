"""When a missing answer proves nothing: one direction recorded, packets lost, a filter, folded links."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.links.scope import Scope
from pcapcheck.ruleset.finding import Finding
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    OTHER,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    ethernet,
    mac,
    reply,
    request,
    write_pcap,
    write_pcapng,
)

NAME = "cali14e7d81007d"
UNANSWERED: list[Frame] = [(BEGIN + n * SECOND, ask()) for n in range(3)] + [(BEGIN + 9 * SECOND, ask(target=PEER_IP))]
TWO_REQUESTS: list[Frame] = [(BEGIN + 2 * MS, request()), (BEGIN + 5 * SECOND, request(2))]


def finding(path: Path, rule: str, scope: Scope | None = None) -> Finding:
    return next(found for found in analyze(path, scope=scope).findings if found.rule.id == rule)


def tcp(flags: int, seq: int, src_port: int = 40000) -> bytes:
    head = struct.pack(">HHIIBBHHH", src_port, 80, seq, 0, 5 << 4, flags, 65535, 0, 0)
    address = bytes(int(part) for part in POD_IP.split("."))
    peer = bytes(int(part) for part in PEER_IP.split("."))
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(head), 1, 0, 64, 6, 0) + address + peer
    return ethernet(POD, NODE, 0x0800, ip + head)


def test_silence_is_a_failure(tmp_path: Path) -> None:
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", UNANSWERED), "gateway-arp-answered").status == "fail"


def test_packet_to_the_gateway_without_an_answer(tmp_path: Path) -> None:
    """Nobody can send to a MAC that is unknown: the answer was there, and not recorded."""
    path = write_pcap(
        tmp_path / f"{NAME}.pcap", [(BEGIN, ask()), (BEGIN + MS, request()), (BEGIN + 5 * SECOND, request(2))]
    )
    for rule in ("gateway-arp-answered", "echo-answered"):
        found = finding(path, rule)
        assert found.status == "not-checked"
        assert "only one direction was recorded" in found.reason


def test_packet_long_after_the_request_proves_nothing(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + 2 * SECOND, request()), (BEGIN + 5 * SECOND, request(2))]
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "gateway-arp-answered").status == "fail"


def test_any_frame_of_the_node_disproves_it(tmp_path: Path) -> None:
    multicast = ethernet(NODE, "33:33:00:00:00:16", 0x86DD, b"\x60" + bytes(60))
    frames = [(BEGIN, ask()), (BEGIN + MS, request()), (BEGIN + 5 * SECOND, multicast)]
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "echo-answered").status == "fail"


def test_handshake_without_its_middle(tmp_path: Path) -> None:
    frames = [
        (BEGIN, tcp(2, 1)),
        (BEGIN + MS, tcp(16, 2)),
        (BEGIN + 2 * MS, request()),
        (BEGIN + 5 * SECOND, request(2)),
    ]
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "echo-answered").status == "not-checked"


def test_other_connection_is_no_handshake(tmp_path: Path) -> None:
    frames = [
        (BEGIN, tcp(2, 1)),
        (BEGIN + MS, tcp(16, 2, 41000)),
        (BEGIN + 2 * MS, request()),
        (BEGIN + 5 * SECOND, request(2)),
    ]
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "echo-answered").status == "fail"


def test_unrepeated_revalidation(tmp_path: Path) -> None:
    """Linux repeats an unanswered unicast request after a second."""
    frames = [(BEGIN, ask(dst=NODE))] + [(BEGIN + n * SECOND, request(n)) for n in range(1, 6)]
    assert finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "echo-answered").status == "not-checked"


@pytest.mark.parametrize(("drops", "status"), [(0, "fail"), (1, "not-checked"), (5, "not-checked")])
def test_drops(drops: int, status: str, tmp_path: Path) -> None:
    path = write_pcapng(tmp_path / "x.pcapng", UNANSWERED, NAME, drops=drops)
    assert finding(path, "gateway-arp-answered").status == status


def test_more_missing_than_dropped(tmp_path: Path) -> None:
    frames = [(BEGIN + n * SECOND, request(n)) for n in range(4)] + [(BEGIN + 60 * SECOND, answer())]
    assert finding(write_pcapng(tmp_path / "x.pcapng", frames, NAME, drops=3), "echo-answered").status == "fail"
    assert finding(write_pcapng(tmp_path / "y.pcapng", frames, NAME, drops=4), "echo-answered").status == "not-checked"


@pytest.mark.parametrize(("drops", "status"), [(2, "fail"), (3, "not-checked")])
def test_each_repeat_would_have_had_an_answer(drops: int, status: str, tmp_path: Path) -> None:
    frames = [(BEGIN + n * SECOND, tcp(2, 1)) for n in (0, 1, 3)] + [(BEGIN + 60 * SECOND, answer())]
    path = write_pcapng(tmp_path / "x.pcapng", frames, NAME, drops=drops)
    assert finding(path, "tcp-answered").status == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("arp or icmp", "fail"),
        ("arp and host 169.254.1.1", "fail"),
        ("ether broadcast", "not-checked"),
        ("icmp[icmptype] == 8", "not-checked"),
        ("src host 10.244.1.10", "not-checked"),
        ("inbound", "not-checked"),
        # What people put instead of an address.
        ("host [node ip] or arp", "fail"),
    ],
)
def test_filter(text: str, status: str, tmp_path: Path) -> None:
    written = write_pcapng(tmp_path / "x.pcapng", UNANSWERED, NAME, capture_filter=text)
    assert finding(written, "gateway-arp-answered").status == status
    told = write_pcap(tmp_path / f"{NAME}.pcap", UNANSWERED)
    assert finding(told, "gateway-arp-answered", Scope(filter_used=text)).status == status


def test_another_pods_broadcast_on_a_bridge(tmp_path: Path) -> None:
    """Heard on this link, answered on another: no failure of this one."""
    frames = [
        (BEGIN, ask()),
        (BEGIN + MS, ask(src=OTHER, ip="10.244.1.99")),
        (BEGIN + 2 * MS, answer()),
        (BEGIN + 9 * SECOND, request()),
        (BEGIN + 9 * SECOND + MS, reply()),
        (BEGIN + 10 * SECOND, ask(src=OTHER, ip="10.244.1.99", target=PEER_IP)),
    ]
    found = finding(write_pcap(tmp_path / f"{NAME}.pcap", frames), "gateway-arp-answered")
    assert found.status == "pass"
    assert found.unknown == 1


def test_directions_of_pcapng_tell_the_sides(tmp_path: Path) -> None:
    """Nothing but epb_flags says here who is the pod: it learned of no MAC, and the node's is not ee:ee."""
    frames = [(BEGIN, request(eth=(POD, OTHER))), (BEGIN + MS, reply(eth=(OTHER, POD), ttl=64))]
    path = write_pcapng(
        tmp_path / "x.pcapng", frames, NAME, directions=lambda frame: 1 if frame[6:12] == mac(POD) else 2
    )
    assert finding(path, "node-frames-from-proxy-mac").status == "fail"
    assert finding(path, "node-frames-to-pod-mac").status == "pass"


def test_says_what_else_it_may_be_where_nobody_answers(tmp_path: Path) -> None:
    """A recording with -Q in of a pod that had the gateway cached looks like a dead node."""
    found = finding(write_pcap(tmp_path / f"{NAME}.pcap", TWO_REQUESTS), "echo-answered")
    assert found.status == "fail"
    assert "With -Q or a capture filter, a healthy node would look the same" in found.evidence[0].observed


PINGS = "".join(
    f"11:39:{second}.781653 IP 10.244.4.20 > 192.0.2.8: ICMP echo request, id 39, seq {second}, length 64\n"
    for second in range(12, 17)
)
ARPS = "".join(
    f"11:39:{second}.78 ARP, Request who-has 10.0.0.9 tell 10.0.0.1, length 28\n" for second in range(12, 17)
)


@pytest.mark.parametrize(
    ("pipe", "hides"),
    [
        ("grep -v ARP", False),
        ("grep -iv 'arp\\|stp'", False),
        ("grep 192.0.2.8", False),
        ("grep --line-buffered ICMP | grep -v 10.0.0.7", False),
        ("grep -E '192.0.2.8|192.0.2.9'", False),
        ("grep request", True),
        ("grep '10.244.4.20 >'", True),
        ("grep ICMP | grep -v reply", True),
        ("grep", True),
    ],
)
def test_grep_hides_answers_only_if_its_pattern_tells_them_from_questions(
    pipe: str, hides: bool, tmp_path: Path
) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"# tcpdump -n -i ens19 | {pipe}\n{PINGS}")
    (question,) = analyze(path).unanswered
    assert bool(question.doubt) is hides


@pytest.mark.parametrize(
    ("pipe", "hides"), [("grep 10.0.0.9", True), ("grep -v 192.0.2.8", False), ("grep ARP", False)]
)
def test_the_answer_to_arp_lacks_the_address_of_its_asker(pipe: str, hides: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"# tcpdump -n -i ens19 | {pipe}\n{ARPS}")
    (question,) = analyze(path).unanswered
    assert ("may have kept the answers out" in question.doubt) is hides


@pytest.mark.parametrize(("skipped", "status"), [(50, "fail"), (500, "not-checked")])
def test_answers_may_have_stood_in_damaged_bytes(skipped: int, status: str, tmp_path: Path) -> None:
    """Where as many fit into the bytes that were passed over."""
    asked = [(BEGIN + minute * 60 * SECOND, ask()) for minute in range(4)]
    path = write_pcap(tmp_path / f"{NAME}.pcap", asked)
    whole = path.read_bytes()
    place = len(whole) - (16 + len(ask()))
    path.write_bytes(whole[:place] + b"\xf7" * skipped + whole[place:])
    found = finding(path, "gateway-arp-answered")
    assert found.status == status
    if status == "not-checked":
        assert "500 damaged bytes were skipped, so 3 missing answers prove nothing" in str(found.reason)
