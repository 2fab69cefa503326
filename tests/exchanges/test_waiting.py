"""What is open at the end of a capture: in flight, as long as nothing shows that its answer was due."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.ruleset.finding import Finding
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    Frame,
    answer,
    ask,
    ethernet,
    reply,
    request,
    tcp,
    write_pcap,
)

NAME = "cali5b1e77a0c3d"
HEAD = f"listening on {NAME}, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
ASK = "ARP, Request who-has 169.254.1.1 tell 10.66.4.9, length 28"
ANSWER = "ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28"
OTHER = "IP 10.66.4.9.5353 > 10.66.7.1.5353: UDP, length 40"
MULTICAST = ethernet(NODE, "33:33:00:00:00:16", 0x86DD, b"\x60" + bytes(60))
START: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]


def ping(seq: int, dst: str = "10.66.8.2") -> str:
    return f"IP 10.66.4.9 > {dst}: ICMP echo request, id 31, seq {seq}, length 64"


def pong(seq: int, src: str = "10.66.8.2") -> str:
    return f"IP {src} > 10.66.4.9: ICMP echo reply, id 31, seq {seq}, length 64"


def syn(times: int) -> list[str]:
    return ["IP 10.66.4.9.40112 > 10.66.8.2.80: Flags [S], seq 7, win 64240, length 0"] * times


def of_text(tmp_path: Path, lines: list[str], rule: str) -> Finding:
    path = tmp_path / "paste.txt"
    path.write_text(HEAD + "\n".join(lines) + "\n")
    return next(finding for finding in analyze(path).findings if finding.rule.id == rule)


def of_frames(tmp_path: Path, frames: list[Frame], rule: str = "echo-answered") -> Finding:
    path = write_pcap(tmp_path / f"{NAME}.pcap", frames)
    return next(finding for finding in analyze(path).findings if finding.rule.id == rule)


@pytest.mark.parametrize(
    ("lines", "rule", "status"),
    [
        ([ASK], "gateway-arp-answered", "not-checked"),
        ([ASK, ASK], "gateway-arp-answered", "not-checked"),
        ([ASK] * 3, "gateway-arp-answered", "fail"),
        ([ASK, ANSWER, ping(1)], "echo-answered", "not-checked"),
        ([ASK, ANSWER, ping(1), pong(1), ping(2)], "echo-answered", "pass"),
        # Nothing after them: all three may have been sent at once.
        ([ASK, ANSWER, ping(1), ping(2), ping(3)], "echo-answered", "not-checked"),
        ([ASK, ANSWER, ping(1), ping(2), ping(3), OTHER], "echo-answered", "fail"),
        # Overtaken: what was asked later was answered.
        ([ASK, ANSWER, ping(1), ping(2), pong(2), OTHER], "echo-answered", "fail"),
        ([ASK, ANSWER, ping(1), *(f(n, "10.66.8.7") for n in range(3) for f in (ping, pong))], "echo-answered", "fail"),
        # As many were under way before, and all were answered.
        ([ASK, ANSWER, *map(ping, (1, 2, 3, 4)), *map(pong, (1, 2, 3, 4)), *map(ping, (5, 6, 7)), OTHER],
         "echo-answered", "pass"),
        ([ASK, ANSWER, *syn(1), OTHER], "tcp-answered", "not-checked"),
        ([ASK, ANSWER, *syn(3), OTHER], "tcp-answered", "fail"),
    ],
)  # fmt: skip
def test_text_without_times(lines: list[str], rule: str, status: str, tmp_path: Path) -> None:
    """Nothing is known after its last line; only the order of the lines tells that an answer was due."""
    finding = of_text(tmp_path, lines, rule)
    assert finding.status == status
    if status == "not-checked":
        assert "shows no times" in finding.reason


@pytest.mark.parametrize(("after", "status"), [(1600, "pass"), (3000, "fail")])
def test_answers_that_take_long_are_awaited(after: int, status: str, tmp_path: Path) -> None:
    """Replies took 1.4 s; the last request is this many milliseconds old when the capture ends."""
    echoes = [
        frame
        for n in range(1, 4)
        for frame in ((BEGIN + n * 200 * MS, request(n)), (BEGIN + (n * 200 + 1400) * MS, reply(n)))
    ]
    last = BEGIN + 1100 * MS
    frames = sorted([*START, *echoes, (last, request(9)), (last + after * MS, MULTICAST)])
    assert of_frames(tmp_path, frames).status == status


def test_loss_at_the_end_is_a_loss(tmp_path: Path) -> None:
    """Many echoes took 30 ms; what the capture's last second lost was due long ago."""
    frames = list(START)
    for n in range(1, 40):
        time = BEGIN + n * 200 * MS
        frames.append((time, request(n)))
        if n < 34:
            frames.append((time + 30 * MS, reply(n)))
    finding = of_frames(tmp_path, frames)
    assert (finding.status, finding.failed, finding.unknown) == ("fail", 3, 3)


