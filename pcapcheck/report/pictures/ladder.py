"""A ladder: an exchange in time, an upright line for each end and capture point, an arrow for each packet's leg."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.links.sides import POD
from pcapcheck.report.pictures.packet_words import ERROR
from pcapcheck.report.pictures.pictured_exchange import PicturedExchange
from pcapcheck.report.pictures.pictured_packets import PicturedPacket
from pcapcheck.table_names import ARP, ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO
from pcapcheck.values import clean, format_address, format_duration, format_mac

# What an arrow is: a leg whose end was recorded, one that follows from what was, one on which a packet was lost.
SEEN, ASSUMED, LOST = "seen", "assumed", "lost"
NOUNS = {
    ARP: "address resolution",
    ECHO: "echo",
    CONNECTIONS: "TCP connection",
    ASSOCIATIONS: "SCTP association",
    DNS: "DNS query",
    DATAGRAMS: "UDP request",
}
MOST_ARROWS = 20


class Lifeline(Struct, frozen=True):
    """An end of the exchange, or a capture point between the ends; ``note`` says which.

    ``machine`` is what the machine of a capture point is called, empty where nothing tells.
    """

    name: str
    note: str
    machine: str = ""


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
        steps = [f"{arrow.text}{' ' if arrow.text and arrow.note else ''}{arrow.note}" for arrow in self.arrows]
        return f"{self.title}: " + "; ".join(text for text in steps if text)


def ladder_of(exchange: PicturedExchange) -> Ladder:
    """The ladder of one exchange."""
    arrows = [arrow for number, packet in enumerate(exchange.packets) for arrow in _legs(exchange, number, packet)]
    shown = arrows[:MOST_ARROWS]
    return Ladder(
        title_of(exchange), exchange.shown.failed, tuple(_lifelines(exchange)), tuple(shown), len(arrows) - len(shown)
    )


def title_of(exchange: PicturedExchange) -> str:
    """Which rule failed and what was there, or what was answered."""
    shown = exchange.shown
    if shown.failed:
        return clean(": ".join(part for part in (shown.rule, shown.sentence) if part))
    nouns = " and ".join(NOUNS[table] for table in shown.tables)
    return f"{'for comparison: ' if shown.compares else ''}{nouns}, answered"


def time_words(after: int | None) -> str:
    """The time of an arrow: ``0``, ``+12 µs``; nothing where a text shows none."""
    if after is None:
        return ""
    return "0" if after == 0 else f"{'+' if after > 0 else '-'}{format_duration(abs(after))}"


def _lifelines(exchange: PicturedExchange) -> Iterable[Lifeline]:
    first = exchange.packets[0].first
    asker = first.side if first.src == exchange.asker else None
    yield Lifeline(exchange.name_of(exchange.asker), asker or "end")
    for point in exchange.points:
        machine = clean(exchange.analysis.followed.hosts.name(point.key) or "")
        yield Lifeline(clean(point.name), f"recorded on {machine}" if machine else "recorded", machine)
    if exchange.is_on_link and exchange.far_side:
        yield Lifeline(exchange.far_side, "")
    else:
        yield Lifeline(exchange.name_of(exchange.asked), "end")


def _legs(exchange: PicturedExchange, number: int, packet: PicturedPacket) -> Iterable[Arrow]:
    points = exchange.points
    forward, last = exchange.is_forward(packet), len(points) + 1
    stops = [points.index(sighting.point) + 1 for sighting in packet.sightings]
    start, goal = (0, last) if forward else (last, 0)
    if packet.kind == ERROR and packet.first.src != exchange.asked:
        # Made on the way, where nothing shows.
        start = stops[0]
    if packet.is_on_link and not exchange.is_on_link:
        yield from _between_pod_and_link(exchange, number, packet, stops[0])
        return
    text = _text(packet)
    for stop, sighting in zip(stops, packet.sightings, strict=True):
        if stop != start:
            ttl = "" if text or sighting.ttl is None else f"TTL {sighting.ttl}"
            yield Arrow(number, _after(exchange, sighting.time), start, stop, SEEN, text or ttl, "")
            text = ""
        start = stop
    if start == goal:
        return
    note, after = exchange.end_note(number), _after(exchange, packet.last.time)
    if note:
        yield Arrow(number, after, start, start + (1 if goal > start else -1), LOST, text, note)
    elif not forward or exchange.is_answered(number):
        yield Arrow(number, after, start, goal, ASSUMED, text, "")


def _between_pod_and_link(
    exchange: PicturedExchange, number: int, packet: PicturedPacket, stop: int
) -> Iterable[Arrow]:
    """What no router forwards, among packets that cross: to or from the end whose link this is."""
    first = packet.first
    between = first.src, first.dst
    to_asked = exchange.asked in between or (exchange.asker not in between and exchange.asked in first.point.pod_ips)
    address, end = (exchange.asked, stop + 1) if to_asked else (exchange.asker, stop - 1)
    if end in (0, len(exchange.points) + 1):
        comes = first.src == address if address in between else first.side == POD
        start, goal = (end, stop) if comes else (stop, end)
        yield Arrow(number, _after(exchange, first.time), start, goal, SEEN, _text(packet), "")


def _text(packet: PicturedPacket) -> str:
    first = packet.first
    about = first.words
    if packet.kind == ERROR and first.src is not None:
        about += f", says {format_address(first.src)}"
    where = ", ".join(str(sighting.place[1]) for sighting in packet.sightings)
    about += f" ({'frame' if len(packet.sightings) == 1 else 'frames'} {where})"
    # What is cut off where there is no room stands last.
    if first.ttl is not None and not packet.is_on_link:
        about += f", TTL {first.ttl}"
    if first.eth_dst is not None and not packet.is_on_link:
        about += f", to {format_mac(first.eth_dst)}"
    return clean(about)


def _after(exchange: PicturedExchange, time: int | None) -> int | None:
    first = next((packet.first.time for packet in exchange.packets if packet.first.time is not None), None)
    return None if time is None or first is None else time - first
