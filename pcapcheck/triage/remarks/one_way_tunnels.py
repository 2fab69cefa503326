"""Remarks on tunnels between two hosts where a text shows one direction alone, and not what is inside.

Where it shows what is inside, that is asked in vain. A text may cut it off, and IPsec, WireGuard and flannel's UDP
backend hide it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import (
    ESP,
    GENEVE_PORT,
    IPSEC_NAT_PORT,
    KERNEL_VXLAN_PORT,
    VXLAN_PORT,
    WIREGUARD_PORT,
    WIREGUARD_PORT6,
)
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address, format_duration

# Flannel's own tunnel, which it calls udp (flannel: Documentation/backends.md).
FLANNEL_PORT = 8285
TUNNELS = {
    **dict.fromkeys((VXLAN_PORT, KERNEL_VXLAN_PORT), "VXLAN"),
    GENEVE_PORT: "Geneve",
    **dict.fromkeys((WIREGUARD_PORT, WIREGUARD_PORT6), "WireGuard"),
    IPSEC_NAT_PORT: "IPsec",
    FLANNEL_PORT: "flannel",
}
# How many packets, over how long (nanoseconds), wait for something; and among how many frames they are sought.
OFTEN, LONG, NEAR, MOST = 3, 1_000_000_000, 2000, 3
# Who sends what to whom: the tunnel, how a filter says it, source and destination.
Way = tuple[str, str, int, int]


class OneWay(Struct):
    """The packets of one direction: the first frame, how many, and from when to when."""

    frame: int
    first: int
    last: int
    count: int = 1


def one_way_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per tunnel and direction, the first few of them; what is asked in vain says more."""
    if judgement.unanswered:
        return []
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    sent: dict[Way, OneWay] = {}
    talking: set[tuple[int, int]] = set()
    try:
        for row in rows_of(capture, judgement.reading, set(range(1, NEAR + 1))):
            _note(row, sent, talking)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return
    for (name, port, src, dst), way in sent.items():
        back = (name, port, dst, src) in sent
        if not back and way.count >= OFTEN and way.last - way.first >= LONG:
            yield _remark(capture, (name, port, src, dst), way, heard=(dst, src) in talking)


def _note(row: FrameRow, sent: dict[Way, OneWay], talking: set[tuple[int, int]]) -> None:
    src, dst, time = as_number(row.ip_src), as_number(row.ip_dst), row.time
    if src is None or dst is None:
        return
    talking.add((src, dst))
    tunnel = _tunnel(row)
    if tunnel is None or time is None:
        return
    way = sent.setdefault((*tunnel, src, dst), OneWay(row.frames[0], time, time, 0))
    way.last = max(way.last, time)
    way.count += 1


def _tunnel(row: FrameRow) -> tuple[str, str] | None:
    """The tunnel that a packet belongs to whose inside is not shown, and how a filter says that."""
    if row.encap not in (None, "wireguard"):
        return None
    if row.ip_proto == ESP:
        return "IPsec", f"IP protocol {ESP}"
    port = as_number(row.udp_dstport)
    return (TUNNELS[port], f"UDP port {port}") if port in TUNNELS else None


def _remark(capture: Capture, ends: Way, way: OneWay, heard: bool) -> Remark:
    name, port, *hosts = ends
    src, dst = (format_address(host) for host in hosts)
    sentence = f"{way.count} {name} packets go from {src} to {dst}, and none comes back"
    doubt = "" if heard else "; with -Q, or a filter for one direction, a healthy network would look the same"
    return Remark(
        f"{sentence} in {format_duration(way.last - way.first)} (first: frame {way.frame} of "
        f"{clean(capture.source.short_name)}): the network between the two drops {port} (a cloud's security group, a "
        f"firewall, a hypervisor that keeps it to itself), or {dst} takes them and has no answer; record {dst}'s card "
        f"at the same time{doubt}",
        short=sentence,
    )
