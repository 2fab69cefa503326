"""Remarks on tunnels between two hosts whose packets come back from another address than they are sent to.

So it is with NAT between the nodes. The receiving device drops what comes from an address that it does not know as that
of the sender: Calico by a rule (felix/rules/static.go), VXLAN by its entry for the inner MAC (kernel:
drivers/net/vxlan/vxlan_core.c, vxlan_snoop).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address

# Of how many frame groups the first frame is read again, and how many remarks there are.
MOST_READ, MOST = 40, 3


class CarriedPacket(Struct, frozen=True):
    """A packet in a tunnel: the ends inside and outside, and its frame."""

    src: int
    dst: int
    outer_src: int
    outer_dst: int
    frame: int


def translated_tunnel_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per pair of hosts, on a NIC that shows both directions."""
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    found = {(carried.src, carried.dst): carried for carried in _carried(judgement, capture)}
    for ends, there in found.items():
        back = found.get((ends[1], ends[0]))
        # Said once: of the one that was seen first.
        if back is None or there.frame > back.frame:
            continue
        if there.outer_src == back.outer_dst and there.outer_dst != back.outer_src:
            yield _remark(capture, there, back)


def _carried(judgement: Judgement, capture: Capture) -> list[CarriedPacket]:
    tunnelled = [
        group.frames[0]
        for number, group in enumerate(capture.groups)
        if group.frames and group.ip_src not in (None, group.source)
        if (point := judgement.facts.point(capture.number, number)) is not None and point.kind != "pod-link"
    ]
    found: list[CarriedPacket] = []
    try:
        for row in rows_of(capture, judgement.reading, set(tunnelled[:MOST_READ])):
            ends = [as_number(each) for each in (row.ip_src, row.ip_dst, row.outer_src, row.outer_dst)]
            src, dst, outer_src, outer_dst = ends
            if src is not None and dst is not None and outer_src is not None and outer_dst is not None:
                found.append(CarriedPacket(src, dst, outer_src, outer_dst, row.frames[0]))
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return []
    return found


def _remark(capture: Capture, there: CarriedPacket, back: CarriedPacket) -> Remark:
    sent, came = format_address(there.outer_dst), format_address(back.outer_src)
    sentence = (
        f"what is for {format_address(there.dst)} goes to {sent} in the tunnel, and what {format_address(there.dst)} "
        f"sends comes from {came}"
    )
    return Remark(
        f"{sentence} (frames {there.frame}, {back.frame} of {clean(capture.source.short_name)}): no fault if both are "
        "addresses of one node that everybody knows as its; else NAT between the nodes changes them, and the tunnel's "
        "device drops what comes from an address that it does not know: remove the NAT, or let the nodes know each "
        "other by the addresses that arrive",
        short=sentence,
    )
