"""Two pod links of one node and what a ping looks like on each."""

from __future__ import annotations

from pathlib import Path

from tests.support.wire import BEGIN, MS, NODE, PEER_IP, POD, POD_IP, SECOND, Frame, echo, write_pcap

PEER = "7e:1d:0c:42:9b:66"
LINK_A, LINK_B = "cali14e7d81007d", "calieabe7761b00"
FORWARDING = 20_000
TURN = 30_000


def on_a(kind: int, seq: int, **more: object) -> bytes:
    """An echo request (8) or reply (0) between the pods as pod A's link shows it."""
    ends = (POD_IP, PEER_IP, (POD, NODE), 64) if kind == 8 else (PEER_IP, POD_IP, (NODE, POD), 63)
    return _echo(kind, seq, ends, more)


def on_b(kind: int, seq: int, **more: object) -> bytes:
    """The same as pod B's link shows it."""
    ends = (POD_IP, PEER_IP, (NODE, PEER), 63) if kind == 8 else (PEER_IP, POD_IP, (PEER, NODE), 64)
    return _echo(kind, seq, ends, more)


def _echo(kind: int, seq: int, ends: tuple[str, str, tuple[str, str], int], more: dict[str, object]) -> bytes:
    src, dst, eth, ttl = ends
    given = {"src": src, "dst": dst, "eth": eth, "ttl": ttl, "ip_id": (seq * 2 + (kind == 0)) & 0xFFFF, **more}
    return echo(kind, seq & 0xFFFF, **given)  # type: ignore[arg-type]


def ping(seq: int, at: int, **more: object) -> tuple[list[Frame], list[Frame]]:
    """One request and its reply on both links, from ``at`` (nanoseconds) on."""
    there, back = at + FORWARDING, at + FORWARDING + TURN
    a = [(at, on_a(8, seq, **more)), (back + FORWARDING, on_a(0, seq, **more))]
    b = [(there, on_b(8, seq, **more)), (back, on_b(0, seq, **more))]
    return a, b


def pings(count: int, start: int = BEGIN, apart: int = 100 * MS) -> tuple[list[Frame], list[Frame]]:
    """This many pings, all answered."""
    a: list[Frame] = []
    b: list[Frame] = []
    for seq in range(1, count + 1):
        on_link_a, on_link_b = ping(seq, start + seq * apart)
        a += on_link_a
        b += on_link_b
    return a, b


def write_links(folder: Path, a: list[Frame], b: list[Frame], ahead: int = 0) -> tuple[Path, Path]:
    """A capture of each link; the clock of the second is ``ahead`` by this many nanoseconds."""
    return (
        write_pcap(folder / f"{LINK_A}.pcap", a, nanoseconds=True),
        write_pcap(folder / f"{LINK_B}.pcap", [(time + ahead, frame) for time, frame in b], nanoseconds=True),
    )


__all__ = ["BEGIN", "LINK_A", "LINK_B", "MS", "SECOND", "on_a", "on_b", "ping", "pings", "write_links"]
