"""Remarks on ARP requests that end a printed text, where nothing shows an answer to them.

As of other last questions nobody knows whether an answer came later. Where another interface in the text shows one, the
two were recorded at different times, and yet it is known that somebody answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.held_back_answers import held_back
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ARP
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address

MOST = 2
IN_FLIGHT, ANSWERED = "in-flight", "answered"
NOWHERE = (
    "if none came later, nobody there has the address (or a device of this host that is not on this link: ip -br "
    "addr), the request does not get to whoever has it (a VLAN, a switch, a bridge), or the answer went to {asker} "
    "another way; record longer, and where {asker} itself is"
)
ELSEWHERE = (
    "so somebody answers, and it is lost in between: a bridge hands answers to the port alone behind which it learned "
    "the asker's MAC (bridge fdb show), and a VLAN (bridge vlan show), a rule for frames (ebtables -L; nft list table "
    "bridge filter) or a card of the bridge that has an address of its own keeps them; record both at the same time"
)


def last_arp_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker and address, the first few of them."""
    said = {question.asker for question in judgement.unanswered if question.protocol == "ARP"}
    answered = list(_answered(judgement))
    found: dict[tuple[int, int], Remark] = {}
    for capture in judgement.captures:
        for point, number, count in _open(judgement, capture):
            asked = _asked(judgement, capture, number)
            if asked is not None and asked[0] not in said and not _is_between_others(capture, point, asked):
                found.setdefault(asked, _remark(capture, point, number, asked, count, answered))
    return list(found.values())[:MOST]


def _open(judgement: Judgement, capture: Capture) -> Iterator[tuple[PointFacts, int, int]]:
    """The frame groups whose requests end their text, none of them answered or given up, and how many there are."""
    for (table, number), sums in capture.tallies.items():
        point = judgement.facts.point(capture.number, number)
        if table != ARP or point is None or not point.judged or point.kind == "pod-link":
            continue
        if sums.outcomes[IN_FLIGHT] == sums.total == 1 and point.capture_point.interface.printed:
            yield point, number, sums.attempts


def _is_between_others(capture: Capture, point: PointFacts, asked: tuple[int, int]) -> bool:
    """Whether neither end has a part in what a NIC carries: a switch sends it such a broadcast, but not its answer."""
    ends = {end for group in capture.groups if group.carries == IP_UNICAST for end in (group.ip_src, group.ip_dst)}
    return point.kind == "host-nic" and bool(ends) and not ends & set(asked)


def _answered(judgement: Judgement) -> Iterator[tuple[PointFacts, int]]:
    """The points that show answers, each with the address that was asked for."""
    for capture in judgement.captures:
        for number, target in capture.exchanges.asked:
            sums = capture.tallies.get((ARP, number))
            point = judgement.facts.point(capture.number, number)
            if sums is not None and point is not None and sums.outcomes[ANSWERED]:
                yield point, target


def _asked(judgement: Judgement, capture: Capture, number: int) -> tuple[int, int] | None:
    """Who asks for whom; None for announcements and probes, and for what cannot be read again."""
    try:
        row = next(iter(rows_of(capture, judgement.reading, set(capture.groups[number].frames[:1]))), None)
    except CaptureError:
        # A stream, or a file that is gone by now.
        return None
    asker, target = (as_number(row.arp_src_proto_ipv4), as_number(row.arp_dst_proto_ipv4)) if row else (None, None)
    return None if asker is None or target is None or asker == target else (asker, target)


def _remark(
    capture: Capture,
    point: PointFacts,
    number: int,
    asked: tuple[int, int],
    count: int,
    answered: list[tuple[PointFacts, int]],
) -> Remark:
    asker, target = format_address(asked[0]), format_address(asked[1])
    name, frame = clean(point.name), capture.groups[number].frames[0]
    others = dict.fromkeys(clean(other.name) for other, of in answered if of == asked[1] and other.name != point.name)
    times = f"asked {count} times, first in " if count > 1 else ""
    sentence = f"{asker}'s ARP for {target} has no answer on {name} in this text"
    if others:
        sentence += f", while {' and '.join(others)} show{'' if len(others) > 1 else 's'} one"
    consequence = held_back(capture, number, *asked, capture.groups[number].first)
    return Remark(
        f"{sentence} ({times}frame {frame} of {clean(capture.source.short_name)}){consequence and ', '}{consequence}: "
        + (ELSEWHERE if others else NOWHERE.format(asker=asker)),
        short=sentence,
        warning=sentence,
    )
