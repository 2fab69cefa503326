"""Make captures: frames by dpkt, containers by struct, transformations of recorded ones."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import dpkt

POD, NODE, OTHER = "5a:8a:10:57:e2:03", "ee:ee:ee:ee:ee:ee", "02:50:56:aa:17:c3"
POD_IP, PEER_IP, NODE_IP, GATEWAY = "10.244.1.10", "10.244.1.11", "172.31.186.250", "169.254.1.1"
RESOLVER = "10.96.0.10"
BROADCAST = "ff:ff:ff:ff:ff:ff"
SECOND = 10**9
MS = 10**6
BEGIN = 1_700_000_000 * SECOND

Frame = tuple[int, bytes]


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ethernet(src: str, dst: str, kind: int, payload: bytes) -> bytes:
    return mac(dst) + mac(src) + struct.pack(">H", kind) + payload


def arp(op: int, sender: tuple[str, str], target: tuple[str, str], dst: str, eth_src: str | None = None) -> bytes:
    """An ARP packet in an Ethernet frame; sender and target are (MAC, address)."""
    body = dpkt.arp.ARP(
        op=op,
        sha=mac(sender[0]),
        spa=socket.inet_aton(sender[1]),
        tha=mac(target[0]),
        tpa=socket.inet_aton(target[1]),
    )
    return ethernet(eth_src or sender[0], dst, 0x0806, bytes(body))


def ask(target: str = GATEWAY, src: str = POD, ip: str = POD_IP, dst: str = BROADCAST) -> bytes:
    return arp(1, (src, ip), ("00:00:00:00:00:00", target), dst)


def answer(target: str = GATEWAY, by: str = NODE, to: str = POD, to_ip: str = POD_IP) -> bytes:
    return arp(2, (by, target), (to, to_ip), to)


def echo(
    kind: int,
    seq: int = 1,
    src: str = POD_IP,
    dst: str = PEER_IP,
    eth: tuple[str, str] = (POD, NODE),
    ttl: int = 64,
    ident: int = 15,
    ip_id: int = 7,
) -> bytes:
    """An ICMP echo request (8) or reply (0)."""
    body = dpkt.icmp.ICMP(type=kind, data=dpkt.icmp.ICMP.Echo(id=ident, seq=seq, data=b"x" * 48))
    packet = dpkt.ip.IP(src=socket.inet_aton(src), dst=socket.inet_aton(dst), p=1, ttl=ttl, id=ip_id, data=body)
    packet.len = len(packet)
    return ethernet(*eth, 0x0800, bytes(packet))


def request(seq: int = 1, **more: object) -> bytes:
    return echo(8, seq, **more)  # type: ignore[arg-type]


def reply(seq: int = 1, **more: object) -> bytes:
    """The reply to ``request``, as the node hands it to the pod."""
    given = {"src": PEER_IP, "dst": POD_IP, "eth": (NODE, POD), "ttl": 63, **more}
    return echo(0, seq, **given)  # type: ignore[arg-type]


def tcp(
    flags: int,
    ports: tuple[int, int] = (40000, 80),
    src: str = POD_IP,
    dst: str = PEER_IP,
    eth: tuple[str, str] = (POD, NODE),
    ttl: int = 64,
    seq: int = 1,
    ack: int = 0,
    data: bytes = b"",
    win: int = 65535,
    ip_id: int = 0,
) -> bytes:
    """A TCP segment: 0x02 SYN, 0x12 SYN-ACK, 0x14 RST-ACK, 0x10 ACK."""
    segment = dpkt.tcp.TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack, win=win, data=data)
    addresses = {"src": socket.inet_aton(src), "dst": socket.inet_aton(dst)}
    packet = dpkt.ip.IP(**addresses, p=6, ttl=ttl, id=ip_id, data=segment)
    packet.len = len(packet)
    return ethernet(*eth, 0x0800, bytes(packet))


def tcp_back(flags: int, ports: tuple[int, int] = (80, 40000), **more: object) -> bytes:
    """The same from the peer, as the node hands it to the pod."""
    given = {"src": PEER_IP, "dst": POD_IP, "eth": (NODE, POD), "ttl": 63, **more}
    return tcp(flags, ports, **given)  # type: ignore[arg-type]


def udp(
    ports: tuple[int, int],
    data: bytes,
    src: str = POD_IP,
    dst: str = PEER_IP,
    eth: tuple[str, str] = (POD, NODE),
    ttl: int = 64,
    ip_id: int = 0,
) -> bytes:
    """A UDP datagram."""
    datagram = dpkt.udp.UDP(sport=ports[0], dport=ports[1], data=data)
    datagram.ulen = len(datagram)
    addresses = {"src": socket.inet_aton(src), "dst": socket.inet_aton(dst)}
    packet = dpkt.ip.IP(**addresses, p=17, ttl=ttl, id=ip_id, data=datagram)
    packet.len = len(packet)
    return ethernet(*eth, 0x0800, bytes(packet))


def dns(flags: int, ident: int = 7, name: str = "api.default.svc.cluster.local", kind: int = 1) -> bytes:
    """A DNS message with one question and no answers."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", ident, flags, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def query(ident: int = 7, port: int = 40311, dst: str = RESOLVER, **more: object) -> bytes:
    """The pod's query for an address of the node's choice of name."""
    asked = {key: more.pop(key) for key in ("name", "kind") if key in more}
    return udp((port, 53), dns(0x0100, ident, **asked), dst=dst, **more)  # type: ignore[arg-type]


