"""Untranslated answers: SYN-ACKs of a back end that go straight to whoever asked a service, and are reset.

A bridge that is recorded shows a SYN twice: to the service's address, and as the node translated it. If the back end
answers over the bridge itself, past the node's connection tracking (net.bridge.bridge-nf-call-iptables=0, or no
br_netfilter), nobody translates the answer back; its asker knows of no such connection and sends an RST (RFC 9293,
section 3.10.7.3). On a pod's link, and with several capture points, the rule service-reply-translated sees this.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.protocols import TCP_RST
from pcapcheck.questions.answer_seen import answer_seen
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import format_address

# Within how many frames the RST follows, and how many connections are looked at.
NEAR, MOST = 8, 20
MEANING = (
    "the node translates the question and not its answer, so the asker resets what it did not ask for; "
    "on a bridge, answers are translated back only with net.bridge.bridge-nf-call-iptables=1 (br_netfilter)"
)

Pair = tuple[ConnectionRow, ConnectionRow, PointFacts]


def untranslated_answers(capture: Capture, facts: Facts, judged: Judged, reading: Reading) -> Iterator[Unanswered]:
    """A question per asker, service and port."""
    pairs = _pairs(capture, facts)
    if not pairs:
        return
    wanted = {row.frames[-1] + more for _, row, _ in pairs for more in range(1, NEAR + 1)}
    try:
        resets = {reset for again in rows_of(capture, reading, wanted) if (reset := reset_of(again))}
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return
    alike: dict[tuple[int, int, int | None], list[Pair]] = {}
    for asked, answered, point in pairs:
        if (answered.src, answered.src_port, answered.dst) in resets:
            alike.setdefault((asked.src, asked.dst, asked.dst_port), []).append((asked, answered, point))
    for some in alike.values():
        yield _question(capture, some)


def _pairs(capture: Capture, facts: Facts) -> list[Pair]:
    """Connections without an answer, each with one from the same port to another host that was answered."""
    bins = list(capture.exchanges.paired.bins_of(CONNECTIONS))
    answered = {
        (row.src, row.src_port): row
        for some in bins
        if some.outcome == "replied"
        for row in some.samples
        if isinstance(row, ConnectionRow) and row.src_port is not None and len(row.frames) > 1
    }
    found: list[Pair] = []
    for some in bins if answered else ():
        point = facts.point(capture.number, some.group)
        if some.outcome not in ("unanswered", "in-flight") or point is None or point.kind == "pod-link":
            continue
        for row in some.samples:
            if not isinstance(row, ConnectionRow) or row.src_port is None or len(found) >= MOST:
                continue
            other = answered.get((row.src, row.src_port))
            if other is not None and other.dst != row.dst and row.frames[0] < other.frames[0]:
                there = facts.point(capture.number, other.group)
                if there is not None and there.key == point.key:
                    found.append((row, other, point))
    return found


def reset_of(row: FrameRow) -> tuple[object, object, object] | None:
    """Who resets a connection with whom, of a frame that does."""
    flags = row.tcp_flags
    return (row.ip_src, row.tcp_srcport, row.ip_dst) if isinstance(flags, int) and flags & TCP_RST else None


def _question(capture: Capture, some: list[Pair]) -> Unanswered:
    asked, answered, point = some[0]
    about = f"connection to {format_address(asked.dst)}" + (f" port {asked.dst_port}" if asked.dst_port else "")
    last_seen = answer_seen(capture.number, answered.frames[-1], point, answered.dst)
    return Unanswered(
        protocol="TCP",
        asker=asked.src,
        asked=asked.dst,
        about=about,
        attempts=max(row.requests for row, _, _ in some),
        lasted=None,
        capture=capture.number,
        interface=point.name,
        frames=(asked.frames[0], *answered.frames[:2]),
        group=asked.group,
        alike=len(some),
        meaning=MEANING,
        fate=f"is answered by the back end {format_address(answered.dst)} itself, and reset by its asker",
        port=asked.dst_port,
        asker_ports=frozenset(row.src_port for row, _, _ in some if row.src_port is not None),
        last_seen=last_seen,
        opens=True,
    )
