"""Captures made to exhaust memory, judged by the whole program: it stays under 300 MiB whatever they claim."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.made.containers import NAME, Packet, block, enhanced, interface, option, pcap, section
from fixtures.made.frames import IPV4, echo_request, ethernet, ipv6, traffic
from tests.support.lab import ROOT

MOST = 300 << 10
PACKET = Packet(traffic()[0])
RECORD = pcap([PACKET])[24:]
GARBAGE = b"\xf7" * 20


def senders(count: int) -> bytes:
    return pcap([Packet(ethernet(b"", 0x9999, source=number.to_bytes(6, "big"))) for number in range(count)])


def pings(count: int) -> bytes:
    """Echo requests that nobody answers, each with another identifier or sequence number."""
    frame = bytearray(pcap([Packet(ethernet(echo_request(), IPV4))])[24:])
    out = [pcap([])]
    for number in range(count):
        frame[16 + 14 + 20 + 4 : 16 + 14 + 20 + 8] = number.to_bytes(4, "big")
        out.append(bytes(frame))
    return b"".join(out)


def header4(payload: bytes, protocol: int) -> bytes:
    """An IPv4 header whose length is cut off where 16 bits end."""
    size = min(20 + len(payload), 0xFFFF)
    return struct.pack(">BBHHHBBHII", 0x45, 0, size, 0, 0, 64, protocol, 0, 0x0AF4010A, 0x0AF4010B) + payload


def in_ip(depth: int) -> bytes:
    """IP in IP, ``depth`` headers deep."""
    packet = echo_request()
    for _ in range(depth):
        packet = header4(packet, 4)
    return ethernet(packet, IPV4)


def about_errors(depth: int) -> bytes:
    """An ICMP error about an ICMP error about an ICMP error."""
    packet = echo_request()
    for _ in range(depth):
        packet = header4(struct.pack(">BBHI", 3, 1, 0, 0) + packet, 1)
    return ethernet(packet, IPV4)


def about_errors6(depth: int) -> bytes:
    packet = ipv6(b"")
    for _ in range(depth):
        packet = (
            ipv6(b"")[:4]
            + struct.pack(">H", min(8 + len(packet), 0xFFFF))
            + ipv6(b"")[6:]
            + b"\1\0"
            + bytes(6)
            + packet
        )
    return ethernet(packet, 0x86DD)


def in_vxlan(depth: int) -> bytes:
    packet = ethernet(echo_request(), IPV4)
    for _ in range(depth):
        tunnel = struct.pack(">HHHH", 1, 4789, min(16 + len(packet), 0xFFFF), 0) + b"\x08\0\0\0\0\0\1\0"
        packet = ethernet(header4(tunnel + packet, 17), IPV4)
    return packet


MANY: dict[str, Callable[[], bytes]] = {
    "interfaces": lambda: section() + interface() * 1_000_000 + enhanced(PACKET, number=999_999),
    "interfaces with names": lambda: section() + interface(options=option("<", NAME, b"n" * 2000)) * 60_000,
    "sections": lambda: (section() + interface() + enhanced(PACKET)) * 10_000,
    "packets of no interface": lambda: section() + enhanced(PACKET) * 100_000,
    "large blocks": lambda: section() + interface() + block("<", 99, bytes((1 << 24) - 12)) * 3 + enhanced(PACKET),
    "large frames": lambda: pcap([Packet(bytes(16 << 20))] * 3, link=231),
    "gaps": lambda: pcap([]) + (RECORD * 4 + GARBAGE) * 20_000,
    "odd headers": lambda: pcap([PACKET]) + struct.pack("<4I", 7, 9_999_999, 0, 0) * 500_000,
    "what looks like records": lambda: pcap([PACKET]) + GARBAGE + struct.pack("<I", 255) * 2_000_000,
    "zeros between records": lambda: pcap([PACKET]) + (bytes(4080) + RECORD * 4) * 2000,
    "senders": lambda: senders(100_000),
    "open echoes": lambda: pings(300_000),
}
DEEP = {"ip in ip": in_ip, "icmp errors": about_errors, "icmpv6 errors": about_errors6, "vxlan": in_vxlan}


# What the kernel tells of a finished child counts its parent's memory before the child's program began.
MEASURED = """
import atexit, sys
from pathlib import Path
atexit.register(lambda: print(Path("/proc/self/status").read_text(), file=sys.stderr))
from pcapcheck.cli.main import main
main()
"""


def peak(path: Path) -> int:
    """How much memory judging a capture took, in KiB; it must end with a verdict."""
    command = [sys.executable, "-c", MEASURED, "analyze", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode in (0, 1, 2)
    assert "rules checked" in done.stdout
    assert done.stderr.startswith("Name:")
    return int(done.stderr.partition("VmHWM:")[2].split()[0])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
@pytest.mark.parametrize(
    "what",
    [pytest.param(name, marks=pytest.mark.slow) if name in ("sections", "open echoes") else name for name in MANY],
)
def test_memory_is_bounded(what: str, tmp_path: Path) -> None:
    path = tmp_path / "cali0123456789a.pcap"
    path.write_bytes(MANY[what]())
    assert peak(path) < MOST


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
@pytest.mark.parametrize("what", DEEP)
def test_nesting_is_bounded(what: str, tmp_path: Path) -> None:
    """Two thousand deep and less; tunnels are followed only so far."""
    path = tmp_path / "cali0123456789a.pcap"
    path.write_bytes(pcap([Packet(DEEP[what](depth)) for depth in (1, 2, 100, 1000, 2000)]))
    assert peak(path) < MOST
