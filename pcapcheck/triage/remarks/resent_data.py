"""Remarks on data that tshark marks as sent again and again, where its rows show no transfer that can be judged."""

from __future__ import annotations

from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.broken_transfers import LARGE
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_duration


def resent_data_remarks(captures: list[Capture]) -> list[Remark]:
    """A remark per capture that shows such data."""
    remarks = []
    for capture in captures:
        for problem in capture.problems:
            if problem.resent is None:
                continue
            resent = problem.resent
            over = f" over {format_duration(resent.lasted)}" if resent.lasted else ""
            sentence = (
                f"{format_address(resent.src)} sends {format_address(resent.dst)} the same data again and again "
                f"({resent.count}x{over}, by tshark's marks)"
            )
            size = (
                f"; packets of {resent.length} bytes may be too large for the way (MTU), if smaller ones pass"
                if resent.length is not None and resent.length >= LARGE
                else ""
            )
            remarks.append(
                Remark(
                    f"{sentence} (first: line {resent.line} of {clean(capture.source.short_name)}): it is never "
                    f"acknowledged, so it or what comes back is lost{size}. Record with -w, or print with tcpdump, to "
                    "see ports and sequence numbers",
                    short=sentence,
                    warning=sentence,
                )
            )
    return remarks
