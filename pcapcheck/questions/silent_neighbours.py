"""Silent neighbours: addresses asked for by ARP or neighbour discovery again and again without an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pcapcheck.calico import encap_of
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.icmp_words import in_words
from pcapcheck.exchanges.arp_row import ArpRow, between
from pcapcheck.exchanges.resolution_sums import Silent
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE
from pcapcheck.paths.hosts import machine_of
from pcapcheck.questions.held_back_answers import GIVEN_UP, held_back
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import ARP
from pcapcheck.values import clean, format_address, format_mac

# What a router says of a host that does not answer (RFC 1812, section 4.3.3.1; RFC 4443, section 3.1).
UNREACHABLE = {4: (4, 3, 1), 6: (6, 1, 3)}
# How programs call the node's end of a pair that leads to a container.
VETH = re.compile(r"veth[0-9a-zA-Z]+")
NOT_FOR_US = "an answer goes to the asker alone, which may be another machine than the one that recorded this"


class HostError(Struct, frozen=True):
    """A packet that ended in host unreachable: who said so, about which host, and when the packet was sent."""

    source: int
    dst: int
    time: int | None
    count: int


def silent_neighbours(
    capture: Capture, facts: Facts, judged: Judged, captures: Sequence[Capture] = ()
) -> Iterator[Unanswered]:
    """A question per asker and address, of those that no rule is about.

    The ICMP errors that follow from it may be in others of the ``captures``: on the way back to whoever wanted the
    address.
    """
    errors = [error for other in captures or (capture,) for error in _errors(other)] if capture.silent else []
    for kept in capture.silent:
        resolution = kept.resolution
        point = facts.point(capture.number, resolution.group)
        if point is None or not point.judged or judged(ARP, capture.number, resolution):
            continue
        group = point.groups[resolution.group]
        consequence = _consequence(capture, kept, errors) or held_back(
            capture, resolution.group, resolution.asker_ip, resolution.target, resolution.first_time
        )
        doubt = "" if consequence else _doubt(point, group, resolution, facts)
        announced = _announced(capture, group, resolution)
        yield Unanswered(
            protocol="ARP" if resolution.family == 4 else "ND",
            asker=resolution.asker_ip,
            asked=None,
            about=f"{resolution.protocol} for {format_address(resolution.target)}",
            attempts=kept.attempts,
            lasted=between(resolution.first_time, kept.until),
            capture=capture.number,
            interface=point.name,
            frames=tuple(resolution.frames),
            group=resolution.group,
            meaning=(consequence or announced or _nobody(point, group, resolution)) + _on_vxlan(point),
            doubt=f"{doubt}; {announced}" if doubt and announced else doubt,
        )


def _nobody(point: PointFacts, group: FrameGroup, resolution: ArpRow) -> str:
    """What is behind it as far as nothing else is known."""
    nobody = "nobody there has the address, or whoever has it is silent to the asker"
    if not _is_from_pair(point, group):
        return nobody
    rules = "arptables-save -c; ebtables-save" if resolution.family == 4 else "ip6tables-save -c | grep -i icmpv6"
    return (
        f"{nobody}; if it is the container's gateway, the host has lost that address (ip -br addr), or a rule there "
        f"drops what asks for it ({rules}; nft list ruleset)"
    )


def _on_vxlan(point: PointFacts) -> str:
    """Where entries are looked for: networks of containers let nobody ask around on such a device."""
    if encap_of(point.name) != "vxlan":
        return ""
    return (
        f"; on a VXLAN device others are found by the entries that the network's program makes (ip neigh show dev "
        f"{clean(point.name)}; bridge fdb show dev {clean(point.name)}): the other node's are missing"
    )


def _announced(capture: Capture, group: FrameGroup, resolution: ArpRow) -> str:
    """Who said, unasked or to others, that it has the address that is asked for in vain."""
    for claim in capture.exchanges.claims.at((group.interface, group.ifindex)):
        if claim.ip == resolution.target and claim.mac != resolution.asker_mac and claim.frames:
            return (
                f"{format_mac(claim.mac)} said that it has {format_address(claim.ip)} (frame {claim.frames[0]}) "
                "and was not seen to answer for it"
            )
    return ""


def _doubt(point: PointFacts, group: FrameGroup, resolution: ArpRow, facts: Facts) -> str:
    """Why the silence proves nothing: what was not recorded, or is not sent past an interface that listens in."""
    if ARP in point.silence:
        return point.silence[ARP]
    if point.capture_point.is_bridged and point.sides.of(group)[0] == NODE and resolution.target not in point.pod_ips:
        # A bridge sends a request out of all ports, and the answer out of the asker's alone.
        return NOT_FOR_US
    listens_in = point.kind != "pod-link" and group.direction != "out" and not _is_from_pair(point, group)
    return NOT_FOR_US if listens_in and not _is_own(point.capture_point, resolution.asker_mac, facts) else ""


def _is_from_pair(point: PointFacts, group: FrameGroup) -> bool:
    """Whether it came in by a veth pair: from the container at its other end, to which the answer goes by it too."""
    return group.direction == "in" and VETH.fullmatch(point.name) is not None


def _is_own(capture_point: CapturePoint, mac: int | None, facts: Facts) -> bool:
    """Whether the asker is the machine that recorded this, so that what it asks for in vain is its concern.

    A router asks for hosts that are gone, too, which is none of a node's concern.
    """
    machine = machine_of(capture_point)
    if machine.certain:
        return mac in machine.macs
    # Who sends in the name of a pod whose link was recorded is that pod's node.
    nodes = {group.src for group in capture_point.groups.values() if group.source in facts.pod_ips}
    if nodes or machine.macs:
        return nodes == {mac}
    # Frames to this machine alone pass here.
    return mac is not None and any(group.dst == mac for group in capture_point.groups.values())


def _errors(capture: Capture) -> Iterator[HostError]:
    """The packets of a capture that ended in host unreachable; of many alike, samples."""
    for some in capture.exchanges.paired.all_bins():
        row = some.samples[0]
        if row.error_from is None or (row.family, row.error_type, row.error_code) != UNREACHABLE[row.family]:
            continue
        rows = some.telling
        alone = len({(each.error_from, each.dst) for each in rows}) == 1
        for each in rows[:1] if alone else rows:
            if each.error_from is not None:
                yield HostError(each.error_from, each.dst, each.time, some.count if alone else 1)


def _consequence(capture: Capture, kept: Silent, errors: Sequence[HostError]) -> str:
    """What the asker tells others because of it: a host that is not found is unreachable."""
    resolution = kept.resolution
    error = UNREACHABLE[resolution.family]
    about = [each for each in errors if each.dst == resolution.target and _follows(each, kept)]
    said_by = about[0].source if about else resolution.asker_ip
    # The same packets may have been recorded on their way.
    count = sum(each.count for each in dict.fromkeys(about))
    if not about and not any(each.source == said_by for each in errors):
        # About packets that are no exchange, so that their host is not known.
        count = sum(
            times
            for said, times in capture.exchanges.paired.ending_errors.counts.items()
            if said[:4] == (*error, said_by)
        )
    if not count:
        return _printed_consequence(capture, resolution)
    return (
        f"so {format_address(said_by)} answers senders with {in_words(*error)}, {count}x: "
        f"{format_address(resolution.target)} does not say its MAC"
    )


def _printed_consequence(capture: Capture, resolution: ArpRow) -> str:
    """The same as ping printed it on the asker's own host, next to the packets."""
    asker, target = format_address(resolution.asker_ip), format_address(resolution.target)
    if not any((asker, target) in problem.unreachable for problem in capture.problems):
        return ""
    return f"so ping printed Destination Host Unreachable from {asker} itself: {target} does not say its MAC"


def _follows(error: HostError, kept: Silent) -> bool:
    """Whether the packet was sent while its host was asked for, as far as times are known."""
    first, last = kept.resolution.first_time, kept.until
    if error.time is None or first is None or last is None:
        return True
    return first - GIVEN_UP <= error.time <= last + GIVEN_UP
