"""TCP timestamps: whether SYNs without an answer are older, by their timestamps, than answered ones from their address.

Hosts behind one address have a clock each. A receiver that remembers the latest timestamp of an address, as kernels
before 4.12 do with tcp_tw_recycle, drops what is older (RFC 7323, section 5.8; kernel 4.11: net/ipv4/tcp_metrics.c,
tcp_peer_is_proven).
"""

from __future__ import annotations

from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.syn_fields import WHOLE, syn_fields
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import TCP, bins_of, packet_of
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import clean, format_address

# The most SYNs of each outcome that are looked at.
MOST = 8
# What is farther back, in milliseconds, is rather a clock that begins at random with each connection
# (RFC 7323, section 5.4): about three days.
FARTHEST = 1 << 28


def tcp_timestamps(case: Case, judgement: Judgement) -> QuotedColumns:
    """``timestamps.older`` for connections, if some are answered; nothing for others."""
    found = QuotedColumns({"timestamps.older": None})
    if packet_of(case) != TCP:
        return found
    for capture in judgement.captures:
        answered, silent = _attempts(case, judgement, capture)
        if not answered or not silent:
            continue
        fields = syn_fields(capture, [*answered, *silent])
        stamps = {frame: syn.stamp for frame, syn in fields.items() if syn.stamp is not None}
        newest = max((row for row in answered if row.frames[0] in stamps), key=lambda row: row.frames[0], default=None)
        if newest is None:
            continue
        known = stamps[newest.frames[0]]
        late = [row for row in silent if row.frames[0] in stamps and row.frames[0] > newest.frames[0]]
        older = [row for row in late if 0 < (known - stamps[row.frames[0]]) % WHOLE < FARTHEST]
        if late:
            found.columns["timestamps.older"] = len(older) == len(late)
        if late and older:
            file, source = clean(capture.source.short_name), format_address(newest.src)
            found.lines["timestamps.older"] = (
                f"the SYN in frame {older[0].frames[0]} of {file} has timestamp {stamps[older[0].frames[0]]}, "
                f"{(known - stamps[older[0].frames[0]]) % WHOLE} before that of an answered one from {source} "
                f"(frame {newest.frames[0]})",
            )
        break
    return found


def _attempts(case: Case, judgement: Judgement, capture: Capture) -> tuple[list[ConnectionRow], list[ConnectionRow]]:
    """Attempts between the two hosts of a case that were answered, and that were not."""
    of: dict[bool, list[ConnectionRow]] = {True: [], False: []}
    for some in bins_of(TCP, judgement):
        if judgement.facts.point(capture.number, some.group) is None or some.outcome not in ("replied", "unanswered"):
            continue
        for row in some.samples:
            if isinstance(row, ConnectionRow) and (row.src, row.dst) == (case.lead.pod, case.lead.dst) and row.frames:
                of[some.outcome == "replied"].append(row)
    return of[True][:MOST], of[False][:MOST]