def response(ident: int = 7, port: int = 40311, src: str = RESOLVER, code: int = 0, **more: object) -> bytes:
    """A response to it, as the node hands it to the pod."""
    asked = {key: more.pop(key) for key in ("name", "kind") if key in more}
    given = {"src": src, "dst": POD_IP, "eth": (NODE, POD), "ttl": 63, **more}
    return udp((53, port), dns(0x8180 | code, ident, **asked), **given)  # type: ignore[arg-type]


def error(kind: int, code: int, about: bytes, source: str = NODE_IP, ttl: int = 64) -> bytes:
    """An ICMP error from the node about an Ethernet frame that the pod sent."""
    quoted = about[14:]
    body = struct.pack(">BBHI", kind, code, 0, 0) + quoted[:64]
    packet = dpkt.ip.IP(src=socket.inet_aton(source), dst=quoted[12:16], p=1, ttl=ttl, data=body)
    packet.len = 20 + len(body)
    return ethernet(NODE, POD, 0x0800, bytes(packet))


def write_pcap(path: Path, frames: Iterable[Frame], link_type: int = 1, nanoseconds: bool = False) -> Path:
    """A classic capture of (nanoseconds since 1970, bytes)."""
    magic, tick = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    data = bytearray(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link_type))
    for time, frame in frames:
        seconds, rest = divmod(time, SECOND)
        data += struct.pack("<IIII", seconds, rest // tick, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def pcapng_block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def write_pcapng(
    path: Path,
    frames: Iterable[Frame],
    name: str | None = None,
    drops: int = 0,
    capture_filter: str | None = None,
    directions: Callable[[bytes], int] | None = None,
) -> Path:
    """One section, one interface with nanoseconds; ``directions`` gives 1 (in) or 2 (out) for a frame."""
    options = option(9, b"\x09")
    if name:
        options += option(2, name.encode())
    if capture_filter:
        options += option(11, b"\0" + capture_filter.encode())
    data = pcapng_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += pcapng_block(1, struct.pack("<HHI", 1, 0, 0) + options + option(0, b""))
    for time, frame in frames:
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        flags = option(2, struct.pack("<I", directions(frame))) if directions else b""
        data += pcapng_block(6, head + frame + bytes(-len(frame) % 4) + flags)
    if drops:
        data += pcapng_block(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", drops)))
    path.write_bytes(data)
    return path


def read_frames(path: Path) -> list[Frame]:
    """The frames of a small classic Ethernet capture, microseconds as nanoseconds."""
    data = path.read_bytes()
    (magic,) = struct.unpack_from("<I", data)
    tick = 1 if magic == 0xA1B23C4D else 1000
    frames, position = [], 24
    while position + 16 <= len(data):
        seconds, rest, captured, _ = struct.unpack_from("<IIII", data, position)
        frames.append((seconds * SECOND + rest * tick, data[position + 16 : position + 16 + captured]))
        position += 16 + captured
    return frames


def with_vlan(frame: bytes, vlan: int = 7) -> bytes:
    return frame[:12] + struct.pack(">HH", 0x8100, vlan) + frame[12:]


def cooked(frame: bytes, outgoing: bool) -> bytes:
    """The same frame as a Linux cooked capture (SLL) holds it."""
    kind = 4 if outgoing else (1 if frame[0] & 1 else 0)
    return struct.pack(">HHH", kind, 1, 6) + frame[6:12] + b"\0\0" + frame[12:]


def cooked2(frame: bytes, outgoing: bool, ifindex: int = 3) -> bytes:
    """The same frame as a newer Linux cooked capture (SLL2) holds it."""
    kind = 4 if outgoing else (1 if frame[0] & 1 else 0)
    return frame[12:14] + struct.pack(">HIHBB", 0, ifindex, 1, kind, 6) + frame[6:12] + b"\0\0" + frame[14:]
