"""Repeated handshakes: connections that were answered, and whose SYN was sent again all the same.

Whoever gets a SYN-ACK from an address that it never asked, as from a service's back end where the answer is not
translated back, resets that and goes on asking (RFC 9293, section 3.10.7.3). Each SYN looks answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.syn_fields import SynFields, is_any_reset, resets_answer, syn_fields
from pcapcheck.paths.path import Path
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import format_address

# A SYN is sent again after a second (RFC 6298, section 2.1), by clocks that are not exact, and after 32 at most
# (kernel: tcp_syn_retries); the same frame, recorded on several interfaces, comes at once.
SOONEST, LATEST = 900_000_000, 64 * 10**9
# The most pairs that are looked at.
MOST = 4
MEANING = (
    "it sends its SYN again, so it resets the answer or never gets it: it asked another address, as that of a service, "
    "and the answer was not translated back (a bridge without br_netfilter: sysctl net.bridge.bridge-nf-call-iptables; "
    "or another way back); or something before it drops the answer"
)
# The same where the asker was seen to reset it.
RESET_MEANING = (
    "it resets the answer and sends its SYN again: it asked another address, as that of a service, and the answer was "
    "not translated back (on a bridge that takes net.bridge.bridge-nf-call-iptables=1 and br_netfilter; or the answer "
    "takes another way than the question)"
)
# What became of such a connection; ``triage/question_signs.py`` knows it by that.
NOT_MADE = "is not made, although"
# Source and destination, each with its port.
Connection = tuple[int, int | None, int, int | None]


def repeated_handshakes(capture: Capture, facts: Facts, judged: Judged, paths: Sequence[Path]) -> Iterator[Unanswered]:
    """A question per two hosts and port asked, with how many connections are like it.

    What was followed from a pod's link (``paths``) is left to the rules, which are about that.
    """
    half_open = {(talk.asker, talk.asked, talk.asked_port) for talk in capture.exchanges.conversations.found}
    attempts: dict[Connection, list[tuple[ConnectionRow, str]]] = {}
    for some in capture.exchanges.paired.bins_of(CONNECTIONS):
        point = facts.point(capture.number, some.group)
        if point is None or not point.judged:
            continue
        for row in some.samples:
            if row.src in facts.pod_ips and row.src not in point.pod_ips:
                # The pod's own link tells better.
                continue
            if isinstance(row, ConnectionRow) and row.src_port is not None and row.time is not None:
                key = (row.src, row.src_port, row.dst, row.dst_port)
                attempts.setdefault(key, []).append((row, point.name))
    found: dict[object, list[list[tuple[ConnectionRow, str]]]] = {}
    for (src, _, dst, port), rows in attempts.items():
        rows.sort(key=lambda each: each[0].time or 0)
        if (src, dst, port) not in half_open and _is_repeated(capture, [row for row, _ in rows]):
            found.setdefault((src, dst, port, rows[0][1]), []).append(rows)
    followed = {
        (step.src, step.dst)
        for path in (paths if found else ())
        if path.steps[0].spot.point.kind == "pod-link"
        for step in path.steps[1:]
    }
    for alike in found.values():
        if (alike[0][0][0].src, alike[0][0][0].dst) in followed:
            continue
        yield _question(capture, max(alike, key=len), len(alike))


def _is_repeated(capture: Capture, rows: list[ConnectionRow]) -> bool:
    """Whether a SYN whose answer was reset, or is a reset, was sent again all the same.

    With its sequence number, and not as soon as a frame recorded twice. Without the reset the answer may have got lost.
    """
    pairs = [
        (one, other)
        for one, other in pairwise(rows)
        if one.outcome == "replied" and SOONEST <= (other.time or 0) - (one.time or 0) <= LATEST
    ]
    if not pairs:
        return False
    fields = syn_fields(capture, (row for pair in pairs[:MOST] for row in pair))
    again = [
        (one, other)
        for one, other in pairs[:MOST]
        if (sequence := fields.get(one.frames[0], SynFields()).seq) is not None
        and sequence == fields.get(other.frames[0], SynFields()).seq
    ]
    return bool(again) and is_any_reset(capture, again)


def _question(capture: Capture, rows: list[tuple[ConnectionRow, str]], alike: int) -> Unanswered:
    first, name = rows[0]
    asked = format_address(first.dst)
    return Unanswered(
        protocol="TCP",
        asker=first.src,
        asked=first.dst,
        about=f"connection to {asked} port {first.dst_port}",
        attempts=len(rows),
        lasted=(rows[-1][0].time or 0) - (first.time or 0),
        capture=capture.number,
        interface=name,
        frames=tuple(row.frames[0] for row, _ in rows),
        group=first.group,
        alike=alike,
        meaning=RESET_MEANING if resets_answer(capture, first) else MEANING,
        fate=f"{NOT_MADE} {asked} answers its SYN",
        port=first.dst_port,
        asker_ports=frozenset(row.src_port for row, _ in rows if row.src_port is not None),
    )
