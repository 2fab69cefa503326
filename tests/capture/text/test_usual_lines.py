"""Lines of the usual shape are read at once; the rules for all other lines must come to the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.text import reader
from pcapcheck.capture.text.names import PrintedAddresses
from pcapcheck.capture.text.usual_lines import awaits_ends
from pcapcheck.capture.text.usual_starts import begin
from pcapcheck.errors import CaptureError
from tests.support.reading import Reading, read_bytes
from tests.support.transcripts import rows

TIME = "16:22:59.584290 "
POD, NODE = "aa:64:43:69:fd:8d", "ee:ee:ee:ee:ee:ee"
HEADER = "(tos 0x0, ttl 64, id 37455, offset 0, flags [DF], proto {} ({}), length 84)\n    "
HEADER6 = "(flowlabel 0x2899b, hlim 64, next-header {} ({}) payload length: 64) "
# What follows the addresses, and the ports that belong to them.
ICMP = [
    "ICMP echo request, id 15, seq 0, length 64",
    "ICMP host 10.9.0.5 unreachable, length 92",
    "ICMP 10.9.0.5 udp port 8125 unreachable, length 36",
]
ICMP6 = [
    "[icmp6 sum ok] ICMP6, echo reply, id 15, seq 3",
    "ICMP6, echo request, id 15, seq 3, length 64",
    f"ICMP6, neighbor solicitation, who has fe80::1\n\t  source link-address option (1), length 8 (1): {POD}",
    "ICMP6, neighbor advertisement, tgt is fe80::1, Flags [router, solicited], length 32",
]
TCP = [
    "Flags [S], seq 3415330359, win 502, options [mss 1460,sackOK,TS val 30 ecr 29,nop,wscale 7], length 0",
    "Flags [P.], cksum 0x165b (correct), seq 1:101, ack 1, win 502, length 100: HTTP: GET / HTTP/1.1",
    "Flags [.], ack 1, win 9, options [nop,nop,TS val 30 ecr 29,nop,nop,sack 1 {5:9}], length 0",
]
UDP = [
    "UDP, length 64",
    "[udp sum ok] 4660+ [1au] AAAA? api.default.svc.cluster.local. (47)",
    "4660 NXDomain*- q: A? api. 1/0/0 api. A 10.96.0.1, api. [5s] A 10.96.0.2 (63)",
]
CARRIED = [(1, "ICMP", "", ICMP), (6, "TCP", ".32879", TCP), (17, "UDP", ".53", UDP), (17, "UDP", ".domain", UDP)]
CARRIED6 = [(58, "ICMPv6", "", ICMP6), *CARRIED[1:]]


def packets() -> Iterator[str]:
    """Each kind of packet with all that tcpdump may print before it."""
    ethernet = f"{POD} > {NODE}, ethertype {{}}, length 98: "
    cooked = f"cali7f00ba4c0de In  ifindex 12 {POD} ethertype {{}}, length 104: "
    for link in (ethernet, cooked, f"Out {NODE} ethertype {{}}, length 98: ", "IP ", "?     Out IP "):
        for number, protocol, port, carried in CARRIED:
            for words, pod in product(carried, ("10.244.1.10", "web-0.default")):
                ends = f"{pod}{port} > 10.96.0.10{port}: {words}"
                for header in ("", HEADER.format(protocol, number)):
                    if header or words[0] != "[":
                        yield f"{link.format('IPv4 (0x0800)')}{header}{ends}"
        for number, protocol, port, carried in CARRIED6:
            for words in carried:
                ends = f"fd00::a{port} > ff02::1:ff00:1{port}: {words}"
                for header in ("", HEADER6.format(protocol, number)):
                    if header or not (words[0] == "[" or "option" in words):
                        yield f"{link.format('IPv6 (0x86dd)').replace('IP ', 'IP6 ')}{header}{ends}"
        for words in ("Request who-has 10.244.1.10 tell db-0", f"Reply 10.244.1.10 is-at {POD}"):
            name = link.format("ARP (0x0806)").replace("IP ", "ARP, ")
            yield f"{name}Ethernet (len 6), IPv4 (len 4), {words}, length 28"


PACKETS = list(packets())


def read(text: str) -> Reading | str:
    try:
        return read_bytes(text.encode())
    except CaptureError as error:
        return str(error)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether lines of the usual shape are read as all others are; not unless a test says so."""
    slow = [False]
    monkeypatch.setattr(reader, "begin", lambda *arguments: None if slow[0] else begin(*arguments))
    return slow


def damaged(packet: str, place: int) -> Iterator[str]:
    """Texts in which a packet is cut, broken, annotated or shown twice."""
    after = f"{TIME}IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
    here = place % len(packet)
    yield f"{packet[:here]}\n{after}"
    yield f"{packet[:here]}\n{packet[here:]}\n{after}"
    yield f"{packet[:here]}{packet[here + 1 :]}\n{after}"
    yield f"{packet}{TIME}{packet}\n{after}"
    yield f"{packet} <- here\n{after}"
    first, _, rest = packet.partition("\n")
    yield f"{first}\n{after}{rest}\n"
    yield f"{first}\n64\n{rest}\n{after}"
    yield f"{packet}\n\t{HEADER.format('UDP', 17)}10.0.0.1.9 > 10.0.0.2.8: UDP, length 9\n"
    yield f"{packet}\n\t0x0000:  4500 0054 0000\n4\n{after}"


def test_all_these_packets_have_the_usual_shape() -> None:
    addresses = PrintedAddresses(HostNames())
    firsts = [(TIME + packet).partition("\n")[0] for packet in PACKETS]
    assert [first for first in firsts if begin(1, first, None, addresses) is None] == []


def test_a_header_alone_waits_for_its_addresses() -> None:
    block = begin(1, f"{TIME}IP {HEADER.format('ICMP', 1)}".partition("\n")[0], None, PrintedAddresses(HostNames()))
    assert block is not None
    assert block.packet is not None
    assert awaits_ends(block.packet)


@pytest.mark.parametrize("time", [TIME, "2026-11-29 16:22:59.584290 ", " 00:00:00.000020 ", "> 1700000000.123456 ", ""])
def test_both_ways_of_reading_come_to_the_same(time: str, slowly: list[bool]) -> None:
    marks = "> " if time.startswith("> ") else ""
    text = "".join(f"{time}{packet}\n".replace("\n", f"\n{marks}").removesuffix(marks) for packet in PACKETS)
    at_once = read(text)
    slowly[0] = True
    assert read(text) == at_once
    assert isinstance(at_once, Reading)
    assert len(at_once.records) > len(PACKETS) / 2


@pytest.mark.parametrize("time", [TIME, ""])
def test_damage_is_read_alike(time: str, slowly: list[bool]) -> None:
    for number, packet in enumerate(PACKETS[::11]):
        for text in damaged(time + packet, 13 + 29 * number):
            slowly[0] = False
            at_once = read(text)
            slowly[0] = True
            assert read(text) == at_once, text


def test_a_mac_on_a_line_of_its_own_belongs_to_its_packet() -> None:
    text = f"{TIME}IP6 {HEADER6.format('ICMPv6', 58)}fd00::a > ff02::1:ff00:1: {ICMP6[2]}\n"
    assert rows(text, "nd_mac") == [(POD,)]
