"""What a report says first where there is little to judge."""

from __future__ import annotations

import io
import socket
import struct
from pathlib import Path

import dpkt
import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.exit import exit_code
from pcapcheck.report.formats.text import write_text
from tests.support.lab import captures
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    OTHER,
    SECOND,
    answer,
    ask,
    error,
    ethernet,
    query,
    request,
    response,
    tcp,
    udp,
    write_pcap,
)

SYNS = [(BEGIN + n * SECOND, tcp(0x02)) for n in (0, 1, 3)]


def text(analysis: Analysis) -> str:
    stream = io.StringIO()
    write_text(analysis, stream)
    return stream.getvalue()


def heads(analysis: Analysis) -> str:
    """The first line of the report for people."""
    return text(analysis).splitlines()[0]


def test_syns_without_an_answer_are_reported_outside_pod_links(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", SYNS))
    assert analysis.verdict == "not-checked"
    asked = "10.244.1.10's connection to 10.244.1.11 port 80 gets no answer"
    assert heads(analysis).startswith(f"NOT CHECKED  {asked} (asked 3 times); no rule could be checked: ")
    report = text(analysis)
    assert f"! {asked} on eth0 (asked 3 times; frame 1 of eth0.pcap): a policy or a firewall dropped the SYN" in report
    assert "record the next interface on the way too" in report
    assert [remark["text"] for remark in analysis.to_dict()["remarks"]] == [remark.text for remark in analysis.remarks]
    (question,) = analysis.to_dict()["unanswered"]
    assert (question["protocol"], question["asker"], question["asked"]) == ("TCP", "10.244.1.10", "10.244.1.11")
    assert (question["question"], question["attempts"], question["frames"], question["doubt"]) == (asked, 3, [1], None)


def test_a_warning_heads_the_report(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", SYNS))
    assert heads(analysis) == "WARN  10.244.1.10's connection to 10.244.1.11 port 80 gets no answer"
    assert (analysis.remarks, analysis.unanswered) == ([], [])
    document = analysis.to_dict()
    assert (document["verdict"], document["verdict_label"], document["warnings"]) == ("pass", "WARN", 1)


def test_what_was_answered_follows_the_warning() -> None:
    head = heads(analyze(*captures("tcp-dropped")))
    assert head == (
        "WARN  10.244.1.10's connection to 10.244.1.11 port 5201 gets no answer: "
        "its SYNs enter the node on cali14e7d81007d and are seen nowhere after; "
        "the node answers the pods' ARP for their gateway, and 4 of 4 echo requests are replied to"
    )


def test_an_unanswered_question_heads_a_pass(tmp_path: Path) -> None:
    pings = [(BEGIN + n * SECOND, request(n, src=NODE_IP, dst="10.9.0.7", eth=(OTHER, NODE))) for n in range(1, 4)]
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer())])
    analysis = analyze(link, write_pcap(tmp_path / "eth0.pcap", pings))
    asked = "172.31.186.250's ping to 10.9.0.7 gets no answer, last seen on eth0 (asked 2 times)"
    assert heads(analysis) == f"WARN  {asked}; the node answers 10.244.1.10's ARP for its gateway"
    assert (analysis.verdict, exit_code(analysis)) == ("pass", 0)


def test_many_questions_are_counted(tmp_path: Path) -> None:
    syns = [
        (BEGIN + n * SECOND + port, tcp(0x02, ports=(40000 + port, port), dst=f"10.9.0.{port}"))
        for n in (0, 1, 3)
        for port in range(1, 9)
    ]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", syns))
    assert len(analysis.unanswered) == 1, "alike in all but whom they ask"
    syns = [
        (BEGIN + n * SECOND + port, tcp(0x02, dst=f"10.9.0.{port}", eth=(OTHER, f"02:00:00:00:00:{port:02x}")))
        for n in (0, 1, 3)
        for port in range(1, 9)
    ]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", syns))
    assert len(analysis.unanswered) == 8
    assert "port 80 gets no answer (asked 3 times) (and 7 more); no rule" in heads(analysis)
    report = text(analysis)
    assert report.count("! 10.244.1.10's connection to 10.9.0.") == 5
    assert "! and 3 more questions without an answer" in report


