"""Remarks on connections to a service that break off midway, because a back end's packet was not translated back.

Recorded behind the node too, such a connection shows twice: to the service's address, and as the node translated it.
What its asker resets is reset under the service's address and then translated. An RST to the back end itself means that
the asker got a packet from an address that it never asked (RFC 9293, section 3.10.7.3): connection tracking calls
INVALID what is out of the window or follows a connection that it forgot, and translates nothing of that
(kubernetes/kubernetes issue 74839).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import TCP_ACK
from pcapcheck.questions.untranslated_answers import reset_of
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

# The same SYN is sent on at once (nanoseconds).
AT_ONCE = 50_000_000
# How many connections are looked at, among how many frames behind their SYNs, and how many remarks there are.
MOST_LOOKED_AT, NEAR, MOST = 20, 1000, 3

Pair = tuple[ConnectionRow, ConnectionRow]
# Who resets what: source, its port, destination.
Reset = tuple[object, object, object]


def untranslated_midway_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker and service, the first few of them."""
    found = {
        (asked.src, asked.dst, asked.dst_port): remark
        for capture in judgement.captures
        for (asked, _), remark in _of(judgement, capture)
    }
    return list(found.values())[:MOST]


def translated_pairs(capture: Capture) -> list[Pair]:
    """Connections that were made, as they were asked for and as they were sent on to a back end."""
    made: dict[tuple[int, int], list[ConnectionRow]] = {}
    for some in capture.exchanges.paired.bins_of(CONNECTIONS):
        for row in some.samples if some.outcome == "replied" else ():
            if isinstance(row, ConnectionRow) and row.src_port is not None and row.time is not None:
                made.setdefault((row.src, row.src_port), []).append(row)
    pairs: list[Pair] = []
    for rows in made.values():
        rows.sort(key=lambda row: (row.time or 0, row.frames))
        for asked, behind in pairwise(rows):
            if asked.dst != behind.dst and (behind.time or 0) - (asked.time or 0) <= AT_ONCE:
                pairs.append((asked, behind))
    return pairs[:MOST_LOOKED_AT]


def _of(judgement: Judgement, capture: Capture) -> Iterator[tuple[Pair, Remark]]:
    pairs = translated_pairs(capture)
    wanted = {number for _, behind in pairs for number in range(behind.frames[0], behind.frames[0] + NEAR)}
    first: dict[Reset, int] = {}
    try:
        for row in rows_of(capture, judgement.reading, wanted):
            reset = _refusal_of(row)
            if reset is not None:
                first.setdefault(reset, row.frames[0])
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return
    for asked, behind in pairs:
        frame = first.get((behind.src, behind.src_port, behind.dst))
        own = first.get((asked.src, asked.src_port, asked.dst))
        if frame is not None and (own is None or own > frame):
            yield (asked, behind), _remark(capture, asked, behind, frame)


def _refusal_of(row: FrameRow) -> Reset | None:
    """Who refuses a packet of whom, if a frame does: such an RST acknowledges nothing."""
    acknowledges = isinstance(row.tcp_flags, int) and row.tcp_flags & TCP_ACK
    return None if acknowledges else reset_of(row)


def _remark(capture: Capture, asked: ConnectionRow, behind: ConnectionRow, frame: int) -> Remark:
    asker, back_end = format_address(asked.src), format_address(behind.dst)
    what = f"{format_address(asked.dst)}" + (f" port {asked.dst_port}" if asked.dst_port else "")
    sentence = (
        f"{asker}'s connection to {what} breaks off: {asker} resets what comes from the back end {back_end} itself"
    )
    return Remark(
        f"{sentence} (frame {frame} of {clean(capture.source.short_name)}): answers were translated back to "
        f"{format_address(asked.dst)} before, and this packet was not, as one that connection tracking calls INVALID: "
        "out of the window, or of a connection that it forgot (conntrack -S counts invalid; "
        "net.netfilter.nf_conntrack_tcp_be_liberal=1, or a rule that drops what is INVALID before it gets out)",
        short=sentence,
        warning=sentence,
    )
