"""Questions from the internet: the noise is left out, and what a node serves to the outside is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import heading, headline
from tests.support.wire import BEGIN, MS, NODE, NODE_IP, POD, POD_IP, SECOND, Frame, answer, ask, tcp, write_pcap

NIC, ROUTER = "0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:01"
CLIENT, SCANNER = "93.184.216.34", "8.8.4.4"
SYN, SYN_ACK = 0x02, 0x12
# What Linux waits before it sends a SYN again, and a little more.
AGAIN = 1020 * MS
PORT = 31080


def syns(times: int, src: str = CLIENT, port: int = PORT, dst: str = NODE_IP) -> list[Frame]:
    """A client's SYNs as the NIC shows them, each the same."""
    return [
        (BEGIN + n * AGAIN, tcp(SYN, (40000, port), src, dst, (ROUTER, NIC), 63, seq=4_142_385_480))
        for n in range(times)
    ]


def quiet(frames: list[Frame]) -> list[Frame]:
    """The same, and long enough afterwards the NIC is still being recorded."""
    later = tcp(0x10, (22, 51000), NODE_IP, "172.31.186.9", (NIC, ROUTER))
    return [*frames, (BEGIN + 30 * SECOND, later)]


# Why what a scanner sends is no failure.
ONCE = "it was sent once, from an address of the internet that got no answer to anything, as scanners send it"


def behind(times: int, src: str = CLIENT) -> list[Frame]:
    """What the pod's link shows of them: translated, each answered by the pod."""
    shown = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer())]
    for n in range(times):
        at = BEGIN + n * AGAIN + MS // 10
        shown.append((at, tcp(SYN, (40000, 8080), src, POD_IP, (NODE, POD), 62, seq=4_142_385_480)))
        back = tcp(SYN_ACK, (8080, 40000), POD_IP, src, (POD, NODE), 64, seq=7, ack=4_142_385_481)
        shown.append((at + MS // 10, back))
    return [*shown, (BEGIN + 30 * SECOND, ask())]


def judged(folder: Path, nic: list[Frame], link: list[Frame]) -> Analysis:
    return analyze(
        write_pcap(folder / "eth0.pcap", sorted(quiet(nic))),
        write_pcap(folder / "cali14e7d81007d.pcap", sorted(link)),
    )


def test_a_node_port_whose_answers_never_leave_is_no_pass(tmp_path: Path) -> None:
    """The pod answers every SYN on its link; the client, on the NIC, hears none of it."""
    for src in (CLIENT, NODE_IP):
        analysis = judged(tmp_path, syns(3), behind(3, src))
        assert heading(analysis) == "warn"
        assert headline(analysis).startswith(
            f"{CLIENT}'s connection to {NODE_IP} port 31080 is answered, but the answer is last seen on "
            "cali14e7d81007d, entering the node, and never on eth0"
        )


def test_an_answer_that_leaves_is_one(tmp_path: Path) -> None:
    answers = [
        (time + MS, tcp(SYN_ACK, (PORT, 40000), NODE_IP, CLIENT, (NIC, ROUTER), 63, seq=7, ack=4_142_385_481))
        for time, _ in syns(1)
    ]
    assert heading(judged(tmp_path, [*syns(1), *answers], behind(1))) == "pass"


def test_a_scan_of_the_nic_is_noise(tmp_path: Path) -> None:
    link = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 30 * SECOND, ask())]
    scan = [frame for port in (22, 23, 3389, 31080) for frame in syns(1, SCANNER, port)]
    analysis = judged(tmp_path, scan, link)
    (told,) = analysis.unanswered
    assert (told.doubt, heading(analysis)) == (ONCE, "pass")


@pytest.mark.parametrize(("ports", "told"), [((22, 3389), 2), ((22, 445, 3389), 0)])
def test_closed_ports_answer_a_scanner_too(ports: tuple[int, ...], told: int, tmp_path: Path) -> None:
    """Whoever asks many ports once each is no client, though one of them was refused."""
    link = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 30 * SECOND, ask())]
    scan = [frame for port in (*ports, 8081) for frame in syns(1, SCANNER, port)]
    refused = (BEGIN + MS, tcp(0x14, (8081, 40000), NODE_IP, SCANNER, (NIC, ROUTER), ack=4_142_385_481))
    analysis = judged(tmp_path, [*scan, refused], link)
    assert len(analysis.asked_in_vain) == told
    assert heading(analysis) == ("warn" if told else "pass")


def test_a_question_behind_a_scan_is_reported(tmp_path: Path) -> None:
    """Both come from the router's MAC, so they stand in one frame group."""
    analysis = judged(tmp_path, [*syns(1, SCANNER), *syns(3, "172.31.7.7", 443)], behind(0))
    assert [question.sentence for question in analysis.unanswered if not question.doubt] == [
        f"172.31.7.7's connection to {NODE_IP} port 443 gets no answer, last seen on eth0"
    ]


def test_a_client_that_asks_again_and_again_is_reported_on_the_nic_alone(tmp_path: Path) -> None:
    (question,) = analyze(write_pcap(tmp_path / "eth0.pcap", quiet(syns(3)))).unanswered
    assert (question.sentence, question.attempts) == (
        f"{CLIENT}'s connection to {NODE_IP} port 31080 gets no answer",
        3,
    )


def test_both_addresses_of_a_node_port_may_change(tmp_path: Path) -> None:
    """The back end is on another node: the NIC shows what comes in and, masqueraded, what goes out again."""
    out = [
        (time + MS // 20, tcp(SYN, (40000, 8080), NODE_IP, "10.244.2.9", (NIC, ROUTER), 62, seq=4_142_385_480))
        for time, _ in syns(3)
    ]
    back = [
        (time + MS // 2, tcp(SYN_ACK, (8080, 40000), "10.244.2.9", NODE_IP, (ROUTER, NIC), 63, 7, 4_142_385_481))
        for time, _ in syns(3)
    ]
    analysis = judged(tmp_path, [*syns(3), *out, *back], behind(0))
    assert headline(analysis).startswith(
        f"{CLIENT}'s connection to {NODE_IP} port 31080 is answered, but the answer comes back to eth0 "
        "and goes no further"
    )


def test_an_answer_that_nobody_translated_back_comes_from_the_wrong_address(tmp_path: Path) -> None:
    """The pod's SYN-ACK leaves by the NIC with the pod's own address, which the client never asked."""
    answers = [
        (time + MS, tcp(SYN_ACK, (8080, 40000), POD_IP, CLIENT, (NIC, ROUTER), 63, seq=7, ack=4_142_385_481))
        for time, _ in syns(3)
    ]
    analysis = judged(tmp_path, [*syns(3), *answers], behind(3))
    assert headline(analysis).startswith(
        f"answers to {CLIENT} come from the back end {POD_IP}, not from {NODE_IP}, which it asked (3 of 3)"
    )
    named = [one.cause.id for one in analysis.diagnoses[0].suspects]
    assert named[0] == "reply-not-translated"
    assert not {"policy-drops", "node-firewall-drops", "conntrack-drops"} & set(named)
