"""The tunnel's device where packets come out: whether it is there and up, and what the node answers if not.

Kernel: net/ipv4/udp.c, __udp4_lib_rcv (a VXLAN or WireGuard device that is down has closed its socket); tunnel4_rcv of
net/ipv4/tunnel4.c (no IP in IP device that is up takes the packet): port unreachable in both cases, and
protocol unreachable if the module is not loaded (net/ipv4/ip_input.c).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcapcheck.decode.icmp_words import in_words
from pcapcheck.links.read_capture import Capture
from pcapcheck.nodestate.source_lines import Sourced
from pcapcheck.paths.losses import PathLoss
from pcapcheck.values import clean, format_address

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host

UP, DOWN, MISSING = DEVICE_STATES = ("up", "down", "missing")
# The ICMP errors that answer a tunnel's packets if nobody takes them: (family, type, code).
ICMP_ERRORS = {"vxlan": ((4, 3, 3), (6, 1, 4)), "ipip": ((4, 3, 3), (4, 3, 2))}


def device_state(node: Host, name: str) -> Sourced[str] | None:
    """One of ``DEVICE_STATES``; None if the state does not show it."""
    link = node.links.get(name)
    if link is None:
        gone = node.lacks("links", f"no {name}") if "links" in node.whole else None
        return Sourced(MISSING, (gone,)) if gone else None
    return None if link.up is None else Sourced(UP if link.up else DOWN, (link.line,))


def icmp_error_of(losses: Iterable[PathLoss], captures: Iterable[Capture]) -> str | None:
    """The ICMP error with which the node at the tunnel's far end answers, as it is quoted; None if it sends none."""
    ends = {(loss.last.encap, loss.last.outer[1]) for loss in losses if loss.last.outer is not None}
    if len(ends) != 1:
        return None
    encap, node = ends.pop()
    for capture in captures:
        for (family, icmp_type, code, source, _), count in capture.exchanges.paired.ending_errors.counts.items():
            if source == node and (family, icmp_type, code) in ICMP_ERRORS.get(encap, ()):
                said = f"{format_address(node)} says {in_words(family, icmp_type, code)}, {count}x"
                return f"{clean(capture.source.short_name)}: {said}"
    return None
