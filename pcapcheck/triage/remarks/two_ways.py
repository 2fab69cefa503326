"""Remarks on two hosts whose packets leave a machine by one card and come back to it by another.

A strict source check drops what comes in by another interface than its answer would leave by (RFC 3704, section 2.2;
kernel: net/ipv4/fib_frontend.c, fib_validate_source), and a network that knows which address belongs to which card
drops what leaves by the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address

IN, OUT = "in", "out"
# How many frames are looked at, and how many remarks there are.
NEAR, MOST = 2000, 2


class Ways(Struct):
    """Where packets from one host to another were seen, with the first frame of each: by direction and interface."""

    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def cards(self, direction: str) -> set[str]:
        return {name for where, name in self.seen if where == direction}


def two_way_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per two cards, the first few of them."""
    found = {pair: remark for capture in judgement.captures for pair, remark in _of(judgement, capture)}
    return list(found.values())[:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[tuple[tuple[str, str], Remark]]:
    between: dict[tuple[int, int], Ways] = {}
    try:
        for row in rows_of(capture, judgement.reading, set(range(1, NEAR + 1))):
            _note(judgement, capture, row, between)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return
    for (src, dst), there in between.items():
        back = between.get((dst, src))
        out, came = there.cards(OUT), back.cards(IN) if back is not None else set()
        # What a bond, a bridge or a VLAN shows as well is one way.
        if back is not None and len(out) == 1 and len(came) == 1 and out != came:
            leaves, comes = next(iter(out)), next(iter(came))
            frames = there.seen[OUT, leaves], back.seen[IN, comes]
            yield (leaves, comes), _remark(capture, (src, dst), (leaves, comes), frames)


def _note(judgement: Judgement, capture: Capture, row: FrameRow, between: dict[tuple[int, int], Ways]) -> None:
    point = judgement.facts.point(capture.number, row.group)
    src, dst = as_number(row.ip_src), as_number(row.ip_dst)
    if point is None or point.kind != "host-nic" or row.encap is not None or src is None or dst is None:
        return
    if isinstance(row.direction, str):
        between.setdefault((src, dst), Ways()).seen.setdefault((row.direction, point.name), row.frames[0])


def _remark(capture: Capture, ends: tuple[int, int], cards: tuple[str, str], frames: tuple[int, int]) -> Remark:
    (src, dst), (leaves, comes) = (format_address(end) for end in ends), (clean(card) for card in cards)
    sentence = f"what {src} sends to {dst} leaves by {leaves}, and what comes back comes in by {comes}"
    return Remark(
        f"{sentence} (frames {frames[0]} and {frames[1]} of {clean(capture.source.short_name)}): no fault where both "
        f"get through; but {comes} drops it where its source check is strict (sysctl net.ipv4.conf.all.rp_filter "
        f"net.ipv4.conf.{comes}.rp_filter: 1, which Red Hat's systems set), and a router, a firewall or a cloud on the "
        f"way may drop what leaves by {leaves} with an address that belongs to {comes} (ip rule; ip route get {dst} "
        f"from {src})",
        short=sentence,
    )
