"""Frames of a few exchanges as pictures need them: where each was seen, when, between which addresses."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck import protocols
from pcapcheck.analysis import Analysis
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.report.pictures.packet_words import kind_of, words_of

# (capture, frame)
Place = tuple[int, int]


class Sighting(Struct, frozen=True):
    """A frame at one capture point. ``time`` in nanoseconds; what asks for a MAC is from who asks to who is asked for.

    ``kind`` and ``words`` say what it is, as ``packet_words`` does.
    """

    place: Place
    point: PointFacts
    time: int | None
    src: int | None
    dst: int | None
    ttl: int | None
    eth_src: int | None
    eth_dst: int | None
    side: str | None
    kind: str
    words: str


def sightings(analysis: Analysis, places: Iterable[Place]) -> dict[Place, Sighting]:
    """These frames, read again. What cannot be read any more, such as the start of a long stream, is left out."""
    wanted: dict[int, set[int]] = {}
    for capture, frame in places:
        wanted.setdefault(capture, set()).add(frame)
    found: dict[Place, Sighting] = {}
    for capture, numbers in wanted.items():
        try:
            for row in rows_of(analysis.captures[capture], analysis.reading, numbers):
                point = analysis.facts.point(capture, row.group)
                if point is not None:
                    sighting = _sighting(capture, row, point)
                    found[sighting.place] = sighting
        except (CaptureError, OSError):
            # The report says elsewhere what is wrong with a capture that changed or went away.
            continue
    return found


def _sighting(capture: int, row: FrameRow, point: PointFacts) -> Sighting:
    src, dst = _ends(row)
    return Sighting(
        place=(capture, row.frames[0]),
        point=point,
        time=row.time,
        src=_number(src),
        dst=_number(dst),
        ttl=_number(row.ip_ttl),
        eth_src=_number(row.eth_src),
        eth_dst=_number(row.eth_dst),
        side=point.sides.of(point.groups[row.group])[0],
        kind=kind_of(row),
        words=words_of(row),
    )


def _ends(row: FrameRow) -> tuple[object, object]:
    """Sender and receiver: of ARP those in the message, of neighbour discovery the target instead of a group."""
    if row.arp_opcode is not None:
        return row.arp_src_proto_ipv4, row.arp_dst_proto_ipv4
    if isinstance(row.nd_target, int):
        asks = row.icmp_type == protocols.NEIGHBOR_SOLICITATION
        return (row.ip_src, row.nd_target) if asks else (row.nd_target, row.ip_dst)
    return row.ip_src, row.ip_dst


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
