"""Remarks on ICMP errors that never reached whoever sent the packet that they are about.

Behind address translation the packet that an error quotes shows whose it is (RFC 5508, section 4.2). Without a "too
big" its sender goes on sending too large packets (RFC 2923, section 2.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.decode.icmp_words import in_words
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.paths.path import Path
from pcapcheck.protocols import PACKET_TOO_BIG
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import NOT_RECORDED, Remark
from pcapcheck.values import as_number, clean, format_address

ERROR = "error"
# Errors that are read again, and those that are shown.
MOST, SHOWN = 50, 3


class LostError(Struct, frozen=True):
    """An ICMP error about a packet of ``sender`` to ``asked``: ``frame`` of ``file``, on ``interface``, saw it last."""

    family: int
    icmp_type: int
    code: int
    mtu: int | None
    source: int
    sender: int
    asked: int
    interface: str
    file: str
    frame: int

    @property
    def is_too_big(self) -> bool:
        return (self.family, self.icmp_type, self.code) == PACKET_TOO_BIG[self.family]


def lost_error_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per error, sender and place; the most frequent first."""
    counted: Counter[LostError] = Counter()
    first: dict[LostError, LostError] = {}
    for path, row in _read(judgement):
        lost = _lost(judgement, path, row)
        if lost is not None:
            # Those of one sender about one pair are alike, whichever frames they are in.
            alike = replace(lost, frame=0)
            counted[alike] += path.count
            first.setdefault(alike, lost)
    return [_remark(first[alike], count) for alike, count in counted.most_common(SHOWN)]


def _remark(lost: LostError, count: int) -> Remark:
    words = in_words(lost.family, lost.icmp_type, lost.code, lost.mtu)
    source, sender, asked = map(format_address, (lost.source, lost.sender, lost.asked))
    short = f"{source}'s {words} never reached {sender}"
    often = f", {count}x" if count > 1 else ""
    consequence = f": {sender} goes on sending packets that are too large" if lost.is_too_big else ""
    last = f"last seen on {lost.interface} (frame {lost.frame} of {lost.file})"
    text = f"{short}, whose packets to {asked} it is about{often}; {last}{consequence}"
    warning = f"{short}, {NOT_RECORDED}" if lost.is_too_big else ""
    return Remark(text, short=short, warning=warning)


def _read(judgement: Judgement) -> Iterator[tuple[Path, FrameRow]]:
    """The first error of each path that is not known to have arrived, as it was seen last."""
    followed = judgement.followed
    paths = [path for path in followed.found if path.packet == ERROR and followed.is_delivered(path) is not True]
    wanted: dict[int, dict[int, Path]] = {}
    for path in paths[:MOST]:
        wanted.setdefault(path.steps[-1].spot.capture, {})[path.samples[0].frames[-1]] = path
    for capture, frames in wanted.items():
        try:
            for row in rows_of(judgement.captures[capture], judgement.reading, set(frames)):
                yield frames[row.frames[0]], row
        except CaptureError:
            # A stream, or a file that is gone by now, cannot be read again.
            continue


def _lost(judgement: Judgement, path: Path, row: FrameRow) -> LostError | None:
    """The error, if its sender's own link would have shown it."""
    quoted = as_number(row.quoted_src), as_number(row.quoted_dst)
    icmp_type, code, family = as_number(row.icmp_type), as_number(row.icmp_code), as_number(row.ip_version)
    if quoted[0] is None or quoted[1] is None or icmp_type is None or code is None or family is None:
        return None
    asked = _as_asked(judgement, path, quoted[0], quoted[1])
    if asked is None or not judgement.followed.deliveries.missing(replace(path, meant=asked)):
        return None
    point = path.steps[-1].spot.point
    file = clean(judgement.captures[point.key[0]].source.short_name)
    mtu, source = as_number(row.icmp_mtu), path.steps[-1].src
    return LostError(family, icmp_type, code, mtu, source, *asked, point.name, file, row.frames[0])


def _as_asked(judgement: Judgement, path: Path, src: int, dst: int) -> tuple[int, int] | None:
    """The addresses of the packet that an error quotes as its sender sent it; None if several may have sent it."""
    here = path.steps[-1].spot.point.key
    found = {
        (sent.src, sent.dst)
        for sent, number in judgement.followed.steps_between(src, dst)
        if sent.packet != ERROR and sent.steps[number].spot.point.key == here
    }
    return found.pop() if len(found) == 1 else None