def test_a_pass_says_what_was_not_there(tmp_path: Path) -> None:
    gateway = [(BEGIN, ask()), (BEGIN + MS, answer())]
    head = heads(analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", gateway)))
    assert head.startswith("PASS  the node answers 10.244.1.10's ARP for its gateway; no ping, no TCP")
    # Of a connection that began before the recording there is no handshake.
    data = [*gateway, (BEGIN + 2 * MS, tcp(0x10))]
    assert "no TCP" not in heads(analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", data)))


@pytest.mark.parametrize(
    ("kind", "code", "fate"),
    [
        (3, 3, "is refused by the node 172.31.186.250 (port unreachable, 3/3)"),
        (3, 13, "is prohibited by the node 172.31.186.250 (administratively prohibited, 3/13)"),
        (3, 1, "fails: the node 172.31.186.250 says host unreachable (3/1)"),
    ],
)
def test_an_icmp_error_is_an_answer(kind: int, code: int, fate: str, tmp_path: Path) -> None:
    frames = [SYNS[0], (BEGIN + MS, error(kind, code, tcp(0x02))), (BEGIN + 3 * SECOND, tcp(0x02, ports=(41000, 81)))]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert heads(analysis).startswith(f"WARN  10.244.1.10's connection to 10.244.1.11 port 80 {fate}")


def test_the_error_behind_a_silent_start_is_reported(tmp_path: Path) -> None:
    """The node refuses only once its ARP for the receiver has failed; the first pings end without a word."""
    link = [(BEGIN, ask()), (BEGIN + MS, answer())]
    pings = [(BEGIN + n * SECOND, request(n)) for n in range(1, 6)]
    refused = [(BEGIN + n * SECOND + MS, error(3, 1, request(n))) for n in (4, 5)]
    frames = sorted([*link, *pings, *refused, (BEGIN + 9 * SECOND, ask())])
    head = heads(analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames)))
    assert head.startswith(
        "FAIL  10.244.1.10's echo requests to 10.244.1.11 fail: "
        "the node 172.31.186.250 says host unreachable (3/1) (5 of 5)"
    )


def test_a_lone_icmp_error_is_reported(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, error(3, 1, request()))]))
    said = "10.244.1.10's ping to 10.244.1.11 fails: 172.31.186.250 says host unreachable (3/1) (turned away once)"
    assert heads(analysis) == f"WARN  {said}"
    assert "which ended no echo request" not in text(analysis)


def test_a_lone_icmp_error_about_no_question_is_reported(tmp_path: Path) -> None:
    """What it is about was sent from a lower port to a higher one, as answers are."""
    about = error(3, 1, udp((53, 40000), b"answer"))
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, about)]))
    assert heads(analysis) == (
        "WARN  172.31.186.250 says host unreachable (3/1), 1x, about packets that were not recorded"
    )
    assert "which ended no echo request, TCP handshake or DNS query of eth0.pcap" in text(analysis)


@pytest.mark.parametrize(("port", "said"), [(33437, False), (8125, True)])
def test_the_end_of_a_traceroute_is_no_remark(port: int, said: bool, tmp_path: Path) -> None:
    probe = udp((8000, port), b"x" * 32, dst="192.0.2.7")
    end = error(3, 3, probe, source="192.0.2.7")
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, probe), (BEGIN + MS, end)]))
    assert ("192.0.2.7 says port unreachable" in " ".join(each.text for each in analysis.remarks)) is said


def test_a_port_that_a_text_does_not_show_is_left_out(tmp_path: Path) -> None:
    """Rows of tshark show no ports of SCTP."""
    rows = [
        "1 0.000000000 5a:8a:10:57:e2:03 → ff:ff:ff:ff:ff:ff ARP 42 Who has 169.254.1.1? Tell 10.244.1.10",
        "2 0.000100000 ee:ee:ee:ee:ee:ee → 5a:8a:10:57:e2:03 ARP 42 169.254.1.1 is at ee:ee:ee:ee:ee:ee",
        *(f"{n} {n - 2}.020000000  10.244.1.10 → 10.244.1.11  SCTP 66 INIT" for n in (3, 4, 5)),
        "6 9.000000000  10.244.1.10 → 10.244.1.11  ICMP 90 Echo (ping) request  id=0x000f, seq=3/768, ttl=64",
        "7 9.000400000  10.244.1.11 → 10.244.1.10  ICMP 90 Echo (ping) reply    id=0x000f, seq=3/768, ttl=63",
    ]
    path = tmp_path / "cali14e7d81007d.txt"
    path.write_text("".join(f"    {row}\n" for row in rows), encoding="utf-8")
    printed = text(analyze(path))
    assert "SCTP association with 10.244.1.11 gets no answer" in printed
    assert "port (none)" not in printed


def test_an_error_of_who_was_reached_is_no_warning(tmp_path: Path) -> None:
    """Nothing listens on the port: so a traceroute over UDP ends."""
    arp = [(BEGIN, ask()), (BEGIN + MS, answer())]
    refused = (BEGIN + SECOND, error(3, 3, udp((40000, 33434), b"probe"), source="10.244.1.11"))
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", [*arp, refused]))
    assert heads(analysis).startswith("PASS  the node answers 10.244.1.10's ARP for its gateway")
    assert "10.244.1.11 says port unreachable (3/3), 1x" in text(analysis)


def test_a_pass_names_what_was_checked_and_what_is_missing(tmp_path: Path) -> None:
    asked = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + SECOND, query()), (BEGIN + SECOND + MS, response())]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", asked))
    assert heads(analysis) == (
        "PASS  the node answers 10.244.1.10's ARP for its gateway, and 1 of 1 DNS queries are answered; "
        "no ping, no TCP recorded"
    )


def test_a_pass_on_the_receiver_s_link_names_its_echoes() -> None:
    (other,) = [path for path in captures("healthy") if path.stem == "calieabe7761b00"]
    assert "and 3 of 3 echo requests to the pod are replied to; no TCP, no DNS recorded" in heads(analyze(other))


