"""The kinds of traffic that benchmarks compare: each is what one exchange of it puts on the wire.

python -m tests.benchmarks.captures                      lists the kinds
python -m tests.benchmarks.captures pings 1000000 FILE
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.places import (
    ARP,
    BRIDGE,
    GAP,
    IPV6,
    NODE_LINKS,
    POD_LINK,
    Exchange,
    Host,
    Place,
)
from tests.benchmarks.rounds import Numbers, Sent, Traffic, Varying, write_capture
from tests.support import wire
from tests.support.wire import BROADCAST, GATEWAY, NODE, NODE_IP, RESOLVER

Kind = Callable[[Exchange], Iterator[Sent]]

LOSS = 97  # one exchange in this number is lost
SECOND = 1_000_000
DISTINCT = 10_000  # destinations, names, ports of the kinds that spread over many
SERVICE = Host(NODE, "10.96.7.7", None)
DNS_SERVER = Host(NODE, RESOLVER, None)
ROUTER = Host(NODE, "172.31.1.1", None)
SYN, SYN_ACK, ACK, PUSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x14
TCP_RESOLVER, HTTP = 53, 80
SERVFAIL = 2

# Where things are, counted from the network header.
SOURCE, DESTINATION, TRANSPORT, QUOTED = 12, 16, 20, 28
ECHO_NUMBER = Varying(TRANSPORT + 4, 4, lambda numbers: numbers)  # identifier and sequence number
FROM_PORT = Varying(TRANSPORT, 2, lambda numbers: 32768 + numbers % 28_000)
TO_PORT = Varying(TRANSPORT + 2, 2, lambda numbers: 32768 + numbers % 28_000)
OTHER_PORT = Varying(TRANSPORT, 2, lambda numbers: 4096 + numbers % 28_000)
TO_MANY_PORTS = Varying(TRANSPORT + 2, 2, lambda numbers: 1024 + numbers % DISTINCT)
DNS_ID = Varying(TRANSPORT + 8, 2, lambda numbers: numbers)
DNS_NAME = TRANSPORT + 8 + 12 + 1
ARP_TARGET = 24
MANY_HOSTS = 10 << 24 | 16 << 16
TO_MANY = Varying(DESTINATION, 4, lambda numbers: MANY_HOSTS + numbers % DISTINCT)
TO_A_SCAN = Varying(DESTINATION, 4, lambda numbers: MANY_HOSTS + numbers % (1 << 20))
FROM_MANY = Varying(SOURCE, 4, lambda numbers: (172 << 24 | 16 << 16) + numbers % DISTINCT)


def pings(at: Exchange) -> Iterator[Sent]:
    """Every echo request is replied to."""
    yield from at.there(_echo(at, 8), ECHO_NUMBER)
    yield from at.back(_echo(at, 0), ECHO_NUMBER)


def lossy(at: Exchange) -> Iterator[Sent]:
    """One echo request in a hundred is lost on the way to its receiver's link."""
    if at.number % LOSS:
        yield from pings(at)
    else:
        yield next(at.there(_echo(at, 8), ECHO_NUMBER))


def peers_lost(at: Exchange) -> Iterator[Sent]:
    """Half of the echo requests go to ten thousand hosts, and none of these replies."""
    yield from pings(at)
    yield next(at.there(_echo(at, 8), ECHO_NUMBER, TO_MANY))


def flows(at: Exchange) -> Iterator[Sent]:
    """A scan over a /12: every request goes to another address, and nobody replies."""
    yield next(at.there(_echo(at, 8), ECHO_NUMBER, TO_A_SCAN))


def errors(at: Exchange) -> Iterator[Sent]:
    """A router says of every echo request that its receiver cannot be reached."""
    peer = Host(NODE, f"10.9.0.{1 + at.number % 200}", None)
    request = _packet(wire.request(src=at.pod.address, dst=peer.address))
    yield from at.there(request, ECHO_NUMBER, peer=peer)
    quoted = Varying(QUOTED + ECHO_NUMBER.at, 4, ECHO_NUMBER.value)
    yield from at.back(_error(request), quoted, peer=ROUTER)


