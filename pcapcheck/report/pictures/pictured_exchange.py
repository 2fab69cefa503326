"""An exchange as pictures need it: its ends, its packets, the capture points from end to end, and where it ended."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from pcapcheck.analysis import Analysis
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.losses import REPLY
from pcapcheck.report.pictures.packet_words import ANSWER, ERROR
from pcapcheck.report.pictures.pictured_packets import PicturedPacket, packets_of
from pcapcheck.report.pictures.shown_exchanges import ShownExchange, answered_exchange, failed_exchanges
from pcapcheck.values import clean, format_address

FAILED_SHOWN = 2
# Failed exchanges that are looked at to find some that differ: several rules fail of one packet.
FAILED_TRIED = 8
# Places in the order in which a packet comes to them on its receiver's node.
ARRIVING = ("host-nic", "tunnel", "pod-link")
REFUSED = "goes no further"


class PicturedExchange:
    """One exchange whose frames could be read again, with at least one packet."""

    def __init__(self, analysis: Analysis, shown: ShownExchange, packets: list[PicturedPacket]) -> None:
        self.analysis = analysis
        self.shown = shown
        self.packets = packets
        self.leading = next((packet for packet in packets if not packet.is_on_link), packets[0])
        # By their addresses at the asker's end, which translation has not changed.
        ends = self.leading.first.src, self.leading.first.dst
        self.asker, self.asked = ends[::-1] if self.leading.kind in (ANSWER, ERROR) else ends
        self.places = {place for packet in packets for place in packet.places}
        self.is_on_link = all(packet.is_on_link for packet in packets)
        self.points = self._in_order()

    @property
    def far_side(self) -> str:
        """Of what stays on a pod's link: whether the node or the pod was asked; empty where that is not known."""
        return {POD: NODE, NODE: POD}.get(self.packets[0].first.side or "", "")

    @property
    def ended(self) -> tuple[PicturedPacket, str] | None:
        """The packet that was lost or refused, with what to say there."""
        ends = ((packet, self.end_note(number)) for number, packet in enumerate(self.packets))
        return next(((packet, note) for packet, note in ends if note), None)

    def is_forward(self, packet: PicturedPacket) -> bool:
        """Whether a packet goes to whom was asked."""
        return packet.first.src == self.asker and packet.kind not in (ANSWER, ERROR)

    def is_answered(self, number: int) -> bool:
        """Whether something comes back after a packet."""
        on_link = self.packets[number].is_on_link
        return any(not self.is_forward(packet) for packet in self.packets[number + 1 :] if packet.is_on_link == on_link)

    def end_note(self, number: int) -> str:
        """What to say where a packet ends; nothing if it does not."""
        shown, last, packet = self.shown, self.shown.last, self.packets[number]
        forward = self.is_forward(packet)
        if forward and self._is_refused(number):
            return REFUSED
        if not shown.failed or not shown.lost:
            return ""
        is_last = number == len(self.packets) - 1
        if last is not None:
            ends_here = is_last or (last.capture, last.frame) in packet.places
            answered = forward and self.is_answered(number)
            if answered or not ends_here or forward != (last.direction != REPLY):
                return ""
            if last.source is not None:
                return f"from {format_address(last.source)}, which was not asked"
            never = f", never on {', '.join(map(clean, last.never))}" if last.never else ""
            return f"last seen here{never}"
        if forward and not self.is_answered(number):
            return shown.silence
        return "last seen here" if not forward and is_last else ""

    def name_of(self, address: int | None) -> str:
        """A pod's name, or the address."""
        if address is None:
            return "unknown"
        name = self.analysis.pods.by_address(address) if self.analysis.pods else None
        return clean(name) if name else format_address(address)

    def _is_refused(self, number: int) -> bool:
        """Whether an ICMP error of somebody on the way is what comes back after a packet."""
        later = [packet for packet in self.packets[number + 1 :] if not self.is_forward(packet)]
        return bool(later) and all(packet.kind == ERROR and packet.first.src != self.asked for packet in later)

    def _in_order(self) -> list[PointFacts]:
        """The capture points from the asker on: as requests pass them, then as answers come back."""
        order: list[PointFacts] = []
        for packet in [packet for packet in self.packets if not packet.is_on_link] or self.packets:
            chain = [sighting.point for sighting in packet.sightings]
            if not self.is_forward(packet):
                chain.reverse()
            for number, point in enumerate(chain):
                if point not in order:
                    order.insert(self._place_in(order, chain, number), point)
        for point in (sighting.point for packet in self.packets for sighting in packet.sightings):
            if point not in order:
                order.append(point)
        back = self.shown.last is not None and self.shown.last.direction == REPLY
        missing = self._missing()
        return [*reversed(missing), *order] if back else [*order, *missing]

    def _place_in(self, order: list[PointFacts], chain: list[PointFacts], number: int) -> int:
        """Where a point stands among others: next to its own machine's, of those around it in a chain."""
        before = order.index(chain[number - 1]) + 1 if number else 0
        after = next((order.index(point) for point in chain[number + 1 :] if point in order), None)
        same = self.analysis.followed.hosts.same
        if after is None or (number and same(chain[number - 1].key, chain[number].key)):
            return before
        return after

    def _missing(self) -> list[PointFacts]:
        """Capture points that had to show the packet next."""
        last = self.shown.last
        named = [point for point in self.analysis.points if last is not None and point.name in last.never]
        seen = {sighting.point.key for packet in self.packets for sighting in packet.sightings}
        return arriving(point for point in named if point.key not in seen)


def arriving(points: Iterable[PointFacts]) -> list[PointFacts]:
    """In the order in which a packet comes to them: a tunnel's device before the pod's link."""
    ranks = {kind: number for number, kind in enumerate(ARRIVING)}
    return sorted(points, key=lambda point: ranks.get(point.kind, 0))


def pictured_exchanges(
    analysis: Analysis, failed: int = FAILED_SHOWN, comparison: bool = True
) -> list[PicturedExchange]:
    """The first failed exchanges, of different packets, then one that was answered; none if no frame can be read."""
    tried = list(islice(failed_exchanges(analysis), FAILED_TRIED if failed else 0))
    healthy = answered_exchange(analysis, tried) if comparison else None
    every = [*tried, *([healthy] if healthy else [])]
    found: list[PicturedExchange] = []
    for shown, packets in zip(every, packets_of(analysis, [shown.places for shown in every]), strict=True):
        places = {place for packet in packets for place in packet.places}
        # That packets are wrong and that they are lost are two ladders, other rules about the same packets are one.
        alike = (at for at, one in enumerate(found) if shown.failed and places & one.places)
        same = next((at for at in alike if found[at].shown.lost or not shown.lost), None)
        if same is not None and places > found[same].places:
            # Another rule about the same packets that knows the question, too.
            found[same] = PicturedExchange(analysis, shown, packets)
        elif packets and same is None and not (shown.failed and len(found) == failed):
            found.append(PicturedExchange(analysis, shown, packets))
    return found
