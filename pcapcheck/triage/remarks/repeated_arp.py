"""Remarks on who asks for an address again and again although each time an answer is recorded.

Whoever got an answer sends the packet that waited for it, and asks no more (kernel: net/core/neighbour.c). If it asks
on, the answer does not reach it: a hypervisor lets only addresses pass that it gave out (port security, anti-spoofing,
a virtual switch that is not promiscuous), as do access points and switches that guard ARP.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ARP
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_mac

# Who asks so often, with no longer pauses (nanoseconds) than the kernel makes, has no answer.
SEVERAL = 3
PAUSE = 2_500_000_000
MOST = 3


def is_asked_again(capture: Capture, group: FrameGroup, number: int) -> bool:
    """Whether a frame group holds requests that follow each other, each of them answered."""
    sums = capture.tallies.get((ARP, number))
    if sums is None or sums.total < SEVERAL or sums.outcomes["answered"] != sums.total or group.first is None:
        return False
    return group.last is not None and group.last - group.first <= PAUSE * (group.count - 1)


def repeated_arp_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker that asks for one address, off the pods' links, and sends it nothing else."""
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    for number, group in enumerate(capture.groups):
        point = judgement.facts.point(capture.number, number)
        targets = [target for asked_in, target in capture.exchanges.asked if asked_in == number]
        if point is None or point.kind == "pod-link" or len(targets) != 1 or not is_asked_again(capture, group, number):
            continue
        try:
            rows = rows_of(capture, judgement.reading, {group.frames[0]})
            asker = next((row.arp_src_proto_ipv4 for row in rows), None)
        except CaptureError:
            continue
        if isinstance(asker, int) and not _sends(point, asker, group.sender):
            claims = capture.exchanges.claims.at(point.key[1:])
            is_own = any(claim.ip == targets[0] and claim.mac == group.sender for claim in claims)
            yield _remark(capture, group, asker, targets[0], is_own)


def _sends(point: PointFacts, asker: int, sender: int | None) -> bool:
    """Whether the asker, by its address or its MAC, sends any packet here."""
    return any(
        other.carries == IP_UNICAST and (other.source == asker or other.ip_src == asker or other.sender == sender)
        for other in point.groups.values()
    )


def _remark(capture: Capture, group: FrameGroup, asker: int, target: int, is_own: bool) -> Remark:
    who, whom = format_address(asker), format_address(target)
    sentence = f"{who} asks for {whom} again and again, and sends it nothing, although each time an answer is recorded"
    reason = (
        "no fault if it is arping; else the answer does not reach it, as where a hypervisor or a switch lets no "
        "address pass that it did not give out itself (port security, anti-spoofing, promiscuous mode off); record at "
        f"{who} too"
    )
    if is_own and group.sender is not None:
        reason = (
            f"both have the MAC {format_mac(group.sender)}, so that the answer does not reach it, as a bridge sends no "
            "frame to where it learned the MAC; give one of the two another"
        )
    return Remark(
        f"{sentence} ({group.count}x, frame {group.frames[0]} of {clean(capture.source.short_name)}): {reason}",
        short=f"{who} and {whom} have one MAC" if is_own else sentence,
    )