def error_routers(at: Exchange) -> Iterator[Sent]:
    """Ten thousand routers say so, each of another receiver."""
    request = _echo(at, 8)
    yield next(at.there(request, ECHO_NUMBER, TO_MANY))
    quoted = [Varying(QUOTED + varying.at, varying.size, varying.value) for varying in (ECHO_NUMBER, TO_MANY)]
    yield from at.back(_error(request), *quoted, FROM_MANY, peer=ROUTER)


def arp_answered(at: Exchange) -> Iterator[Sent]:
    """A pod asks for its gateway; the node answers."""
    yield from arp_silent(at)
    answer = wire.answer(to=at.pod.mac, to_ip=at.pod.address)
    yield at.on_link(False, ARP, _packet(answer), gap=GAP, dst=NODE)


def arp_silent(at: Exchange) -> Iterator[Sent]:
    """Nobody answers a pod that asks for its gateway."""
    yield from _ask(at, GATEWAY)


def arp_targets(at: Exchange) -> Iterator[Sent]:
    """A pod asks for ten thousand addresses that nobody has."""
    yield from _ask(at, "10.16.0.0", Varying(ARP_TARGET, 4, TO_MANY.value))


def pod_answers(at: Exchange) -> Iterator[Sent]:
    """The node asks for a pod's MAC, and the pod answers."""
    yield from pod_silent(at)
    answer = wire.answer(at.pod.address, by=at.pod.mac, to=NODE, to_ip=NODE_IP)
    yield at.on_link(True, ARP, _packet(answer), gap=GAP, dst=NODE)


