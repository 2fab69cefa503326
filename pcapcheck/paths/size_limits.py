"""Size limits: where the size of packets decides whether they arrive, or get an answer.

By the paths of packets, per address pair and packet type: all that were lost are larger than all that arrived. Linux
drops a packet too large for an interface with an ICMP error (net/ipv4/ip_forward.c) or, at the far end of a veth pair,
without a word (drivers/net/veth.c, is_skb_forwardable), where no capture point shows it: then requests arrive whole,
and the large ones get no reply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path, SizeLimit
from pcapcheck.table_names import ECHO

REQUEST = "request"
# Packets that both ends send, each direction by itself.
BOTH_DIRECTIONS = ("reply", "tcp", "udp")
TOO_BIG = "too-big"
# A handshake and acknowledgements show nothing of what data may be; one lost packet nothing of its size.
DATA, FEWEST = 100, 2
Pair = tuple[int, int]


def size_limits(
    captures: Iterable[Capture], paths: Iterable[Path], is_delivered: Callable[[Path], bool | None]
) -> Iterator[SizeLimit]:
    """One per address pair and packet type."""
    icmp_errors = _icmp_errors(captures)
    alike: dict[tuple[str, int, int], list[Path]] = {}
    for path in paths:
        if path.packet == REQUEST or path.packet in BOTH_DIRECTIONS:
            alike.setdefault((path.packet, path.src, path.dst), []).append(path)
    for (packet, src, dst), some in alike.items():
        if all(path.answered for path in some):
            continue
        said = _said_of(some, icmp_errors) if packet == REQUEST else frozenset()
        lost = [path for path in some if not path.answered and (said or is_delivered(path) is False)]
        arrived = [path for path in some if path.answered or is_delivered(path)]
        limit = _limit(packet, src, dst, lost, [path for path in arrived if path not in lost], said)
        if limit is None and packet == REQUEST:
            limit = _limit(
                packet, src, dst, [path for path in arrived if not path.answered], _answered(some), said, True
            )
        if limit is not None:
            yield limit


def _limit(
    packet: str, src: int, dst: int, lost: list[Path], arrived: list[Path], said: frozenset[Pair], back: bool = False
) -> SizeLimit | None:
    largest = max((path.longest for path in arrived), default=0)
    smallest = min((path.shortest for path in lost), default=0)
    enough = largest > (0 if packet in (REQUEST, "reply") else DATA) and sum(path.count for path in lost) >= FEWEST
    if smallest <= largest or not (said or enough):
        return None
    return SizeLimit(src, dst, smallest, largest or None, tuple(sorted(said)), packet, back)


def _answered(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.answered]


def _said_of(alike: list[Path], icmp_errors: dict[Pair, frozenset[Pair]]) -> frozenset[Pair]:
    """What errors say of packets, as they were sent or behind address translation, wherever an error came to."""
    if not icmp_errors:
        return frozenset()
    ends = {(step.src, step.dst) for path in alike for step in path.steps}
    return frozenset().union(*(icmp_errors.get(pair, frozenset()) for pair in ends))


def _icmp_errors(captures: Iterable[Capture]) -> dict[Pair, frozenset[Pair]]:
    """The MTUs in ICMP errors about echo requests, and who sent them, by source and destination."""
    found: dict[Pair, frozenset[Pair]] = {}
    for capture in captures:
        for kind in capture.exchanges.paired.bins_of(ECHO):
            for echo in kind.samples:
                if echo.error == TOO_BIG and echo.error_mtu and echo.error_from is not None:
                    known = found.get((echo.src, echo.dst), frozenset())
                    found[echo.src, echo.dst] = known | {(echo.error_mtu, echo.error_from)}
    return found