def test_what_another_pair_took_says_nothing(tmp_path: Path) -> None:
    frames = [
        *START,
        (BEGIN + 10 * MS, request(1, dst="10.244.9.9")),
        (BEGIN + 20 * MS, request(2)),
        (BEGIN + 1900 * MS, reply(1, src="10.244.9.9")),
        (BEGIN + 2000 * MS, MULTICAST),
    ]
    assert of_frames(tmp_path, frames).status == "fail"


def test_a_handshake_shows_how_long_the_way_is(tmp_path: Path) -> None:
    """A SYN-ACK after 1.2 s: an echo to the same host has to be given as long."""
    syn_ack = tcp(0x12, (80, 40000), src="10.244.1.11", dst="10.244.1.10", eth=(NODE, POD), ttl=63)
    frames = [
        *START,
        (BEGIN + 10 * MS, tcp(2)),
        (BEGIN + 1210 * MS, syn_ack),
        (BEGIN + 1220 * MS, request(1)),
        (BEGIN + 2300 * MS, MULTICAST),
    ]
    assert of_frames(tmp_path, frames).status == "not-checked"


def test_broadcast_address_owes_no_answer(tmp_path: Path) -> None:
    """Unless somebody did answer as that address: then it is a host."""
    frames = [
        *START,
        (BEGIN + 10 * MS, request(1, dst="10.244.1.255")),
        (BEGIN + 20 * MS, request(2)),
        (BEGIN + 21 * MS, reply(2)),
        (BEGIN + 9 * SECOND, MULTICAST),
    ]
    assert of_frames(tmp_path, frames).status == "pass"
    told = (BEGIN + 8 * SECOND, request(3, dst="10.244.1.255")), (BEGIN + 8 * SECOND + MS, reply(3, src="10.244.1.255"))
    assert of_frames(tmp_path, [*frames[:-1], *told, frames[-1]]).status == "fail"


def test_text_of_requests_alone_proves_no_silence(tmp_path: Path) -> None:
    """As after ``grep -i request``: requests of several kinds, from both ends, and nothing else."""
    lines = [
        f"07:11:0{second}.100000 {line}"
        for second, line in enumerate(
            [ASK, "ARP, Request who-has 10.66.4.9 tell 10.66.0.3, length 28", *map(ping, range(4))]
        )
    ]
    assert of_text(tmp_path, lines, "gateway-arp-answered").status == "not-checked"
    finding = of_text(tmp_path, lines, "echo-answered")
    assert finding.status == "not-checked"
    assert "every line of this text is a request" in finding.reason


def test_who_asks_again_at_once_got_no_answer(tmp_path: Path) -> None:
    """Nobody repeats ARP within two seconds of its answer, whatever was left out of the text."""
    lines = [
        "07:11:01.100000 IP 10.66.4.1 > 10.66.0.3: ICMP echo request, id 4, seq 1, length 64",
        f"07:11:01.100020 {ASK}",
        "07:11:02.120000 IP 10.66.4.1 > 10.66.0.3: ICMP echo request, id 4, seq 2, length 64",
        f"07:11:02.119900 {ASK}",
    ]
    assert of_text(tmp_path, lines, "gateway-arp-answered").status == "fail"


@pytest.mark.parametrize(("after", "attempts", "status"), [(0.6, 1, "not-checked"), (1.2, 1, "fail"), (1.7, 2, "fail")])
def test_a_syn_is_overdue_when_it_would_be_repeated(tmp_path: Path, after: float, attempts: int, status: str) -> None:
    """RFC 6298, section 2.1."""
    frames = [*START, *((BEGIN + (10 + n * 1000) * MS, tcp(0x02)) for n in range(attempts))]
    frames.append((BEGIN + 10 * MS + round(after * SECOND), MULTICAST))
    assert of_frames(tmp_path, sorted(frames), "tcp-answered").status == status
