"""A ladder: an exchange in time, an upright line for each end and capture point, an arrow for each packet's leg."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.losses import REPLY
from pcapcheck.report.pictures.frame_sightings import Place, Sighting, sightings
from pcapcheck.report.pictures.shown_exchanges import ShownExchange, shown_exchanges
from pcapcheck.table_names import ARP, CONNECTIONS, DNS, ECHO
from pcapcheck.values import clean, format_address, format_duration, format_mac

# What an arrow is: a leg whose end was recorded, one that follows from what was, one on which a packet was lost.
SEEN, ASSUMED, LOST = "seen", "assumed", "lost"
# Words of packets that no router forwards.
ON_LINK = ("who-has", "neighbour", "ARP")
# Words of packets that answer: whoever gets them asked.
ANSWERS = ("echo reply", "SYN-ACK", "DNS response")
ERROR = "ICMP error"
NOUNS = {ARP: "address resolution", ECHO: "echo", CONNECTIONS: "TCP connection", DNS: "DNS query"}
MOST_ARROWS = 20


class Lifeline(Struct, frozen=True):
    """An end of the exchange, or a capture point between the ends; ``note`` says which."""

    name: str
    note: str


class Arrow(Struct, frozen=True):
    """One leg of a packet, from lifeline to lifeline by number, ``after`` nanoseconds from the first packet.

    ``text`` stands at a packet's first leg, ``note`` at the end of a lost one. Legs of one packet share ``packet``.
    """

    packet: int
    after: int | None
    start: int
    end: int
    state: str
    text: str
    note: str


class Ladder(Struct, frozen=True):
    """``title`` says what it shows, in a sentence; ``left_out`` counts arrows beyond the bound."""

    title: str
    failed: bool
    lifelines: tuple[Lifeline, ...]
    arrows: tuple[Arrow, ...]
    left_out: int

    @property
    def words(self) -> str:
        """The whole picture as text, for those who do not see it."""
        told = [f"{arrow.text}{' ' if arrow.text and arrow.note else ''}{arrow.note}" for arrow in self.arrows]
        return f"{self.title}: " + "; ".join(text for text in told if text)


Packet = list[Sighting]


def ladders(analysis: Analysis) -> list[Ladder]:
    """Ladders of the exchanges that pictures show; none if no frame can be read again."""
    drawn = [(exchange, _packets(analysis, exchange.places)) for exchange in shown_exchanges(analysis)]
    return [_Drawn(analysis, exchange, packets).ladder() for exchange, packets in drawn if packets]


def _packets(analysis: Analysis, places: Sequence[Place]) -> list[Packet]:
    """The packets of an exchange in the order of time, each with all its sightings in the order of its path."""
    own = sightings(analysis, places)
    joined: dict[Place, tuple[Place, ...]] = {}
    for sighting in own.values():
        for path in analysis.followed.of_two(sighting.src, sighting.dst):
            for sample in path.samples:
                some = tuple((step.spot.capture, frame) for step, frame in zip(path.steps, sample.frames, strict=True))
                if sighting.place in some:
                    joined.update(dict.fromkeys(some, some))
    every = own | sightings(analysis, joined.keys() - own.keys())
    chains = dict.fromkeys(joined.get(place, (place,)) for place in every)
    packets = [[every[place] for place in chain if place in every] for chain in chains]
    return sorted((packet for packet in packets if packet), key=_when)


def _when(packet: Packet) -> tuple[int, Place]:
    return packet[0].time or 0, packet[0].place


class _Drawn:
    """One exchange while its ladder is made."""

    def __init__(self, analysis: Analysis, exchange: ShownExchange, packets: list[Packet]) -> None:
        self._analysis = analysis
        self._exchange = exchange
        self._packets = packets
        leading = next((packet[0] for packet in packets if not _is_on_link(packet)), packets[0][0])
        answers = leading.words.startswith((*ANSWERS, ERROR))
        # By their addresses at the asker's end, which translation has not changed.
        self._asker, self._asked = (leading.dst, leading.src) if answers else (leading.src, leading.dst)
        self._on_link = all(_is_on_link(packet) for packet in packets)
        self._points = self._in_order()
        self._first = next((packet[0].time for packet in packets if packet[0].time is not None), None)

    def ladder(self) -> Ladder:
        arrows = [arrow for number, packet in enumerate(self._packets) for arrow in self._legs(number, packet)]
        shown = arrows[:MOST_ARROWS]
        return Ladder(
            self._title(), self._exchange.failed, tuple(self._lifelines()), tuple(shown), len(arrows) - len(shown)
        )

    def _title(self) -> str:
        if self._exchange.failed:
            return clean(f"{self._exchange.rule}: {self._exchange.sentence}")
        nouns = " and ".join(NOUNS[table] for table in self._exchange.tables)
        return f"{'for comparison: ' if self._analysis.failures else ''}{nouns}, answered"

    def _in_order(self) -> list[PointFacts]:
        """The capture points from the asker on: as requests pass them, then as answers come back."""
        order: list[PointFacts] = []
        crossing = [packet for packet in self._packets if not _is_on_link(packet)]
        for packet in crossing or self._packets:
            chain = [sighting.point for sighting in packet]
            if not self._is_forward(packet):
                chain.reverse()
            at = 0
            for point in chain:
                if point in order:
                    at = order.index(point) + 1
                else:
                    order.insert(at, point)
                    at += 1
        for point in (sighting.point for packet in self._packets for sighting in packet):
            if point not in order:
                order.append(point)
        for point in self._missing():
            back = self._exchange.last is not None and self._exchange.last.direction == REPLY
            order.insert(0 if back else len(order), point)
        return order

    def _missing(self) -> list[PointFacts]:
        """Capture points that had to show the packet next."""
        last = self._exchange.last
        named = [point for point in self._analysis.points if last is not None and point.name in last.never]
        seen: set[PointKey] = {sighting.point.key for packet in self._packets for sighting in packet}
        return [point for point in named if point.key not in seen]

    def _is_forward(self, packet: Packet) -> bool:
        return packet[0].src == self._asker and not packet[0].words.startswith((*ANSWERS, ERROR))

    def _lifelines(self) -> Iterable[Lifeline]:
        first = self._packets[0][0]
        yield self._end(self._asker, first.side if first.src == self._asker else None)
        for point in self._points:
            yield Lifeline(clean(point.name), "recorded")
        if self._on_link:
            other = {POD: NODE, NODE: POD}.get(first.side or "", "")
            yield Lifeline(other or self._address(first.dst), "" if other else "end")
            return
        yield self._end(self._asked, None)

    def _end(self, address: int | None, side: str | None) -> Lifeline:
        return Lifeline(self._address(address), side or "end")

    def _address(self, address: int | None) -> str:
        if address is None:
            return "unknown"
        pods = self._analysis.pods
        name = pods.by_address(address) if pods else None
        return clean(name) if name else format_address(address)

    def _legs(self, number: int, packet: Packet) -> Iterable[Arrow]:
        forward, last = self._is_forward(packet), len(self._points) + 1
        stops = [self._points.index(sighting.point) + 1 for sighting in packet]
        start, goal = (0, last) if forward else (last, 0)
        if packet[0].words.startswith(ERROR) and packet[0].src != self._asked:
            # Made on the way, where nothing shows.
            start = stops[0]
        if _is_on_link(packet) and not self._on_link:
            yield self._between_pod_and_link(number, packet, stops[0])
            return
        text = self._text(packet)
        for stop, sighting in zip(stops, packet, strict=True):
            if stop != start:
                ttl = "" if text or sighting.ttl is None else f"TTL {sighting.ttl}"
                yield Arrow(number, self._after(sighting), start, stop, SEEN, text or ttl, "")
                text = ""
            start = stop
        if start == goal:
            return
        note = self._lost(number, packet, forward)
        if note:
            step = 1 if goal > start else -1
            yield Arrow(number, self._after(packet[-1]), start, start + step, LOST, text, note)
        elif not forward or self._is_answered(number):
            yield Arrow(number, self._after(packet[-1]), start, goal, ASSUMED, text, "")

    def _between_pod_and_link(self, number: int, packet: Packet, stop: int) -> Arrow:
        """What no router forwards, among packets that cross: to or from the pod on this link."""
        first = packet[0]
        pod = stop + 1 if self._asked in first.point.pod_ips else stop - 1
        start, end = (stop, pod) if first.side == NODE else (pod, stop)
        return Arrow(number, self._after(first), start, end, SEEN, self._text(packet), "")

    def _text(self, packet: Packet) -> str:
        first = packet[0]
        about = first.words
        if about.startswith(ERROR) and first.src is not None:
            about += f", says {format_address(first.src)}"
        if first.ttl is not None and not _is_on_link(packet):
            about += f", TTL {first.ttl}"
        if first.eth_dst is not None and not _is_on_link(packet):
            about += f", to {format_mac(first.eth_dst)}"
        where = ", ".join(str(sighting.place[1]) for sighting in packet)
        return clean(f"{about} ({'frame' if len(packet) == 1 else 'frames'} {where})")

    def _after(self, sighting: Sighting) -> int | None:
        return None if sighting.time is None or self._first is None else sighting.time - self._first

    def _is_answered(self, number: int) -> bool:
        """Whether something comes back after a packet."""
        kind = _is_on_link(self._packets[number])
        return any(
            not self._is_forward(packet) for packet in self._packets[number + 1 :] if _is_on_link(packet) == kind
        )

    def _lost(self, number: int, packet: Packet, forward: bool) -> str:
        """What to say where a packet ends; nothing if it does not."""
        exchange, last = self._exchange, self._exchange.last
        if forward and self._is_refused(number):
            return "goes no further"
        if not exchange.failed or not exchange.lost:
            return ""
        if last is not None:
            here = any(sighting.place == (last.capture, last.frame) for sighting in packet)
            is_last = here or number == len(self._packets) - 1
            answered = forward and self._is_answered(number)
            if answered or not is_last or forward != (last.direction != REPLY):
                return ""
            never = f", never on {', '.join(map(clean, last.never))}" if last.never else ""
            return f"last seen here{never}"
        if forward and not self._is_answered(number):
            return "no answer"
        return "last seen here" if not forward and number == len(self._packets) - 1 else ""

    def _is_refused(self, number: int) -> bool:
        """Whether an ICMP error of somebody on the way is what comes back after a packet."""
        later = [packet[0] for packet in self._packets[number + 1 :] if not self._is_forward(packet)]
        return bool(later) and all(one.words.startswith(ERROR) and one.src != self._asked for one in later)


def _is_on_link(packet: Packet) -> bool:
    words = packet[0].words
    return words.startswith(ON_LINK) or " is-at " in words


def time_words(after: int | None) -> str:
    """The time of an arrow: ``0``, ``+12 µs``; nothing where a text shows none."""
    if after is None:
        return ""
    return "0" if after == 0 else f"{'+' if after > 0 else '-'}{format_duration(abs(after))}"
