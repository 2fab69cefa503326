"""A node of three namespaces, through which real packets are sent: pod A, the node that forwards, pod B."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import dpkt

from fixtures.lab.namespace import Namespace
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.values import parse_address
from tests.triage.firewall.rulesets import A6, B6, IN, OUT, A, B

MAC_A, MAC_B, MAC_NODE = (f"02:00:00:00:00:{last}" for last in ("0a", "0b", "ee"))
# Reads a frame in hexadecimal per line and sends it.
SENDER = (
    "import socket, sys\n"
    "wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
    "wire.bind(('eth0', 0))\n"
    "for line in sys.stdin:\n"
    "    wire.send(bytes.fromhex(line))\n"
    "    print('sent', flush=True)\n"
)


class Wire:
    """The three namespaces, and one process that sends from pod A."""

    def __init__(self, pod_a: Namespace, node: Namespace, pod_b: Namespace) -> None:
        self.node, self.pod_b = node, pod_b
        self.serial = 20_000
        self.sender = subprocess.Popen(
            pod_a.argv("python3", "-c", SENDER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, frame: bytes) -> bool:
        """Send a frame from pod A; whether it arrived at pod B."""
        before = self._arrived()
        assert self.sender.stdin is not None
        assert self.sender.stdout is not None
        self.sender.stdin.write(frame.hex() + "\n")
        self.sender.stdin.flush()
        self.sender.stdout.readline()
        return self._arrived() > before

    def _arrived(self) -> int:
        (link,) = json.loads(self.pod_b.ip("-s", "-j", "link", "show", "eth0"))
        return int(link["stats64"]["rx"]["packets"])

    def packet(self, random: Random) -> tuple[bytes, LostPacket]:
        """A packet that begins a flow, as bytes, and as the tool would know it."""
        self.serial += 1
        kind = random.choice(["icmp", "tcp", "udp", "icmp", "icmp6", "tcp6"])
        six = kind.endswith("6")
        src, dst = (A6, B6) if six else (A, B)
        port = random.choice([53, 80, 8080])
        fields: dict[str, object] = {}
        if kind.startswith("icmp"):
            number = 58 if six else 1
            body = bytes(dpkt.icmp.ICMP.Echo(id=self.serial & 0xFFFF, seq=1, data=b"x" * 40))
            header = bytes([128 if six else 8, 0, 0, 0])
            segment = header + body
            fields = {"icmp_type": 128 if six else 8}
        elif kind.startswith("tcp"):
            number = 6
            segment = bytes(dpkt.tcp.TCP(sport=self.serial, dport=port, flags=dpkt.tcp.TH_SYN, off=5))
            fields = {"sports": frozenset((self.serial,)), "dports": frozenset((port,)), "tcp_flags": 2}
        else:
            number = 17
            segment = bytes(dpkt.udp.UDP(sport=self.serial, dport=port, ulen=28, data=b"y" * 20))
            fields = {"sports": frozenset((self.serial,)), "dports": frozenset((port,))}
        frame = _frame(src, dst, number, segment, six)
        known = LostPacket(
            6 if six else 4,
            number,
            parse_address(src),
            parse_address(dst),
            states=frozenset(("new",)),
            iif=IN,
            oif=OUT,
            **fields,  # type: ignore[arg-type]
        )
        return frame, known


def _frame(src: str, dst: str, number: int, segment: bytes, six: bool) -> bytes:
    family = socket.AF_INET6 if six else socket.AF_INET
    ends = socket.inet_pton(family, src), socket.inet_pton(family, dst)
    pseudo = ends[0] + ends[1] + len(segment).to_bytes(4, "big") + number.to_bytes(4, "big")
    at = {1: 2, 58: 2, 6: 16, 17: 6}[number]
    summed = (pseudo if number != 1 else b"") + segment
    checksum = dpkt.in_cksum(summed)
    segment = segment[:at] + checksum.to_bytes(2, "big") + segment[at + 2 :]
    if six:
        head = (6 << 28).to_bytes(4, "big") + len(segment).to_bytes(2, "big") + bytes([number, 64]) + ends[0] + ends[1]
    else:
        head = bytes([0x45, 0]) + (20 + len(segment)).to_bytes(2, "big") + b"\x12\x34\0\0" + bytes([64, number, 0, 0])
        head += ends[0] + ends[1]
        head = head[:10] + dpkt.in_cksum(head).to_bytes(2, "big") + head[12:]
    macs = bytes.fromhex((MAC_NODE + MAC_A).replace(":", ""))
    return macs + (0x86DD if six else 0x0800).to_bytes(2, "big") + head + segment


@contextmanager
def wire() -> Iterator[Wire]:
    spaces: list[Namespace] = []
    sender: Wire | None = None
    try:
        for number, role in enumerate(("fw-a", "fw-node", "fw-b")):
            spaces.append(Namespace(role, number))
        pod_a, node, pod_b = spaces
        for pod, mac, name, ip, ip6 in ((pod_a, MAC_A, IN, A, A6), (pod_b, MAC_B, OUT, B, B6)):
            node.ip("link", "add", name, "address", MAC_NODE, "type", "veth", "peer", "eth0", "netns", pod.name)
            pod.ip("link", "set", "eth0", "address", mac)
            # What the pods' own kernels would say of themselves is kept out.
            pod.sysctl(**{"ipv6/conf/eth0/disable_ipv6": 1})
            pod.ip("link", "set", "eth0", "up")
            node.sysctl(**{f"ipv6/conf/{name}/accept_dad": 0, f"ipv6/conf/{name}/accept_ra": 0})
            node.ip("link", "set", name, "up")
            node.ip("route", "add", ip, "dev", name)
            node.ip("route", "add", ip6, "dev", name)
            for address in (ip, ip6):
                node.ip("neigh", "replace", address, "lladdr", mac, "dev", name, "nud", "permanent")
        node.sysctl(**{"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})
        # The node says twice within a second which groups it is in (RFC 3810, 9.11), which its rules would count.
        time.sleep(2)
        sender = Wire(pod_a, node, pod_b)
        yield sender
    finally:
        if sender is not None:
            sender.sender.kill()
            sender.sender.wait()
        for space in reversed(spaces):
            with suppress(Exception):
                space.delete()
