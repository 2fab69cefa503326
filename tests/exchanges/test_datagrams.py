"""UDP requests and SCTP associations: what asks, what answers, and what only looks like a question."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.exchanges import pairing_layout
from pcapcheck.report.headline import heading, headline
from pcapcheck.ruleset.finding import Finding
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import CAPTURES
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import (
    BEGIN,
    BROADCAST,
    MS,
    NODE,
    NODE_IP,
    OTHER,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    ethernet,
    reply,
    request,
    udp,
    write_pcap,
)

CALI, UDP, SCTP = "cali14e7d81007d", "udp-answered", "sctp-answered"
PINGED = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 2 * MS, request()), (BEGIN + 3 * MS, reply())]


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


def datagrams(*times: float, port: int = 5000, size: int = 40, **more: object) -> list[Frame]:
    return [at(n, udp((40000, port), bytes(size), **more)) for n in times]  # type: ignore[arg-type]


def answers(*times: float, ports: tuple[int, int] = (5000, 40000)) -> list[Frame]:
    return [at(n, udp(ports, b"ok", PEER_IP, POD_IP, (NODE, POD))) for n in times]


def recorded(folder: Path, *frames: Frame, name: str = CALI) -> Analysis:
    """The frames behind a resolution of the gateway and a ping, and a ping a minute later."""
    later = [at(60, request(2)), at(60.01, reply(2))]
    return analyze(write_pcap(folder / f"{name}.pcap", [*PINGED, *sorted(frames), *later]))


def finding(analysis: Analysis, rule: str = UDP) -> Finding:
    return next(finding for finding in analysis.findings if finding.rule.id == rule)


def judged(analysis: Analysis, rule: str = UDP) -> tuple[str, int, int]:
    found = finding(analysis, rule)
    return found.status, found.checked, found.failed


def test_a_request_that_is_repeated_in_vain_fails_as_a_warning(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *datagrams(1, 2, 4))
    assert judged(analysis) == ("fail", 1, 1)
    assert (analysis.verdict, heading(analysis)) == ("pass", "warn")
    assert headline(analysis).startswith(f"{POD_IP}'s UDP requests to {PEER_IP} port 5000 get no answer (sent 3 times)")
    (row,) = analysis.datagrams.to_dict("records")
    assert (row["outcome"], row["attempts"], row["src_port"], row["dst_port"]) == ("unanswered", 3, 40000, 5000)
    assert not analysis.unanswered


def test_a_request_that_is_answered_passes_however_late(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *datagrams(1, 2, 4), *answers(5))
    assert judged(analysis) == ("pass", 1, 0)
    (row,) = analysis.datagrams.to_dict("records")
    assert (row["outcome"], row["attempts"], row["latency"].total_seconds()) == ("replied", 3, 4.0)
    assert "1 of 1 UDP requests are answered" in headline(analysis)


def test_two_ports_that_talk_are_one_row(tmp_path: Path) -> None:
    """What comes after the answer belongs to it, also what nobody answers."""
    analysis = recorded(tmp_path, *datagrams(1, 2, 3, 4, 5, 6, 7, 8, 9), *answers(2.5, 4.5))
    assert analysis.datagrams["attempts"].tolist() == [2]


def test_who_was_heard_first_need_not_be_who_asks(tmp_path: Path) -> None:
    """The recording begins with a server's datagram: the pod's later ones go to somebody who answers."""
    analysis = recorded(tmp_path, *answers(0.5), *datagrams(3, 4, 6))
    assert judged(analysis) == ("pass", 1, 0)
    assert analysis.datagrams["latency"].isna().all()


def test_equal_ports_are_distinguished_by_who_asks_first(tmp_path: Path) -> None:
    """IKE and NTP between servers: both ends have the same port."""
    there = [at(n, udp((500, 500), bytes(90))) for n in (1, 3, 7)]
    assert judged(recorded(tmp_path, *there)) == ("fail", 1, 1)
    back = at(7.1, udp((500, 500), bytes(80), PEER_IP, POD_IP, (NODE, POD)))
    analysis = recorded(tmp_path, *there, back)
    assert judged(analysis) == ("pass", 1, 0)
    assert analysis.datagrams["src"].tolist() == [POD_IP]


def anew(port: int, count: int = 3) -> list[Frame]:
    """Datagrams to one port of a server, each from a port of its own."""
    return [at(n, udp((40000 + n, port), bytes(48))) for n in range(1, count + 1)]


@pytest.mark.parametrize("port", [88, 123, 161, 1812, 1813])
def test_to_a_service_that_answers_each_request_each_is_a_question(port: int, tmp_path: Path) -> None:
    """Clients of NTP and the like ask from a new port each time."""
    analysis = recorded(tmp_path, *anew(port))
    assert judged(analysis) == ("fail", 3, 3)
    assert heading(analysis) == "warn"
    said = f"{POD_IP}'s UDP requests to {PEER_IP} port {port} get no answer (3 of 3)"
    assert headline(analysis).startswith(said)


def test_such_a_request_that_is_answered_or_in_flight_does_not_fail(tmp_path: Path) -> None:
    answered = [*anew(123, 1), *answers(1.2, ports=(123, 40001))]
    assert judged(recorded(tmp_path, *answered)) == ("pass", 1, 0)
    late = at(60.009, udp((40009, 123), bytes(48)))
    assert judged(recorded(tmp_path, *answered, late)) == ("pass", 1, 0)


def test_between_equal_ports_one_datagram_may_be_an_answer(tmp_path: Path) -> None:
    """Its question came before the recording began."""
    lone = at(1, udp((123, 123), bytes(48), PEER_IP, POD_IP, (NODE, POD)))
    assert judged(recorded(tmp_path, lone)) == ("not-checked", 0, 0)


NO_QUESTION = {
    "twice": datagrams(1, 2),
    "twice, on two interfaces that nothing tells apart": datagrams(1, 1.0001, 2, 2.0001),
    "bursts": datagrams(*(n + k / 1000 for n in range(1, 9) for k in range(9))),
    "different each time": [*datagrams(1), *datagrams(2, size=41), *datagrams(4)],
    "a stream": datagrams(*(1 + n / 50 for n in range(20))),
    "a beat": datagrams(*range(1, 40)),
    "once from each port": anew(5000),
    "statistics": datagrams(1, 2, 4, port=8125),
    "a tunnel": datagrams(1, 2, 4, port=51820),
    "keep-alive": datagrams(1, 2, 4, port=4500, size=1),
    "keep-alive of another port": datagrams(1, 2, 4, size=1),
    "to the port of the asker": datagrams(1, 2, 4, port=45000),
    "to everybody": datagrams(1, 2, 4, eth=(POD, BROADCAST), dst="10.244.1.255"),
    "to a group": datagrams(1, 2, 4, dst="239.1.1.1"),
    "only what a server sends": answers(1, 2, 4),
}


@pytest.mark.parametrize("frames", NO_QUESTION.values(), ids=NO_QUESTION)
def test_datagrams_that_ask_nobody(frames: list[Frame], tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *frames)
    assert judged(analysis) == ("not-checked", 0, 0)
    assert not analysis.unanswered
    assert set(analysis.datagrams["outcome"]) <= {"one-way"}


def test_a_request_seen_on_several_interfaces_is_asked_as_often_as_it_was(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *datagrams(1, 1.0001, 2, 2.0001, 4, 4.0001))
    assert judged(analysis) == ("fail", 1, 1)
    assert analysis.datagrams["attempts"].tolist() == [3]


def test_one_direction_recorded_proves_nothing(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / f"{CALI}.pcap", [*datagrams(1, 2, 4), at(60, request())])
    found = finding(analyze(path))
    assert (found.status, found.unknown) == ("not-checked", 1)
    assert "nothing from the other end was recorded" in found.reason
    assert not analyze(path).unanswered


def refused(kind: int, code: int, ports: tuple[int, int] = (50642, 9125), source: str = NODE_IP) -> list[Frame]:
    sent = [at(n, udp(ports, b"requests", ip_id=300 + n)) for n in (1, 2)]
    return [*sent, *((time + MS, error(kind, code, frame, source=source)) for time, frame in sent)]


@pytest.mark.parametrize(("kind", "code", "words"), [(3, 3, "refused"), (3, 13, "prohibited")])
def test_an_icmp_error_ends_a_request_that_was_sent_once(kind: int, code: int, words: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *refused(kind, code))
    assert heading(analysis) == "warn"
    said = f"{POD_IP}'s UDP requests to {PEER_IP} port 9125 are {words} by the node {NODE_IP}"
    assert headline(analysis).startswith(said)
    assert f", {kind}/{code})" in headline(analysis)


def test_the_sender_of_the_error_decides_the_reason(tmp_path: Path) -> None:
    """The receiver itself has no such server; on the pod's link an error with a whole TTL is the node's."""
    (own,) = recorded(tmp_path, *refused(3, 3, source=PEER_IP)).diagnoses
    assert own.possible[0].cause.id == "no-udp-listener"
    assert "firewall-rejects" not in [one.cause.id for one in own.possible]
    (other,) = recorded(tmp_path, *refused(3, 3)).diagnoses
    assert "firewall-rejects" in [one.cause.id for one in other.possible]


def test_what_expires_is_lost_unless_it_was_sent_to_expire(tmp_path: Path) -> None:
    """Routers send it in a circle; a traceroute to the same port begins with small TTLs."""
    analysis = recorded(tmp_path, *refused(11, 0))
    assert heading(analysis) == "warn"
    assert "TTL exceeded (11/0)" in headline(analysis)
    probes = [(time, frame[:22] + b"\x03" + frame[23:]) if frame[23] == 17 else (time, frame)
              for time, frame in refused(11, 0)]  # fmt: skip
    assert heading(recorded(tmp_path, *probes)) == "pass"


@pytest.mark.parametrize(
    "frames",
    [
        # An answer comes late, and its asker is gone; a traceroute ends; a datagram is too large.
        refused(3, 3, ports=(9125, 50642)),
        refused(3, 3, ports=(50642, 33434)),
        refused(3, 4),
        [*refused(3, 3), *answers(4, ports=(9125, 50642))],
    ],
    ids=["late-answer", "traceroute", "too-big", "answered"],
)
def test_errors_that_end_no_request(frames: list[Frame], tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *frames)
    assert heading(analysis) == "pass"
    assert not analysis.unanswered


def test_on_a_nic_it_is_a_question_that_no_rule_judges(tmp_path: Path) -> None:
    """As of a SYN."""
    host = "203.0.113.7", "192.0.2.9"
    asked = [at(n, udp((40000, 5000), bytes(40), *host, (OTHER, POD))) for n in (1, 2, 4)]
    others = [(*host[::-1], (POD, OTHER)), (*host, (OTHER, POD))]
    heard = [at(n, udp((40001 - n, 40001), bytes(48), *ends)) for n, ends in enumerate([*others, *others])]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", sorted([*heard, *asked])))
    assert finding(analysis).status == "not-checked"
    said = [question.sentence for question in analysis.unanswered if question.protocol == "UDP"]
    assert said == ["203.0.113.7's UDP request to 192.0.2.9 port 5000 gets no answer"]


def over_ipv6(payload: bytes, protocol: int, back: bool = False) -> bytes:
    ends = bytes.fromhex("fd00") + bytes(13) + b"\x0a", bytes.fromhex("fd00") + bytes(13) + b"\x0b"
    src, dst = ends[::-1] if back else ends
    head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 63 if back else 64)
    return ethernet(*((NODE, POD) if back else (POD, NODE)), 0x86DD, head + src + dst + payload)


def in_vxlan(frame: bytes, back: bool = False) -> bytes:
    """A frame inside VXLAN between two nodes."""
    nodes = ("192.0.2.2", "192.0.2.1") if back else ("192.0.2.1", "192.0.2.2")
    outer = struct.pack(">BBHI", 8, 0, 0, 4096 << 8) + frame
    return udp((50000, 4789), outer, *nodes, (NODE, OTHER))


def test_over_ipv6(tmp_path: Path) -> None:
    there = struct.pack(">HHHH", 40000, 5000, 48, 0) + bytes(40)
    back = struct.pack(">HHHH", 5000, 40000, 10, 0) + b"ok"
    asked = [at(n, over_ipv6(there, 17)) for n in (1, 2, 4)]
    analysis = recorded(tmp_path, *asked)
    assert judged(analysis) == ("fail", 1, 1)
    assert "fd00::a's UDP requests to fd00::b port 5000" in finding(analysis).evidence[0].headline
    assert judged(recorded(tmp_path, *asked, at(5, over_ipv6(back, 17, back=True)))) == ("pass", 1, 0)


def test_inside_vxlan(tmp_path: Path) -> None:
    asked = [at(n, in_vxlan(udp((40000, 5000), bytes(40)))) for n in (1, 2, 4)]
    back = [at(4.1, in_vxlan(udp((5000, 40000), b"ok", PEER_IP, POD_IP, (NODE, POD)), back=True))]
    silent, heard = (recorded(tmp_path, *frames, name="eth0").datagrams for frames in (asked, [*asked, *back]))
    assert silent["outcome"].tolist() == ["unanswered"]
    assert heard["outcome"].tolist() == ["replied"]


def sctp(chunk: int, back: bool = False, ports: tuple[int, int] = (3868, 3868)) -> bytes:
    src, dst, eth = (PEER_IP, POD_IP, (NODE, POD)) if back else (POD_IP, PEER_IP, (POD, NODE))
    body = struct.pack(">HHIIBBHIIHHI", *ports, 0, 0, chunk, 0, 20, 7, 65535, 10, 10, 1)
    header = bytearray(udp((3868, 3868), b"", src, dst, eth)[14:34])
    header[2:4], header[9] = struct.pack(">H", 20 + len(body)), 132
    return ethernet(*eth, 0x0800, bytes(header) + body)


def test_an_association_that_nobody_accepts_fails_as_a_warning(tmp_path: Path) -> None:
    asked = [at(n, sctp(1)) for n in (1, 4, 10)]
    analysis = recorded(tmp_path, *asked)
    assert judged(analysis, SCTP) == ("fail", 1, 1)
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"{POD_IP}'s SCTP association with {PEER_IP} port 3868 gets no answer")
    assert analysis.associations["attempts"].tolist() == [3]
    assert not analysis.unanswered


@pytest.mark.parametrize("chunk", [2, 6], ids=["init-ack", "abort"])
def test_both_chunks_answer_an_init(chunk: int, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, sctp(1)), at(1.1, sctp(chunk, back=True)))
    assert judged(analysis, SCTP) == ("pass", 1, 0)


def test_an_init_whose_answer_may_have_come_later_is_undetermined(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / f"{CALI}.pcap", [*PINGED, at(1, sctp(1)), at(3, request(2)), at(3.1, reply(2))])
    found = finding(analyze(path), SCTP)
    assert (found.status, found.unknown) == ("not-checked", 1)


def test_a_host_without_sctp_says_so(tmp_path: Path) -> None:
    sent = sctp(1)
    analysis = recorded(tmp_path, at(1, sent), at(1.1, error(3, 2, sent, source=PEER_IP)))
    assert judged(analysis, SCTP) == ("fail", 1, 1)
    assert "protocol unreachable" in headline(analysis)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("options", [("-nn",), ("-nn", "-e", "-v"), ("-nn", "-vv")], ids=" ".join)
@pytest.mark.parametrize("scenario", ["udp-answered", "udp-dropped", "sctp-answered", "sctp-dropped"])
def test_what_tcpdump_prints_is_judged_as_the_packets_are(
    scenario: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    capture = CAPTURES / scenario / f"{CALI}.pcap"
    rule = UDP if scenario.startswith("udp") else SCTP
    text = transcript(capture, tmp_path, *options)
    assert text is not None
    assert judged(analyze(text), rule) == judged(analyze(capture), rule)


def test_a_text_without_times_cannot_tell_a_stream_from_a_question(tmp_path: Path) -> None:
    text = tmp_path / f"{CALI}.txt"
    lines = ["ARP, Request who-has 169.254.1.1 tell 10.0.3.7, length 28"]
    lines += ["ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28"]
    lines += ["IP 10.0.3.7.40311 > 10.0.3.9.5000: UDP, length 40"] * 5
    text.write_text("\n".join(lines) + "\n")
    assert finding(analyze(text)).status == "not-checked"


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_both_loops_agree(tmp_path: Path) -> None:
    def rows() -> list[object]:
        frames = [*datagrams(1, 2, 4), *answers(9), *refused(3, 3), at(5, sctp(1)), at(6, sctp(2, back=True))]
        some = [at(20 + n, udp((500, 500), bytes(90))) for n in range(4)]
        analysis = recorded(tmp_path, *frames, *some)
        return [*analysis.datagrams.to_dict("records"), *analysis.associations.to_dict("records")]

    compiled = repr(rows())
    with plain_loops():
        assert repr(rows()) == compiled


def test_more_talks_than_are_remembered_are_all_counted(tmp_path: Path) -> None:
    """The oldest are finished as the ring comes round, and so is what is left at the end."""
    count = pairing_layout.TALKS + 10
    frames = [
        frame
        for n in range(count)
        for port in [40000 + n % 10000]
        for frame in (
            (BEGIN + SECOND + n * MS, udp((port, 1000 + n // 10000), bytes(40))),
            (BEGIN + SECOND + n * MS + 1000, udp((1000 + n // 10000, port), b"ok", PEER_IP, POD_IP, (NODE, POD))),
        )
    ]
    assert judged(recorded(tmp_path, *frames)) == ("pass", count, 0)
