"""Every echo request paired with its reply as tshark pairs it, but for the differences that are meant."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.captures import NO_CORPUS, by_name, some_of_all
from tests.support.echo_pairs import Against, Fields, compare
from tests.support.meant import Allowed, Rule
from tests.support.tshark import MISSING
from tests.support.wire import BEGIN, MS, PEER_IP, Frame, reply, request, write_pcap

# One group, since all of them need what was read once.
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.xdist_group("echo against tshark"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

KEY = ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "icmp.ident", "icmp.seq")
KEY6 = ("icmpv6.echo.identifier", "icmpv6.echo.sequence_number")
# How the checksum of a reply differs from that of its request, by the type alone.
STEPS = {"icmp.checksum": 0x0800, "icmpv6.checksum": 0x0100}
PEERS = (PEER_IP, "10.244.1.12")
# Captures with echoes inside of something, beyond those chosen anyhow.
WANTED = ("tcpdump/tests/geneve.pcap", "tcpdump/tests/HDLC.pcap")


def same_packet(packet: Fields, other: Fields) -> bool:
    return all(packet.get(name) == other.get(name) for name in (*KEY, *KEY6, "ip.id"))


def not_read(echo_pair: Against) -> bool:
    return echo_pair.frame not in echo_pair.pairing.read


def repeated(echo_pair: Against) -> bool:
    """Whether an earlier request was found to be the same packet."""
    return echo_pair.frame in echo_pair.pairing.read and any(
        number < echo_pair.frame and echo.requests > 1 and same_packet(echo_pair.packets[number], echo_pair.request)
        for number, echo in echo_pair.pairing.echoes.items()
        if number in echo_pair.packets
    )


def taken_by_repeat(echo_pair: Against) -> bool:
    taker = echo_pair.takers.get(echo_pair.ours)
    return taker is not None and taker > echo_pair.frame and same_packet(echo_pair.packets[taker], echo_pair.request)


def before_its_request(echo_pair: Against) -> bool:
    return isinstance(echo_pair.ours, int) and echo_pair.ours < echo_pair.frame


def other_checksum(echo_pair: Against) -> bool:
    """Whether our reply's checksum does not follow from the request's."""
    if not isinstance(echo_pair.ours, int):
        return False
    sent, came = echo_pair.request, echo_pair.packets[echo_pair.ours]
    name = next(name for name in STEPS if name in sent)
    # Ones' complement has two zeros.
    return (int(sent[name], 0) + STEPS[name] - int(came[name], 0)) % 0xFFFF != 0


RULES = [
    Rule("a request inside of what is not decoded", "request", not_read),
    Rule("the same packet seen again is one request", "request", repeated),
    Rule("tshark gives the reply to the latest sight of the request, we to the first", "reply", taken_by_repeat),
    Rule(
        "a reply recorded just before its request is its reply; tshark looks forward only", "reply", before_its_request
    ),
    Rule("tshark tells echoes apart by their checksums too, which offload leaves wrong", "reply", other_checksum),
]
ALLOWED: Allowed[Against] = Allowed(RULES, {})


def random_echoes(path: Path) -> Path:
    """A talk in which identifiers are used again, packets come twice, out of order, late or never."""
    chance = random.Random(7)
    time, frames = BEGIN, list[Frame]()
    sent = [(PEERS[0], 1, 1, 0)]
    for number in range(3000):
        time += chance.choice([1000, 200_000, 30 * MS, 400 * MS])
        if chance.random() < 0.5:
            sent.append((chance.choice(PEERS), chance.randrange(8), chance.randrange(3), number))
        peer, seq, ident, ip_id = chance.choice(sent[-4:])
        if chance.random() < 0.5:
            frame = request(seq, dst=peer, ident=ident, ip_id=ip_id)
        else:
            frame = reply(seq, src=peer, ident=ident, ip_id=ip_id)
        if frame[34] == 0 and chance.random() < 0.05:
            # A reply whose checksum is wrong.
            frame = frame[:36] + bytes([frame[36] ^ 0x55]) + frame[37:]
        frames.append((time, frame))
    return write_pcap(path, frames, nanoseconds=True)


def test_echoes_are_paired_as_by_tshark() -> None:
    disagreements, _used = ALLOWED.sort(by_name(some_of_all(WANTED), compare))
    assert disagreements == {}


def test_random_echoes_are_paired_as_by_tshark(tmp_path: Path) -> None:
    disagreements, _used = ALLOWED.sort({"random": compare(random_echoes(tmp_path / "random.pcap"))})
    assert disagreements == {}


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
def test_every_meant_difference_is_there(tmp_path: Path) -> None:
    """What no longer differs is struck off the list."""
    found = by_name(some_of_all(WANTED), compare)
    found["random"] = compare(random_echoes(tmp_path / "random.pcap"))
    _disagreements, used = ALLOWED.sort(found)
    assert ALLOWED.entries() - used == set()
