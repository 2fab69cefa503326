"""What its asker's own link shows last, of recordings in which others were listened to as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pcapcheck import analyze
from pcapcheck.report.headline import headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    query,
    reply,
    request,
    tcp,
    tcp_back,
    write_pcap,
)

HERE, THERE = "cali14e7d81007d", "calieabe7761b00"
PEER = "3a:91:7f:0c:d4:58"
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10
AFTER = f"enter the node on {HERE} and are seen nowhere after"


def across(seq: int, time: int) -> tuple[list[Frame], list[Frame]]:
    """An echo request and its reply, as the asker's link and the receiver's show them."""
    back = {"src": PEER_IP, "dst": POD_IP}
    here = [(time, request(seq, ip_id=seq)), (time + 300_000, reply(seq, ip_id=seq + 900))]
    there = [
        (time + 100_000, request(seq, ip_id=seq, eth=(NODE, PEER), ttl=63)),
        (time + 200_000, reply(seq, ip_id=seq + 900, eth=(PEER, NODE), ttl=64, **back)),
    ]
    return here, there


def recorded(folder: Path, here: list[Frame], there: list[Frame]) -> list[Path]:
    """Both links; echoes go between them in seconds 1 to 9."""
    here = [(BEGIN, ask()), (BEGIN + 1000, answer()), *here]
    for number in range(5):
        mine, other = across(number + 1, BEGIN + (1 + 2 * number) * SECOND)
        here, there = here + mine, there + other
    return [write_pcap(folder / f"{HERE}.pcap", sorted(here)), write_pcap(folder / f"{THERE}.pcap", sorted(there))]


def syns(first: int, count: int, port: int = 8080) -> Iterator[Frame]:
    """A SYN and its retransmissions, a second apart, ``first`` milliseconds after the beginning."""
    for number in range(count):
        frame = tcp(SYN, (40000 + port, port))
        # Each retransmission is a datagram of its own.
        yield BEGIN + first * MS + number * SECOND, frame[:18] + number.to_bytes(2, "big") + frame[20:]


def test_a_syn_sent_before_the_other_link_was_watched_is_lost_like_its_retransmissions(tmp_path: Path) -> None:
    said = headline(analyze(*recorded(tmp_path, list(syns(500, 6)), [])))
    assert said.startswith(f"{POD_IP}'s connection to {PEER_IP} port 8080 gets no answer: its SYNs {AFTER}")


def test_where_others_of_the_protocol_got_through_nothing_is_taken_from_others(tmp_path: Path) -> None:
    """The first SYN was sent before the other link was watched; a later connection passes it."""
    time = BEGIN + 4 * SECOND
    here = [
        (time, tcp(SYN, (50000, 80))),
        (time + 300_000, tcp_back(SYN_ACK, (80, 50000))),
        (time + 400_000, tcp(ACK, (50000, 80), seq=2, ack=2)),
    ]
    there = [
        (time + 100_000, tcp(SYN, (50000, 80), eth=(NODE, PEER), ttl=63)),
        (time + 200_000, tcp_back(SYN_ACK, (80, 50000), eth=(PEER, NODE), ttl=64)),
        (time + 500_000, tcp(ACK, (50000, 80), seq=2, ack=2, eth=(NODE, PEER), ttl=63)),
    ]
    said = headline(analyze(*recorded(tmp_path, [*syns(500, 1), *here], there)))
    assert said.startswith(f"{POD_IP}'s connection to {PEER_IP} port 8080 gets no answer, last seen on {HERE}")


def test_a_query_whose_servers_link_is_not_known(tmp_path: Path) -> None:
    asked = [(BEGIN + number * SECOND, query()) for number in (2, 4)]
    said = headline(analyze(*recorded(tmp_path, asked, [])))
    assert f"get no answer, last seen on {HERE}, entering the node (asked 2 times)" in said


def test_requests_are_placed_where_the_other_recording_is_empty(tmp_path: Path) -> None:
    here = [(BEGIN, ask()), (BEGIN + 1000, answer())]
    here += [(BEGIN + number * SECOND, request(number)) for number in (1, 2, 3)]
    paths = [write_pcap(tmp_path / f"{HERE}.pcap", [*here, (BEGIN + 9 * SECOND, ask())])]
    assert headline(analyze(*paths)) == f"{POD_IP}'s echo requests to {PEER_IP} get no reply (3 of 3)"
    paths.append(write_pcap(tmp_path / f"{THERE}.pcap", []))
    said = headline(analyze(*paths))
    assert (
        said == f"{POD_IP}'s echo requests to {PEER_IP} get no reply, last seen on {HERE}, entering the node (3 of 3)"
    )


def test_a_ping_that_came_to_the_nodes_nic_is_last_seen_there(tmp_path: Path) -> None:
    router, node = "0e:c4:14:00:00:01", "42:01:0a:14:00:0b"
    pings = [
        (BEGIN + number * SECOND, request(number, src="10.9.0.7", eth=(router, node), ip_id=number))
        for number in (1, 2, 3)
    ]
    paths = [write_pcap(tmp_path / "node1-eth0.pcap", pings), write_pcap(tmp_path / f"node1-{THERE}.pcap", [])]
    said = headline(analyze(*paths))
    assert said.startswith(f"10.9.0.7's ping to {PEER_IP} gets no answer, last seen on node1's eth0 (asked ")


def test_frames_to_a_wrong_mac_name_their_pod(tmp_path: Path) -> None:
    wrong = "5e:f9:04:11:22:33"
    pinging = [(BEGIN + number * SECOND, request(number, eth=(POD, wrong))) for number in (1, 2)]
    said = headline(
        analyze(write_pcap(tmp_path / f"{HERE}.pcap", [(BEGIN, ask()), (BEGIN + 1000, answer()), *pinging]))
    )
    assert said.startswith(f"the pod {POD_IP} sends its packets to {wrong}, where nobody listens")