@pytest.mark.parametrize(
    ("scenario", "clause"),
    [
        (
            "direction-in",
            "2 address resolutions and 3 echo requests are not judged: only one direction was recorded",
        ),
        (
            "direction-out",
            "3 echo requests are not judged: no frame of the pod was recorded on calieabe7761b00",
        ),
    ],
)
def test_a_pass_names_the_silence_that_proves_nothing(scenario: str, clause: str) -> None:
    files = captures(scenario) if scenario == "direction-in" else captures(scenario)[1:]
    assert heads(analyze(*files)).startswith("PASS  ")
    assert f"; {clause}; no " in heads(analyze(*files))


def test_echoes_under_way_at_the_end_are_not_named_where_others_were_replied_to() -> None:
    assert "not judged" not in heads(analyze(*captures("no-reply-in-flight")))


FROM_ROUTER = ("0a:58:ac:1f:ba:01", "0a:58:ac:1f:ba:fa")
INSIDE = "172.31.186.250"
SCANS = [
    (BEGIN + n * MS, tcp(0x02, src=f"8.8.{n}.8", dst=INSIDE, ports=(40000 + n, 23 + n), eth=FROM_ROUTER))
    for n in range(12)
]
# Another host of the NIC's network, so that both ends are heard there.
LATER = (BEGIN + 9 * SECOND, tcp(0x11, src=INSIDE, dst="172.31.186.1", eth=FROM_ROUTER[::-1]))


def syn6(src: str, dst: str) -> bytes:
    segment = bytes(dpkt.tcp.TCP(sport=40000, dport=80, flags=0x02, seq=1))
    addresses = [socket.inet_pton(socket.AF_INET6, address) for address in (src, dst)]
    header = struct.pack(">IHBB", 6 << 28, len(segment), 6, 63)
    return ethernet(*FROM_ROUTER, 0x86DD, header + b"".join(addresses) + segment)


def test_the_noise_of_the_internet_is_reported_without_a_warning(tmp_path: Path) -> None:
    """Scanners send one packet to each; whoever wants an answer asks again."""
    cali = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer())])
    analysis = analyze(cali, write_pcap(tmp_path / "eth0.pcap", [*SCANS, LATER]))
    assert heads(analysis).startswith("PASS")
    assert "and 11 more like it" in text(analysis)
    assert "got no answer to anything, as scanners send it" in text(analysis)


@pytest.mark.parametrize("path", ["eth0.pcap", "vxlan.calico.pcap"])
@pytest.mark.parametrize(
    ("asking", "said"),
    [
        ([tcp(0x02, src="8.8.8.8", dst=INSIDE, eth=FROM_ROUTER)] * 3, f"connection to {INSIDE} port 80"),
        ([tcp(0x02, src="8.8.8.8", dst="10.244.1.10", eth=FROM_ROUTER)], "connection to 10.244.1.10 port 80"),
        ([request(n, src="8.8.8.8", dst=INSIDE, eth=FROM_ROUTER) for n in (1, 2)], f"ping to {INSIDE}"),
        ([syn6("2001:4860:4860::8888", "2001:db8::7")] * 2, "connection to 2001:db8::7 port 80"),
        ([query(src="8.8.8.8", dst=INSIDE, eth=FROM_ROUTER)] * 2, f"DNS query to {INSIDE}"),
        ([udp((40000, 443), b"hello", src="8.8.8.8", dst=INSIDE, eth=FROM_ROUTER)] * 4, f"UDP request to {INSIDE}"),
    ],
    ids=["a SYN that is repeated", "a SYN for a pod", "a ping", "IPv6", "DNS", "UDP"],
)
def test_whoever_asks_from_the_internet_wants_an_answer(
    asking: list[bytes], said: str, path: str, tmp_path: Path
) -> None:
    """Whatever else a NIC shows, scans that came before it among them."""
    cali = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer())])
    asked = [(BEGIN + n * SECOND, frame) for n, frame in enumerate(asking, 1)]
    head = heads(analyze(cali, write_pcap(tmp_path / path, [*SCANS, *asked, LATER])))
    assert head.startswith("WARN  ")
    assert f"'s {said}" in head
    assert "gets no answer" in head


@pytest.mark.parametrize("scenario", ["traceroute", "frag-needed", "healthy", "tcp-busy", "node-port", "tcp-dropped"])
def test_what_the_rules_are_about_is_reported_once(scenario: str) -> None:
    assert analyze(*captures(scenario)).remarks == []


@pytest.mark.parametrize(("kind", "code"), [(11, 0), (3, 4)])
def test_errors_that_healthy_traffic_causes_are_not_reported(kind: int, code: int, tmp_path: Path) -> None:
    assert analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, error(kind, code, request()))])).remarks == []


def test_a_loss_by_size_says_what_passes() -> None:
    said = heads(analyze(*captures("frag-needed-filtered")))
    assert "(3 of 7); those of up to 84 bytes pass; 1 more rule failed" in said
    # What says it in its own words is not said twice.
    assert "bytes pass" not in heads(analyze(*captures("loss-by-size")))
