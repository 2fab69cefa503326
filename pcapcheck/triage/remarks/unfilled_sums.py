"""Remarks on checksums that tcpdump calls incorrect and that are only not filled in yet, where nothing else is wrong.

A sender leaves TCP's and UDP's to its card, and what never leaves a machine needs none (kernel:
Documentation/networking/checksum-offloads.rst). So tcpdump -v shows a storm of "incorrect" on any healthy host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.capture.reread import read_again
from pcapcheck.column_words import CHECKSUMS
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.numbered_nics import is_numbered
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import SILENT, Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address

# How many frames are looked at.
NEAR = 500
COMPLAINT = re.compile(r"\S+ > \S+: (?=.{0,200}cksum (?:0x)?[\da-f]{1,4} (?:\(incorrect|-> ))")
UNFILLED = CHECKSUMS[2]


class UnfilledFrame(Struct, frozen=True):
    """A frame with such a checksum, its capture by number and name, its frame group, and what was printed of it."""

    frame: int
    capture: int
    file: str
    group: int
    words: str


def unfilled_sum_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture about which tcpdump complains."""
    return [remark for capture in judgement.captures if (remark := _of(judgement, capture)) is not None]


def unfilled_on_arrival_remarks(judgement: Judgement) -> list[Remark]:
    """A remark on the first packet asked in vain that two interfaces of one name show, and no card filled in between.

    A machine has one of a name, so these are two, or the insides of two containers.
    """
    silent = [one for one in judgement.unanswered if one.fate.startswith(SILENT) and not one.wording]
    asked = {(question.asker, question.asked): question for question in silent}
    seen: dict[tuple[str, str], UnfilledFrame] = {}
    for capture in judgement.captures:
        for sighting, row in _unfilled(judgement, capture, _complaints(capture)):
            question = asked.get((as_number(row.ip_src) or 0, as_number(row.ip_dst)))
            point = judgement.facts.point(capture.number, sighting.group)
            if question is None or point is None or is_numbered(point.capture_point):
                continue
            before = seen.setdefault((point.name, sighting.words), sighting)
            if (before.capture, before.group) != (sighting.capture, sighting.group):
                return [_on_arrival(question, clean(point.name), before, sighting)]
    return []


def _complaints(capture: Capture) -> dict[int, str]:
    """What tcpdump says of the packets whose checksum it calls incorrect, without time and headers, by their frames."""
    try:
        return {
            record.number: record.text.words[match.start() :]
            for record in read_again(capture.source, range(1, NEAR + 1))
            if record.text is not None and (match := COMPLAINT.search(record.text.words)) is not None
        }
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return {}


def _unfilled(
    judgement: Judgement, capture: Capture, complaints: dict[int, str]
) -> Iterator[tuple[UnfilledFrame, FrameRow]]:
    """Those whose checksum is only not filled in."""
    try:
        for row in rows_of(capture, judgement.reading, set(complaints), with_sums=True):
            if row.checksum == UNFILLED and row.encap is None:
                frame = row.frames[0]
                yield (
                    UnfilledFrame(
                        frame, capture.number, clean(capture.source.short_name), row.group, complaints[frame]
                    ),
                    row,
                )
    except CaptureError:
        return


def _of(judgement: Judgement, capture: Capture) -> Remark | None:
    complaints = _complaints(capture)
    unfilled = [sighting.frame for sighting, _ in _unfilled(judgement, capture, complaints)]
    if not unfilled or len(unfilled) < len(complaints):
        return None
    packets = "1 packet" if len(unfilled) == 1 else f"{len(unfilled)} packets"
    sentence = f"tcpdump calls the checksum of {packets} incorrect, and it is only not filled in yet"
    return Remark(
        f"{sentence} (first: frame {unfilled[0]} of {clean(capture.source.short_name)}): each holds the sum of its "
        "pseudo header, as a sender leaves it to its card (offload). That is no fault where they were sent, nor "
        "between interfaces of one machine, as lo and pods' links; whoever gets such a packet from another machine "
        "drops it (ethtool -K CARD tx off on the sender)",
        short=sentence,
    )


def _on_arrival(question: Unanswered, name: str, left: UnfilledFrame, came: UnfilledFrame) -> Remark:
    places = f"frame {left.frame} of {left.file} and frame {came.frame} of {came.file}"
    if left.file == came.file:
        places = f"frames {left.frame} and {came.frame} of {left.file}"
    whose = f"{format_address(question.asker)}'s {clean(question.about)}"
    return Remark(
        f"{whose} has a checksum that is not filled in, neither where it was recorded first nor on the next {name} "
        f"({places}): no fault if both are on one machine; from another, nobody filled it in on the way, as a tunnel "
        f"in user space does not, and its receiver drops it: ethtool -K {name} tx off where it is sent, "
        "inside the pod or container"
    )