def pod_silent(at: Exchange) -> Iterator[Sent]:
    """The node asks for a pod's MAC in vain."""
    asked = wire.ask(at.pod.address, src=NODE, ip=NODE_IP)
    yield at.on_link(False, ARP, _packet(asked), gap=SECOND // len(at.place.pods), dst=BROADCAST)


def nd_answered(at: Exchange) -> Iterator[Sent]:
    """A pod solicits its IPv6 gateway; the node advertises it."""
    yield from nd_silent(at)
    yield at.on_link(False, IPV6, _neighbour(136, NODE, GATEWAY6, _pod6(at)), gap=GAP, dst=NODE)


def nd_silent(at: Exchange) -> Iterator[Sent]:
    """Nobody answers a pod that solicits its IPv6 gateway."""
    packet = _neighbour(135, at.pod.mac, _pod6(at), SOLICITED)
    yield at.on_link(True, IPV6, packet, gap=SECOND // len(at.place.pods), dst="33:33:ff:ee:ee:ee")


def dns(at: Exchange) -> Iterator[Sent]:
    """Every DNS query is answered."""
    yield from _query(at)
    yield from _response(at)


def dns_lossy(at: Exchange) -> Iterator[Sent]:
    """One DNS query in a hundred is not answered."""
    yield from _query(at)
    if at.number % LOSS:
        yield from _response(at)


def dns_refused(at: Exchange) -> Iterator[Sent]:
    """The resolver answers SERVFAIL."""
    yield from _query(at)
    yield from _response(at, SERVFAIL)


def names_lost(at: Exchange) -> Iterator[Sent]:
    """Ten thousand names are asked for without an answer, and one that is answered."""
    yield from dns(at)
    digits = [Varying(DNS_NAME + digit, 1, _digit(digit)) for digit in range(4)]
    yield from _query(at, "0000.example.org", OTHER_PORT, *digits)


def dns_tcp(at: Exchange) -> Iterator[Sent]:
    """DNS over TCP: a connection per query."""
    question, answer = (struct.pack(">H", len(said)) + said for said in (wire.dns(0x0100), wire.dns(0x8180)))
    yield from _connection(at, TCP_RESOLVER, question, answer)


def connections(at: Exchange) -> Iterator[Sent]:
    """A short TCP connection: eight segments."""
    yield from _connection(at, HTTP, b"G" * 100, b"r" * 500)


def syn_lost(at: Exchange) -> Iterator[Sent]:
    """A SYN is sent three times without an answer."""
    for _ in range(3):
        yield from _segments(at, HTTP, [(True, SYN, 1, 0, b"")], gap=7 * GAP)


def ports_lost(at: Exchange) -> Iterator[Sent]:
    """SYNs to ten thousand ports, and none of these answers."""
    packet = _packet(wire.tcp(SYN, src=at.pod.address, dst=SERVICE.address))
    yield from at.there(packet, FROM_PORT, TO_MANY_PORTS, peer=SERVICE)


def reset(at: Exchange) -> Iterator[Sent]:
    """A connection that is reset while its data is under way."""
    yield from _segments(at, HTTP, [*_handshake(), (True, PUSH, 2, 2, b"G" * 100), (False, RST, 2, 2, b"")])


def stalled(at: Exchange) -> Iterator[Sent]:
    """A connection whose large segment is sent five times and never acknowledged."""
    yield from _segments(at, HTTP, _handshake())
    for wait in (GAP, SECOND // 5, 2 * SECOND // 5, 4 * SECOND // 5, 8 * SECOND // 5):
        yield from _segments(at, HTTP, [(True, PUSH, 2, 2, b"x" * 1400)], gap=wait)


def stalled_download(at: Exchange) -> Iterator[Sent]:
    """What a pod asks for begins to come; then a large segment is sent to it five times and never acknowledged."""
    asked: list[Segment] = [
        (True, PUSH, 2, 2, b"G" * 100),
        (False, PUSH, 2, 102, b"r" * 200),
        (True, ACK, 102, 202, b""),
    ]
    yield from _segments(at, HTTP, [*_handshake(), *asked])
    for wait in (GAP, SECOND // 5, 2 * SECOND // 5, 4 * SECOND // 5, 8 * SECOND // 5):
        yield from _segments(at, HTTP, [(False, ACK, 202, 102, b"x" * 1400)], gap=wait)


def downloads(at: Exchange) -> Iterator[Sent]:
    """One long TCP connection: full segments, each acknowledged."""
    ports, size = (40000, HTTP), 1448
    progress = [Varying(TRANSPORT + place, 4, lambda numbers: numbers * size) for place in (4, 8)]
    ack = wire.tcp(ACK, ports, at.pod.address, SERVICE.address, seq=1)
    yield from at.there(_packet(ack), progress[1], peer=SERVICE)
    data = wire.tcp(ACK, ports[::-1], SERVICE.address, at.pod.address, ack=1, data=bytes(size))
    yield from at.back(_packet(data), progress[0], peer=SERVICE)


def udp(at: Exchange) -> Iterator[Sent]:
    """A UDP question is answered."""
    asked = wire.udp((40000, 5000), b"question", at.pod.address, SERVICE.address)
    yield from at.there(_packet(asked), FROM_PORT, peer=SERVICE)
    answer = wire.udp((5000, 40000), b"answer", SERVICE.address, at.pod.address)
    yield from at.back(_packet(answer), TO_PORT, peer=SERVICE)


def udp_stream(at: Exchange) -> Iterator[Sent]:
    """Large datagrams to one port of a pod, each in one direction only."""
    packet = _packet(wire.udp((5004, 5004), bytes(1200), SERVICE.address, at.pod.address))
    yield from at.back(packet, peer=SERVICE)


def udp_lost(at: Exchange) -> Iterator[Sent]:
    """A UDP question is asked three times without an answer."""
    packet = _packet(wire.udp((40000, 5000), b"question", at.pod.address, SERVICE.address))
    for _ in range(3):
        yield from at.there(packet, FROM_PORT, peer=SERVICE, gap=SECOND // 2)


def sctp_lost(at: Exchange) -> Iterator[Sent]:
    """An SCTP INIT is sent three times without an answer (RFC 9260, 3.3.2)."""
    chunk = struct.pack(">BBHIIHHI", 1, 0, 20, 1, 65535, 10, 10, 1)
    packet = _ipv4(at.pod.address, SERVICE.address, 132, struct.pack(">HHII", 40000, 3868, 0, 0) + chunk)
    for _ in range(3):
        yield from at.there(packet, FROM_PORT, peer=SERVICE, gap=7 * GAP)


def service(at: Exchange) -> Iterator[Sent]:
    """Connections to a service address; on a node, what the back end's link shows is translated."""
    for from_pod, flags in ((True, SYN), (False, SYN_ACK), (True, RST)):
        asked = next(iter(_segments(at, HTTP, [(from_pod, flags, 1, int(not from_pod), b"")])))
        if not at.place.both_links:
            yield asked
            continue
        behind = _segments(at, HTTP, [(from_pod, flags, 1, int(not from_pod), b"")], at.peer)
        first, second = behind
        yield from (asked, second) if from_pod else (first, asked)


def wrong_checksums(at: Exchange) -> Iterator[Sent]:
    """What arrives for a pod has wrong checksums, and gets no reply."""
    yield from at.back(_packet(wire.tcp(SYN, (40000, HTTP), at.peer.address, at.pod.address)), FROM_PORT, wrong_by=7)


KINDS: dict[str, Kind] = {
    "pings": pings,
    "lossy": lossy,
    "peers-lost": peers_lost,
    "flows": flows,
    "errors": errors,
    "error-routers": error_routers,
    "arp-answered": arp_answered,
    "arp-silent": arp_silent,
    "arp-targets": arp_targets,
    "pod-answers": pod_answers,
    "pod-silent": pod_silent,
    "nd-answered": nd_answered,
    "nd-silent": nd_silent,
    "dns": dns,
    "dns-lossy": dns_lossy,
    "dns-refused": dns_refused,
    "dns-tcp": dns_tcp,
    "names-lost": names_lost,
    "connections": connections,
    "syn-lost": syn_lost,
    "ports-lost": ports_lost,
    "reset": reset,
    "stalled": stalled,
    "stalled-download": stalled_download,
    "tcp": downloads,
    "udp": udp,
    "udp-stream": udp_stream,
    "udp-lost": udp_lost,
    "sctp-lost": sctp_lost,
    "service": service,
    "wrong-checksums": wrong_checksums,
}


# Kinds in which the pods ask for their gateway anyway.
RESOLVING = (arp_answered, arp_silent, nd_answered, nd_silent)


def traffic_of(kind: Kind, place: Place, exchanges: int) -> Traffic:
    """The round that a capture of the kind repeats; before it, the pods ask for their gateway, if that is not it."""
    sent = [frame for number in range(exchanges) for frame in kind(Exchange(place, number))]
    ask = [] if kind in RESOLVING else [arp_answered(Exchange(place, number)) for number in range(len(place.pods))]
    return Traffic([frame for asked in ask for frame in asked], sent, exchanges, place.link_type)


def traffic(name: str) -> Traffic:
    """The traffic of that name: a kind on a pod's link, ``node-`` and a kind on all links of a node, or ``pods``."""
    if name == "pods":
        return traffic_of(pings, BRIDGE, len(BRIDGE.pods))
    if name.startswith("node-"):
        return traffic_of(KINDS[name.removeprefix("node-")], NODE_LINKS, 10 * len(NODE_LINKS.pods))
    return traffic_of(KINDS[name], POD_LINK, LOSS)


def names() -> list[str]:
    """The names of all traffic."""
    return [*KINDS, "pods", *(f"node-{name}" for name in KINDS)]


def _echo(at: Exchange, kind: int) -> bytes:
    addresses = (at.pod.address, at.peer.address)
    src, dst = addresses if kind == 8 else addresses[::-1]
    return _packet(wire.echo(kind, src=src, dst=dst))


def _error(about: bytes) -> bytes:
    """Host unreachable, from the router."""
    return _packet(wire.error(3, 1, bytes(14) + about, ROUTER.address))


def _ask(at: Exchange, target: str, *varying: Varying) -> Iterator[Sent]:
    asked = wire.ask(target, at.pod.mac, at.pod.address)
    yield at.on_link(True, ARP, _packet(asked), *varying, gap=SECOND // len(at.place.pods), dst=BROADCAST)


GATEWAY6 = bytes.fromhex("fe80000000000000eceeeefffeeeeeee")
SOLICITED = bytes.fromhex("ff0200000000000000000001ffeeeeee")


def _pod6(at: Exchange) -> bytes:
    return bytes.fromhex("fd00000000000000000000000000") + struct.pack(">H", 10 + (at.pod.link or 0))


def _neighbour(kind: int, sender: str, src: bytes, dst: bytes) -> bytes:
    """A solicitation (135) or advertisement (136) of the gateway, with its sender's MAC (RFC 4861, 4.3 and 4.4)."""
    flags = 0xC0000000 if kind == 136 else 0
    body = struct.pack(">BBHI", kind, 0, 0, flags) + GATEWAY6 + bytes([kind - 134, 1]) + wire.mac(sender)
    pseudo = src + dst + struct.pack(">II", len(body), 58)
    body = body[:2] + struct.pack(">H", _checksum(pseudo + body)) + body[4:]
    return struct.pack(">IHBB", 6 << 28, len(body), 58, 255) + src + dst + body


def _query(at: Exchange, name: str = "api.default.svc.cluster.local", *varying: Varying) -> Iterator[Sent]:
    packet = _packet(wire.query(name=name, src=at.pod.address))
    yield from at.there(packet, FROM_PORT, DNS_ID, *varying, peer=DNS_SERVER)


def _response(at: Exchange, code: int = 0) -> Iterator[Sent]:
    packet = _packet(wire.response(code=code, dst=at.pod.address, ttl=64))
    yield from at.back(packet, TO_PORT, DNS_ID, peer=DNS_SERVER)


Segment = tuple[bool, int, int, int, bytes]


def _handshake() -> list[Segment]:
    return [(True, SYN, 1, 0, b""), (False, SYN_ACK, 1, 2, b""), (True, ACK, 2, 2, b"")]


def _connection(at: Exchange, port: int, question: bytes, answer: bytes) -> Iterator[Sent]:
    """Handshake, question, answer, and the end from the pod's side; as (from the pod, flags, seq, ack, data)."""
    asked, told = 2 + len(question), 2 + len(answer)
    end: list[Segment] = [(True, FIN, asked, told, b""), (False, FIN, told, asked + 1, b"")]
    last: list[Segment] = [(True, ACK, asked + 1, told + 1, b"")]
    talk: list[Segment] = [(True, PUSH, 2, 2, question), (False, PUSH, 2, asked, answer)]
    yield from _segments(at, port, _handshake() + talk + end + last)


def _segments(at: Exchange, port: int, segments: list[Segment], peer: Host = SERVICE, gap: int = GAP) -> Iterator[Sent]:
    for from_pod, flags, seq, ack, data in segments:
        more = {"seq": seq, "ack": ack, "data": data}
        if from_pod:
            packet = _packet(wire.tcp(flags, (40000, port), at.pod.address, peer.address, **more))  # type: ignore[arg-type]
            yield from at.there(packet, FROM_PORT, peer=peer, gap=gap)
        else:
            packet = _packet(wire.tcp(flags, (port, 40000), peer.address, at.pod.address, **more))  # type: ignore[arg-type]
            yield from at.back(packet, TO_PORT, peer=peer, gap=gap)


def _ipv4(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    template = _packet(wire.udp((1, 1), payload, src, dst))
    header = template[:2] + struct.pack(">H", 20 + len(payload)) + template[4:9] + bytes([protocol]) + template[10:20]
    return header + payload


def _digit(place: int) -> Callable[[Numbers], Numbers]:
    return lambda numbers: 0x30 + numbers // 10**place % 10


def _packet(frame: bytes) -> bytes:
    return frame[14:]


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


if __name__ == "__main__":
    if sys.argv[1:]:
        _, name, count, target = sys.argv
        write_capture(Path(target), int(count), traffic(name))
    else:
        print("\n".join(names()))
