"""Remarks on packets that go round in a circle: two routers each take the other for the way to their receiver.

A frame shows it by its MACs, where the one that a packet was sent to sends it back to the sender; a text without MACs
by the TTL, which each round of the same packet lowers (RFC 1812, section 5.3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, ECHO
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address, format_mac

# A bridge and its port, or both sides of one router, show a packet twice.
ROUNDS = 3
MOST = 2
# Questions of each kind, and pairs of MACs, whose frames are read again.
LOOKED_AT = 5
Sent = tuple[int, int]


def circling_packet_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per sender and receiver, the first few of them."""
    found: dict[Sent, Remark] = {}
    for capture in judgement.captures:
        try:
            for sent, remark in (*_sent_back(judgement, capture), *_aging(judgement, capture)):
                found.setdefault(sent, remark)
        except CaptureError:
            # A stream, or a file that is gone by now, cannot be read again.
            continue
    return list(found.values())[:MOST]


def _sent_back(judgement: Judgement, capture: Capture) -> Iterator[tuple[Sent, Remark]]:
    """Packets that the MAC which they were sent to sends to the MAC which they came from."""
    groups = [group for group in capture.groups if group.carries == IP_UNICAST and group.src and group.dst]
    by_macs = {(group.point, group.src, group.dst, group.ip_src, group.ip_dst): group for group in groups}
    pairs = [
        (group, back)
        for group in groups
        if (back := by_macs.get((group.point, group.dst, group.src, group.ip_src, group.ip_dst))) is not None
        and group.frames[0] <= back.frames[0]
    ]
    for group, back in pairs[:LOOKED_AT]:
        frames = _same_packet(judgement, capture, group, back)
        if frames is None or _is_answered(judgement, capture, back):
            # A firewall or a balancer with one arm, to which a router hands packets on their way, sends them back too.
            continue
        src, dst, *macs = group.ip_src, group.ip_dst, group.src, group.dst
        if src is not None and dst is not None:
            first, second = (format_mac(mac or 0) for mac in macs)
            how = f"{second} sends back to {first} what it was sent by it (frames {frames[0]} and {frames[1]}"
            yield (src, dst), _remark(capture, src, dst, how)


def _same_packet(judgement: Judgement, capture: Capture, group: FrameGroup, back: FrameGroup) -> tuple[int, int] | None:
    """The frames that hold one packet, sent and sent back; of those that were kept of each group."""
    seen: dict[tuple[object, ...], int] = {}
    for row in rows_of(capture, judgement.reading, {*group.frames, *back.frames}):
        packet, number = _packet(row), row.frames[0]
        if number in group.frames:
            seen.setdefault(packet, number)
        elif packet in seen:
            return seen[packet], number
    return None


def _is_answered(judgement: Judgement, capture: Capture, back: FrameGroup) -> bool:
    """Whether the receiver answers a packet that was sent back; of those that were kept."""
    ends = (back.ip_dst, back.ip_src)
    near = [group for group in capture.groups if {group.ip_src, group.ip_dst} == set(ends)]
    sent = {_conversation(row) for row in rows_of(capture, judgement.reading, set(back.frames))}
    kept = {number for group in near for number in group.frames if number > back.frames[0]}
    return any(
        (row.icmp_ident, row.icmp_seq, row.tcp_dstport, row.tcp_srcport, row.udp_dstport, row.udp_srcport) in sent
        for row in rows_of(capture, judgement.reading, kept)
        if (as_number(row.ip_src), as_number(row.ip_dst)) == ends
    )


def _conversation(row: FrameRow) -> tuple[object, ...]:
    return row.icmp_ident, row.icmp_seq, row.tcp_srcport, row.tcp_dstport, row.udp_srcport, row.udp_dstport


def _packet(row: FrameRow) -> tuple[object, ...]:
    return (
        as_number(row.ip_src),
        as_number(row.ip_dst),
        row.icmp_ident,
        row.icmp_seq,
        row.tcp_srcport,
        row.udp_srcport,
        row.ip_id,
    )


def _aging(judgement: Judgement, capture: Capture) -> Iterator[tuple[Sent, Remark]]:
    """Questions that were recorded again and again, each time with a lower TTL."""
    asked = list(_repeated(capture))
    wanted = {number for _, frames in asked for number in frames}
    # All at once: a file without marks on the way is read to the last of them.
    seen = {
        row.frames[0]: (as_number(row.ip_src), as_number(row.ip_dst), as_number(row.ip_ttl))
        for row in rows_of(capture, judgement.reading, wanted)
    }
    for question, frames in asked:
        ends = question.src, question.dst
        rows = [(number, seen[number][2]) for number in frames if number in seen and seen[number][:2] == ends]
        ttls = [ttl for _, ttl in rows if ttl is not None]
        if len(ttls) >= ROUNDS and all(before > after for before, after in pairwise(ttls)):
            how = (
                f"the same packet comes by again and again, each time with a lower TTL ({ttls[0]} to "
                f"{ttls[-1]} in frames {rows[0][0]} to {rows[-1][0]}"
            )
            yield ends, _remark(capture, *ends, how)


def _repeated(capture: Capture) -> Iterator[tuple[QuestionRow, Sequence[int]]]:
    """Questions that were seen more than once, with the frames that may be about them, in order."""
    for table in (ECHO, CONNECTIONS):
        repeated = [some for some in capture.exchanges.paired.bins_of(table) if some.requests > some.count]
        for some in repeated[:LOOKED_AT]:
            for question in some.samples[:LOOKED_AT]:
                frames = question.frames if len(question.frames) >= ROUNDS else capture.groups[some.group].frames
                yield question, sorted(frames)


def _remark(capture: Capture, src: int, dst: int, how: str) -> Remark:
    sender, receiver = format_address(src), format_address(dst)
    sentence = f"what {sender} sends to {receiver} goes round in a circle"
    return Remark(
        f"{sentence}: {how} of {clean(capture.source.short_name)}). The routes of two routers lead to each other until "
        f"the TTL is used up, and one of them says TTL exceeded: on each, ip route get {receiver}, and correct the one "
        "whose next hop is not nearer to it (often a default route where a route to the network is missing)",
        short=sentence,
        warning=sentence,
    )
