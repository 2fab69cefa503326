"""What the node refuses in a pod's name, or takes without a word: no PASS stands over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import heading, headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    PEER_IP,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    reply,
    request,
    tcp,
    tcp_back,
    udp,
    write_pcap,
)

HERE, THERE = "cali14e7d81007d", "calieabe7761b00"
PEER = "3a:91:7f:0c:d4:58"
SYN, SYN_ACK, RST_ACK = 0x02, 0x12, 0x14


def analyzed(folder: Path, here: list[Frame], there: list[Frame] | None = None, ttl: int = 63) -> Analysis:
    """Both links; four echoes go between them, whose replies come back with ``ttl``."""
    here, there = [(BEGIN, ask()), (BEGIN + 1000, answer()), *here], list(there or [])
    for number in range(4):
        time = BEGIN + (1 + 2 * number) * SECOND
        here += [(time, request(number, ip_id=number)), (time + 3000, reply(number, ip_id=number + 900, ttl=ttl))]
        back = reply(number, src=PEER_IP, dst=POD_IP, ip_id=number + 900, eth=(PEER, NODE), ttl=64)
        there += [
            (time + 1000, request(number, ip_id=number, eth=(NODE, PEER), ttl=63)),
            (time + 2000, back),
        ]
    paths = [write_pcap(folder / f"{HERE}.pcap", sorted(here)), write_pcap(folder / f"{THERE}.pcap", sorted(there))]
    return analyze(*paths)


def connects(flags: int, ttl: int) -> list[Frame]:
    """A SYN before the other link shows anything, and what answers it."""
    return [(BEGIN + 10 * MS, tcp(SYN)), (BEGIN + 11 * MS, tcp_back(flags, ttl=ttl))]


def test_a_reset_with_the_nodes_own_ttl_is_from_the_node(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, connects(RST_ACK, 64))
    said = headline(analysis)
    assert heading(analysis) == "warn"
    assert said.startswith(f"{POD_IP}'s connection to {PEER_IP} port 80 is refused by the node: RST with TTL 64")
    assert "TCP connections are answered" not in said


@pytest.mark.parametrize(("flags", "ttl"), [(RST_ACK, 63), (SYN_ACK, 64)])
def test_other_answers_are_not(tmp_path: Path, flags: int, ttl: int) -> None:
    """The pod's own RST was passed on by the node; a proxy on the node that accepts refuses nothing."""
    assert heading(analyzed(tmp_path, connects(flags, ttl))) == "pass"


def test_where_packets_keep_their_ttl_it_proves_nothing(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, connects(RST_ACK, 64), ttl=64)
    assert "refused by the node" not in headline(analysis)
    assert not analysis.unanswered


def datagrams(count: int, port: int = 8125, **more: object) -> list[Frame]:
    given = [udp((50642, port), b"requests", ip_id=300 + number, **more) for number in range(count)]  # type: ignore[arg-type]
    return [(BEGIN + SECOND + (number + 1) * 200 * MS, frame) for number, frame in enumerate(given)]


def test_datagrams_that_nobody_answers_and_that_do_not_arrive(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, datagrams(6))
    assert heading(analysis) == "warn"
    clause = f"enter the node on {HERE} and are seen nowhere after (sent 6 times)"
    assert headline(analysis).startswith(f"{POD_IP}'s UDP datagrams to {PEER_IP} port 8125 {clause}")


def test_the_error_about_them_is_reported(tmp_path: Path) -> None:
    sent = datagrams(3, port=9125)
    analysis = analyzed(tmp_path, [*sent, *((time + 1000, error(3, 3, frame)) for time, frame in sent)])
    said = (
        f"{POD_IP}'s UDP requests to {PEER_IP} port 9125 are refused by the node 172.31.186.250 (port unreachable, 3/3)"
    )
    assert headline(analysis).startswith(said)
    assert not analysis.unanswered
    assert not any("which ended no echo request" in remark.text for remark in analysis.remarks)


def test_datagrams_that_arrive_are_nobodys_question(tmp_path: Path) -> None:
    there = [(time + 1000, frame) for time, frame in datagrams(6, eth=(NODE, PEER), ttl=63)]
    assert heading(analyzed(tmp_path, datagrams(6), there)) == "pass"


def refused(folder: Path, ttl: int, dst: str = PEER_IP, spoken: list[Frame] | None = None) -> Analysis:
    """The asker's link, and another link, on which nothing is about whom it asks."""
    here = [
        (BEGIN, ask()),
        (BEGIN + 1000, answer()),
        (BEGIN + 10 * MS, tcp(SYN, dst=dst)),
        (BEGIN + 11 * MS, tcp_back(RST_ACK, src=dst, ttl=ttl)),
    ]
    there = spoken or [(BEGIN + 2 * SECOND, ask("10.244.1.12", NODE, NODE_IP))]
    return analyze(write_pcap(folder / f"{HERE}.pcap", here), write_pcap(folder / f"{THERE}.pcap", there))


def test_a_reset_for_a_pod_of_the_block_whose_link_showed_nothing_is_the_nodes(tmp_path: Path) -> None:
    analysis = refused(tmp_path, 64)
    assert heading(analysis) == "warn"
    asked = f"{POD_IP}'s connection to {PEER_IP} port 80"
    assert headline(analysis).startswith(
        f"{asked} is refused by the node: RST with TTL 64, which no router has forwarded"
    )
    assert analysis.diagnoses[0].suspects[0].cause.id == "node-resets"


def test_a_refusal_that_was_forwarded_is_no_fault(tmp_path: Path) -> None:
    """A health check that the pod refuses itself."""
    assert heading(refused(tmp_path, 63)) == "pass"


def test_nor_is_one_of_another_network_or_where_the_other_link_is_known(tmp_path: Path) -> None:
    """The node's own address refuses with the node's TTL; a link that belongs to another pod shows nothing."""
    assert heading(refused(tmp_path, 64, NODE_IP)) == "pass"
    other = [(BEGIN + 2 * SECOND, ask(src=PEER, ip="10.244.1.12"))]
    other.append((BEGIN + 2 * SECOND + 1000, answer(to=PEER, to_ip="10.244.1.12")))
    assert heading(refused(tmp_path, 64, spoken=other)) == "pass"
