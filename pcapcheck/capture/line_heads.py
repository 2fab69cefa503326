"""What a logger puts before every line of what it was given: a time, its source, its process.

``ts`` (moreutils), journalctl (-o short, short-precise, short-iso), kubectl logs (--timestamps, --prefix), docker and
docker compose logs, and the log files of containers (CRI).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcapcheck.capture.text.stamps import STAMP

# Of one pod and container, or of one service.
_LABEL = r"(?:\[(?:pod/)?[\w.-]{1,253}(?:/[\w.-]{1,253}){0,2}\] ?|[\w.-]{1,63} {1,20}\| ?)"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = rf"(?:{_MONTH} [ \d]\d {_CLOCK}|\[?\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z| ?[+-]\d\d:?\d\d)?\]?)"
_PROCESS = r"[\w.-]{1,253} [\w./@-]{1,80}(?:\[\d{1,10}\])?:"
_STREAM = r"std(?:out|err) [FP]"
_END = r"(?:[ \t]|$)"
# The longest first: what is left must not begin with a part of it.
HEADS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_LABEL}?{_DATED} {_PROCESS}{_END}",
        rf"{_LABEL}?{_DATED} {_STREAM}{_END}",
        rf"{_LABEL}{_DATED}{_END}",
        rf"{_DATED}{_END}",
        rf"{_LABEL}",
        rf"{_CLOCK}{_END}",
    )
)
# A packet's own time, with tshark's number before it; and a packet without one, whose head was its own time.
_OWN = re.compile(rf"\s{{0,12}}(?:\d{{1,9}}\s{{1,8}})?(?:{STAMP})\s", re.ASCII)
_PACKET = re.compile(r"IP6? |ARP,? |[0-9a-f]{2}(?::[0-9a-f]{2}){5} |[\w.@-]+ +(?:In|Out|P|M|B) ")


def head_of(lines: Sequence[str]) -> re.Pattern[str] | None:
    """What stands before half of some lines or more, whose packets have times of their own; None if nothing does."""
    for head in HEADS:
        rests = [line[match.end() :] for line in lines if (match := head.match(line))]
        if 2 * len(rests) < len(lines):
            continue
        if any(map(_OWN.match, rests)) and not any(map(_PACKET.match, rests)):
            return head
    return None


def commonest_head(lines: Sequence[str], odd: int) -> re.Pattern[str] | None:
    """What stands before all but ``odd`` of some lines, whatever they are; None if nothing does."""
    for head in HEADS:
        if sum(head.match(line) is not None for line in lines) >= len(lines) - odd:
            return head
    return None


def without_head(line: str, head: re.Pattern[str]) -> str:
    """A line without what stands before it, if that does."""
    match = head.match(line)
    return line[match.end() :] if match else line
