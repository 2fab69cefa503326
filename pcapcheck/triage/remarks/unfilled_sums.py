"""Remarks on checksums that tcpdump calls incorrect and that are only not filled in yet, where nothing else is wrong.

A sender leaves TCP's and UDP's to its card, and what never leaves a machine needs none (kernel:
Documentation/networking/checksum-offloads.rst). So tcpdump -v shows a storm of "incorrect" on any healthy host.
"""

from __future__ import annotations

import re

from pcapcheck.capture.reread import read_again
from pcapcheck.column_words import CHECKSUMS
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# How many frames are looked at.
NEAR = 500
COMPLAINT = re.compile(r"cksum (?:0x)?[\da-f]{1,4} (?:\(incorrect|-> )")
UNFILLED = CHECKSUMS[2]


def unfilled_sum_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture about which tcpdump complains."""
    return [remark for capture in judgement.captures if (remark := _of(judgement, capture)) is not None]


def _of(judgement: Judgement, capture: Capture) -> Remark | None:
    try:
        numbers = {
            record.number
            for record in read_again(capture.source, range(1, NEAR + 1))
            if record.text is not None and COMPLAINT.search(record.text.words)
        }
        unfilled = [
            row.frames[0]
            for row in rows_of(capture, judgement.reading, numbers, with_sums=True)
            if row.checksum == UNFILLED and row.encap is None
        ]
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return None
    if not unfilled or len(unfilled) < len(numbers):
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
